#include "sources/gelf/gelf_source.h"

#include "sources/gelf/gelf_message.h"

namespace tailrace {

GelfOptions read_gelf_options(const ConfigNode& node) {
  node.strict({"listen_address", "labels", "use_incoming_timestamp"});
  GelfOptions options;
  std::string address;
  node.read("listen_address", address);
  if (!address.empty()) options.listen_address = std::move(address);
  node.read("labels", options.labels);
  node.read("use_incoming_timestamp", options.use_incoming_timestamp);
  return options;
}

GelfSource::GelfSource(SourceContext& context, RelabelConfigs rules, GelfOptions options)
    : context_(context),
      options_(std::move(options)),
      gate_(context.shard, context.scheduler, context.pipeline),
      relabeler_(std::move(rules), options_.labels, EntryRelabeler::Fixed::kRelabeled,
                 context.shard.interner),
      entries_(context.shard.metrics.counter(
          "promtail_gelf_target_entries_total",
          "Total number of successful entries sent to the gelf target")),
      errors_(context.shard.metrics.counter(
          "promtail_gelf_target_parsing_errors_total",
          "Total number of parsing errors while receiving gelf messages")),
      datagrams_(context, gate_,
                 context.shard.metrics.counter(
                     "tailrace_gelf_datagrams_dropped_total",
                     "Datagrams lost because clients were too slow to take their lines.")),
      complain_(10 * kNsPerSecond),
      tasks_(context.shard.executor) {}

GelfSource::~GelfSource() { stop(); }

Result<void> GelfSource::start() {
  Result<void> opened = datagrams_.open(options_.listen_address);
  if (!opened) return std::move(opened).error().in("gelf of job " + context_.job_name);
  tasks_.spawn("gelf datagrams", datagrams_.run([this](std::string_view bytes, const std::string&) {
    take_datagram(bytes);
  }));
  log::info("listening for GELF UDP messages",
            {{"job", context_.job_name}, {"listen_address", options_.listen_address}});
  return {};
}

void GelfSource::stop() {
  gate_.close();
  datagrams_.close();
  tasks_.cancel();
}

void GelfSource::take_datagram(std::string_view bytes) {
  if (!GelfChunks::is_chunk(bytes)) return hand_on(bytes);
  const std::uint64_t errors_before = chunks_.errors();
  const std::optional<std::string> whole = chunks_.add(bytes, context_.shard.clock.monotonic_ns());
  errors_.add(static_cast<double>(chunks_.errors() - errors_before));
  if (whole) hand_on(*whole);
}

void GelfSource::hand_on(std::string_view bytes) {
  Shard& shard = context_.shard;
  const Result<GelfMessage> message = parse_gelf(bytes, shard.arena);
  if (!message) {
    errors_.add();
    if (complain_.due()) {
      log::warn("error while reading gelf message",
                {{"job", context_.job_name}, {"error", message.error().text()}});
    }
    return;
  }
  relabeler_.begin();
  relabeler_.set("__gelf_message_level", message->level_name());
  relabeler_.set("__gelf_message_host", message->host);
  relabeler_.set("__gelf_message_version", message->version);
  relabeler_.set("__gelf_message_facility", message->facility);
  const LabelSet* const stream = relabeler_.stream();
  entries_.add();
  if (stream == nullptr) return;
  std::optional<std::int64_t> timestamp_ns;
  if (options_.use_incoming_timestamp) timestamp_ns = message->timestamp_ns();
  if (!timestamp_ns) {
    timestamp_ns = shard.timestamps_from_now();
    shard.timestamps_used_up_to(*timestamp_ns);
  }
  shard.entry.begin(message->line, *timestamp_ns, stream, nullptr);
  context_.pipeline.head().accept(shard.entry);
}

std::vector<SourceStatus> GelfSource::status() const {
  SourceStatus status;
  status.type = "gelf";
  status.ready = true;
  status.labels = options_.labels;
  status.details = {{"listen_address", options_.listen_address}};
  return {status};
}

}  // namespace tailrace
