#include "sinks/client.h"

#include <algorithm>
#include <random>
#include <utility>

namespace tailrace {

Client::Client(boost::asio::any_io_executor executor, ClientOptions options, ClientLimits limits,
               TransportFactory transports, Metrics& metrics, const Clock& clock,
               std::function<void()> on_change)
    : executor_(std::move(executor)),
      options_(std::move(options)),
      limits_(limits),
      transports_(std::move(transports)),
      metrics_(metrics, options_.url.authority(), options_.name),
      clock_(clock),
      on_change_(std::move(on_change)) {}

Sender* Client::append(Entry& entry) {
  const LabelSet* stream = entry.stream();
  if (stream != last_stream_.get()) {
    last_stream_ = LabelSetRef(stream);
    last_with_external_ = LabelSetRef(with_external_labels(entry));
    const std::string_view tenant = last_with_external_->tenant();
    last_sender_ = &sender_of(tenant.empty() ? std::string_view(options_.tenant_id) : tenant);
  }
  std::string_view line = entry.line;
  if (limits_.line_bytes_max != 0 && line.size() > limits_.line_bytes_max) {
    const std::size_t over = line.size() - limits_.line_bytes_max;
    TenantMetrics& metrics = last_sender_->tenant_metrics();
    if (!limits_.truncate_long_lines) {
      metrics.dropped(LossReason::kLineTooLong, 1, static_cast<double>(line.size()));
      return nullptr;
    }
    metrics.mutated(LossReason::kLineTooLong, 1, static_cast<double>(over));
    line = line.substr(0, limits_.line_bytes_max);
  }
  last_sender_->append(last_with_external_.get(), line, entry);
  return last_sender_;
}

const LabelSet* Client::with_external_labels(Entry& entry) {
  const LabelSet* stream = entry.stream();
  edits_.clear();
  for (const auto& [name, value] : options_.external_labels) {
    if (!stream->find(name)) edits_.push_back({name, value, false});
  }
  return edits_.empty() ? stream : entry.interner->derive(stream, edits_);
}

Sender& Client::sender_of(std::string_view tenant) {
  const auto known = senders_.find(tenant);
  if (known != senders_.end()) return *known->second;
  SenderOptions options;
  options.client_name = options_.name;
  options.tenant = tenant;
  options.batch_wait_ns = options_.batch_wait_ns;
  // None or less: every entry is a batch of its own, as in Promtail.
  options.batch_bytes = static_cast<std::size_t>(std::max<std::int64_t>(options_.batch_bytes, 1));
  options.backoff_min_ns = options_.backoff.min_ns;
  options.backoff_max_ns = options_.backoff.max_ns;
  options.attempts_max = options_.backoff.attempts_max;
  options.drop_rate_limited = options_.drop_rate_limited_batches;
  options.streams_max = limits_.streams_max;
  options.seed = std::random_device{}();
  auto sender = std::make_shared<Sender>(executor_, std::move(options), transports_(), metrics_,
                                         clock_, on_change_);
  sender->before_push(before_push_);
  sender->start();
  return *senders_.emplace(std::string(tenant), std::move(sender)).first->second;
}

std::vector<SenderStatus> Client::status() const {
  std::vector<SenderStatus> out;
  for (const auto& [tenant, sender] : senders_) out.push_back(sender->status());
  return out;
}

void Client::stop() {
  for (auto& [tenant, sender] : senders_) sender->stop();
}

void Client::give_up() {
  for (auto& [tenant, sender] : senders_) sender->give_up();
}

bool Client::finished() const {
  for (const auto& [tenant, sender] : senders_) {
    if (!sender->finished()) return false;
  }
  return true;
}

}  // namespace tailrace
