#include "sinks/client_metrics.h"

#include <utility>
#include <vector>

namespace tailrace {
namespace {

constexpr std::array<const char*, kLossReasons> kReasonLabels = {"ingester_error", "rate_limited",
                                                                 "stream_limited", "line_too_long"};
// The default buckets of Prometheus' client for Go, which Promtail uses.
const std::vector<double> kRequestBuckets = {.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10};

}  // namespace

TenantMetrics::TenantMetrics(Metrics& metrics, const std::string& host, const std::string& tenant)
    : batch_retries(metrics.counter("promtail_batch_retries_total",
                                    "Number of times batches have had to be retried.",
                                    {{"host", host}, {"tenant", tenant}})) {
  for (std::size_t i = 0; i < kLossReasons; ++i) {
    const MetricLabels labels = {{"host", host}, {"reason", kReasonLabels[i]}, {"tenant", tenant}};
    dropped_entries_[i] =
        metrics.counter("promtail_dropped_entries_total",
                        "Entries that will never be delivered, by reason.", labels);
    dropped_bytes_[i] = metrics.counter("promtail_dropped_bytes_total",
                                        "Bytes that will never be delivered, by reason.", labels);
    mutated_entries_[i] =
        metrics.counter("promtail_mutated_entries_total",
                        "Entries that were cut before sending, by reason.", labels);
    mutated_bytes_[i] =
        metrics.counter("promtail_mutated_bytes_total",
                        "Bytes that were cut off before sending, by reason.", labels);
  }
}

void TenantMetrics::dropped(LossReason reason, double entries, double bytes) {
  dropped_entries_[static_cast<std::size_t>(reason)].add(entries);
  dropped_bytes_[static_cast<std::size_t>(reason)].add(bytes);
}

void TenantMetrics::mutated(LossReason reason, double entries, double bytes) {
  mutated_entries_[static_cast<std::size_t>(reason)].add(entries);
  mutated_bytes_[static_cast<std::size_t>(reason)].add(bytes);
}

ClientMetrics::ClientMetrics(Metrics& registry, std::string host_label,
                             const std::string& client_name)
    : metrics(registry),
      host(std::move(host_label)),
      encoded_bytes(metrics.counter("promtail_encoded_bytes_total",
                                    "Bytes encoded and compressed, ready to send.",
                                    {{"host", host}})),
      sent_bytes(metrics.counter("promtail_sent_bytes_total", "Compressed bytes acknowledged.",
                                 {{"host", host}})),
      sent_entries(metrics.counter("promtail_sent_entries_total", "Entries acknowledged.",
                                   {{"host", host}})),
      blocked_seconds(
          metrics.counter("tailrace_sink_blocked_seconds_total",
                          "Time in which a client could take no more and reading rested.",
                          {{"client", client_name}})) {}

void ClientMetrics::observe_request(int status, double seconds) {
  auto known = request_seconds_.find(status);
  if (known == request_seconds_.end()) {
    Histogram histogram = metrics.histogram(
        "promtail_request_duration_seconds", "Duration of push requests.",
        {{"host", host}, {"status_code", std::to_string(status)}}, kRequestBuckets);
    known = request_seconds_.emplace(status, histogram).first;
  }
  known->second.observe(seconds);
}

}  // namespace tailrace
