#include "sources/syslog/syslog_messages.h"

#include <algorithm>

namespace tailrace {

SyslogMetrics::SyslogMetrics(Metrics& metrics)
    : entries(metrics.counter("promtail_syslog_target_entries_total",
                              "Total number of successful entries sent to the syslog target")),
      parsing_errors(
          metrics.counter("promtail_syslog_target_parsing_errors_total",
                          "Total number of parsing errors while receiving syslog messages")),
      empty_messages(metrics.counter("promtail_syslog_empty_messages_total",
                                     "Total number of empty messages receiving from syslog")),
      datagrams_dropped(
          metrics.counter("tailrace_syslog_datagrams_dropped_total",
                          "Datagrams lost because clients were too slow to take their lines.")),
      connections(metrics.gauge("tailrace_syslog_connections", "Open syslog connections.")) {}

SyslogMessages::SyslogMessages(SourceContext& context, const SyslogOptions& options,
                               RelabelConfigs rules, SyslogMetrics& metrics)
    : context_(context),
      options_(options),
      relabeler_(std::move(rules), options.labels, EntryRelabeler::Fixed::kRelabeled,
                 context.shard.interner),
      metrics_(metrics),
      complain_(10 * kNsPerSecond) {}

std::size_t SyslogMessages::take(SyslogSplitter& splitter, std::string_view buffered, bool at_end,
                                 const SyslogPeer& peer, bool& broken) {
  std::size_t done = 0;
  broken = false;
  while (!broken) {
    const SyslogSplitter::Step step = splitter.next(buffered.substr(done), at_end);
    done += step.consumed;
    if (step.status == SyslogSplitter::Status::kMore) break;
    switch (step.status) {
      case SyslogSplitter::Status::kMessage:
        hand_on(step.message, peer);
        break;
      case SyslogSplitter::Status::kTooLong:
        parsing_error("syslog message longer than max_message_length", peer);
        // With octet counting nothing says where the next one begins.
        broken = step.consumed == 0;
        break;
      case SyslogSplitter::Status::kBroken:
        parsing_error("a bad or cut-off length in octet counting", peer);
        broken = true;
        break;
      case SyslogSplitter::Status::kUnknown:  // not counted, as in Promtail: it may be no syslog
        complain("neither octet counting nor '<' at the beginning of a syslog stream", peer);
        broken = true;
        break;
      case SyslogSplitter::Status::kMore:
        break;
    }
  }
  context_.pipeline.end_of_read();
  return done;
}

void SyslogMessages::hand_on(std::string_view text, const SyslogPeer& peer) {
  if (text.empty()) return;  // a blank line between messages
  Shard& shard = context_.shard;
  const bool understood = parse_syslog(text, options_.format, TimeZone::utc(), shard.clock.now_ns(),
                                       shard.arena, message_);
  if (!understood || message_.is_faulty) return parsing_error("not a whole syslog message", peer);
  if (!message_.message) return metrics_.empty_messages.add();
  const LabelSet* const stream = stream_of(message_, peer);
  if (stream == nullptr) return;
  std::string_view line = *message_.message;
  if (options_.use_rfc5424_message && options_.format == SyslogFormat::kRfc5424) {
    full_.clear();
    append_rfc5424(full_, message_);
    line = full_;
  }
  shard.entry.begin(line, timestamp_of(message_), stream, nullptr);
  context_.pipeline.head().accept(shard.entry);
  metrics_.entries.add();
}

std::int64_t SyslogMessages::timestamp_of(const SyslogMessage& message) {
  if (options_.use_incoming_timestamp && message.timestamp) {
    if (const std::optional<std::int64_t> ns = message.timestamp->unix_ns()) return *ns;
  }
  const std::int64_t now_ns = context_.shard.timestamps_from_now();
  context_.shard.timestamps_used_up_to(now_ns);
  return now_ns;
}

const LabelSet* SyslogMessages::stream_of(const SyslogMessage& message, const SyslogPeer& peer) {
  relabeler_.begin();
  relabeler_.set("__syslog_connection_ip_address", peer.ip);
  relabeler_.set("__syslog_connection_hostname", peer.hostname);
  if (message.priority) {
    relabeler_.set("__syslog_message_severity", message.severity_name());
    relabeler_.set("__syslog_message_facility", message.facility_name());
  }
  const auto set = [&](std::string_view name, const std::optional<std::string_view>& value) {
    if (value) relabeler_.set(name, *value);
  };
  set("__syslog_message_hostname", message.hostname);
  set("__syslog_message_app_name", message.app_name);
  set("__syslog_message_proc_id", message.proc_id);
  set("__syslog_message_msg_id", message.msg_id);
  if (options_.label_structured_data) {
    for (const SyslogElement& element : message.structured_data) {
      for (const SyslogParam& param : element.params) {
        name_ = "__syslog_message_sd_";
        const std::size_t id = name_.size();
        name_ += element.id;
        std::replace(name_.begin() + static_cast<std::ptrdiff_t>(id), name_.end(), '@', '_');
        name_ += '_';
        name_ += param.name;
        relabeler_.set(name_, param.value);
      }
    }
  }
  return relabeler_.stream();
}

void SyslogMessages::parsing_error(const char* what, const SyslogPeer& peer) {
  metrics_.parsing_errors.add();
  complain(what, peer);
}

void SyslogMessages::complain(const char* what, const SyslogPeer& peer) {
  if (complain_.due()) {
    log::warn("error parsing syslog stream",
              {{"job", context_.job_name}, {"from", peer.ip}, {"error", what}});
  }
}

}  // namespace tailrace
