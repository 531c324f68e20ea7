// Series of a metrics stage, between two threads.
//
// The stage counts on its shard, in plain stores to a MetricSeries; scrapes on the front read them
// and bring the registry up to date. So a line pays for no lock and no lookup by labels, and
// nothing that a scrape removes is ever in the stage's hands.
//
//   shard:  series->record(...)            scrape:  book.collect() -> Metrics
//
// A series that was not used for max_idle_duration is still shown by the scrape that finds out, and
// gone with the next one; used again after that it starts from nothing, as in Promtail.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "pipeline/metric_config.h"
#include "pipeline/series_exports.h"
#include "telemetry/metrics.h"

namespace tailrace {

class MetricSeries {
 public:
  MetricSeries(const MetricConfig& metric, MetricLabels labels);

  // One event; `value` is what the action takes (1 for inc and dec). Shard only.
  void record(double value, std::int64_t now_monotonic_ns);
  // Whether a scrape let go of it: make a new one. Any thread.
  bool retired() const noexcept { return retired_.load(std::memory_order_relaxed); }

 private:
  friend class SeriesBook;
  void add(std::atomic<double>& to, double value);

  const MetricConfig& metric_;  // of the book, which outlives it
  const MetricLabels labels_;
  // Written by the shard alone, read by scrapes.
  std::atomic<double> total_{0};  // counter and gauge: the value; histogram: the sum
  std::atomic<std::int64_t> last_use_ns_{0};
  std::atomic<std::uint64_t> uses_{0};              // stored last: who sees it sees the rest
  std::vector<std::atomic<std::uint64_t>> counts_;  // histogram: per bucket, the last for +Inf
  // Written by scrapes alone.
  std::atomic<bool> retired_{false};
  bool exported_ = false;
  bool failed_ = false;
  std::uint64_t exported_uses_ = 0;
  double exported_total_ = 0;
  std::vector<std::uint64_t> exported_counts_;
};

// All series of one stage.
class SeriesBook {
 public:
  // Beyond this, new label sets are not counted.
  static constexpr std::size_t kSeriesMax = 200'000;

  SeriesBook(std::vector<MetricConfig> metrics, Metrics& registry, const Clock& clock);
  // Takes all series out of the registry.
  ~SeriesBook();
  SeriesBook(const SeriesBook&) = delete;
  SeriesBook& operator=(const SeriesBook&) = delete;

  const std::vector<MetricConfig>& metrics() const noexcept { return metrics_; }

  // Null if there are too many. Shard only.
  std::shared_ptr<MetricSeries> create(std::size_t metric, MetricLabels labels);

 private:
  void collect();  // on the scraping thread
  void export_one(MetricSeries& series);
  Result<void> write(MetricSeries& series);

  const std::vector<MetricConfig> metrics_;
  Metrics& registry_;
  const Clock& clock_;
  const std::shared_ptr<SeriesExports> exports_;  // shared with the other stages of this registry
  std::mutex mutex_;                              // series_
  // Shared with the stage, which counts in them.
  std::vector<std::shared_ptr<MetricSeries>> series_;
  std::vector<std::shared_ptr<MetricSeries>> leaving_;  // scrapes only: gone with the next one
  std::uint64_t collector_ = 0;
};

}  // namespace tailrace
