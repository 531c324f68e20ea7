#include "pipeline/metric_series.h"

#include <algorithm>
#include <utility>

#include "telemetry/log.h"

namespace tailrace {
namespace {

using Action = MetricConfig::Action;
using Kind = MetricConfig::Kind;

constexpr auto kRelaxed = std::memory_order_relaxed;

}  // namespace

MetricSeries::MetricSeries(const MetricConfig& metric, MetricLabels labels)
    : metric_(metric),
      labels_(std::move(labels)),
      counts_(metric.kind == Kind::kHistogram ? metric.buckets.size() + 1 : 0),
      exported_counts_(counts_.size()) {}

// One thread writes, so a load and a store will do, which cost less than an atomic addition.
void MetricSeries::add(std::atomic<double>& to, double value) {
  to.store(to.load(kRelaxed) + value, kRelaxed);
}

void MetricSeries::record(double value, std::int64_t now_monotonic_ns) {
  switch (metric_.action) {
    case Action::kInc:
    case Action::kAdd:
      add(total_, value);
      break;
    case Action::kDec:
    case Action::kSub:
      add(total_, -value);
      break;
    case Action::kSet:
      total_.store(value, kRelaxed);
      break;
    case Action::kObserve: {
      const auto bucket = std::lower_bound(metric_.buckets.begin(), metric_.buckets.end(), value);
      auto& count = counts_[static_cast<std::size_t>(bucket - metric_.buckets.begin())];
      count.store(count.load(kRelaxed) + 1, kRelaxed);
      add(total_, value);
      break;
    }
  }
  last_use_ns_.store(now_monotonic_ns, kRelaxed);
  uses_.store(uses_.load(kRelaxed) + 1, std::memory_order_release);
}

SeriesBook::SeriesBook(std::vector<MetricConfig> metrics, Metrics& registry, const Clock& clock)
    : metrics_(std::move(metrics)),
      registry_(registry),
      clock_(clock),
      exports_(SeriesExports::of(registry)),
      collector_(registry.add_collector([this] { collect(); })) {}

SeriesBook::~SeriesBook() {
  registry_.remove_collector(collector_);  // waits for a scrape under way
  const auto release = [this](const std::shared_ptr<MetricSeries>& series) {
    if (series->exported_) exports_->release(series->metric_.name, series->labels_);
  };
  std::for_each(series_.begin(), series_.end(), release);
  std::for_each(leaving_.begin(), leaving_.end(), release);
}

std::shared_ptr<MetricSeries> SeriesBook::create(std::size_t metric, MetricLabels labels) {
  const std::lock_guard lock(mutex_);
  if (series_.size() >= kSeriesMax) {
    static log::Every every(60 * kNsPerSecond);
    if (every.due()) {
      log::warn("metrics stage: too many label sets, not counting new ones",
                {{"metric", metrics_[metric].name}, {"series", kSeriesMax}});
    }
    return nullptr;
  }
  return series_.emplace_back(std::make_shared<MetricSeries>(metrics_[metric], std::move(labels)));
}

void SeriesBook::collect() {
  for (const auto& series : leaving_) {
    if (series->exported_) exports_->release(series->metric_.name, series->labels_);
  }
  leaving_.clear();

  std::vector<std::shared_ptr<MetricSeries>> all;
  {
    const std::lock_guard lock(mutex_);
    all = series_;
  }
  const std::int64_t now = clock_.monotonic_ns();
  for (const auto& series : all) {
    export_one(*series);
    const std::int64_t idle_ns = now - series->last_use_ns_.load(kRelaxed);
    if (idle_ns < series->metric_.idle_ns_max) continue;
    series->retired_.store(true, kRelaxed);
    leaving_.push_back(series);
  }
  if (leaving_.empty()) return;
  const std::lock_guard lock(mutex_);
  std::erase_if(series_, [](const std::shared_ptr<MetricSeries>& each) { return each->retired(); });
}

void SeriesBook::export_one(MetricSeries& series) {
  const std::uint64_t uses = series.uses_.load(std::memory_order_acquire);
  if (series.failed_ || uses == series.exported_uses_) return;
  if (!series.exported_) exports_->acquire(series.metric_.name, series.labels_);
  series.exported_ = true;
  series.exported_uses_ = uses;
  const Result<void> written = write(series);
  if (written) return;
  series.failed_ = true;
  static log::Every every(60 * kNsPerSecond);
  if (every.due()) {
    log::warn("metrics stage: cannot show a series", {{"error", written.error().text()}});
  }
}

Result<void> SeriesBook::write(MetricSeries& series) {
  const MetricConfig& metric = series.metric_;
  const double total = series.total_.load(kRelaxed);
  const double more = total - std::exchange(series.exported_total_, total);
  switch (metric.kind) {
    case Kind::kCounter: {
      TAILRACE_TRY(Counter counter,
                   registry_.try_counter(metric.name, metric.help, series.labels_));
      counter.add(more);
      break;
    }
    case Kind::kGauge: {
      TAILRACE_TRY(Gauge gauge, registry_.try_gauge(metric.name, metric.help, series.labels_));
      // What is added by several stages adds up; of what is set the last one holds.
      if (metric.action == Action::kSet) {
        gauge.set(total);
      } else {
        gauge.add(more);
      }
      break;
    }
    case Kind::kHistogram: {
      TAILRACE_TRY(Histogram histogram, registry_.try_histogram(metric.name, metric.help,
                                                                series.labels_, metric.buckets));
      std::vector<std::uint64_t> counts;
      for (std::size_t i = 0; i < series.counts_.size(); ++i) {
        const std::uint64_t count = series.counts_[i].load(kRelaxed);
        counts.push_back(count - std::exchange(series.exported_counts_[i], count));
      }
      histogram.add(counts, more);
      break;
    }
  }
  return {};
}

}  // namespace tailrace
