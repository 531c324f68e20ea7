// Metrics: named counters, gauges and histograms for Prometheus, over prometheus-cpp.
//
// A part asks for its children once, when it is built, and keeps the handles. Asking again for the
// same name and labels gives the same child. Handles are small values; they stay valid until the
// child is removed. All calls are thread-safe. Counters and gauges are atomic adds; histograms
// lock: observe per batch or request, never per line.
//
// Names come from outside only through the `metrics` stage; a name that exists with another type is
// an Error.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
}  // namespace prometheus

namespace tailrace {

using MetricLabels = std::vector<std::pair<std::string, std::string>>;

class Counter {
 public:
  Counter() = default;
  void add(double by = 1);
  double value() const;

 private:
  friend class Metrics;
  explicit Counter(prometheus::Counter* metric) : metric_(metric) {}
  prometheus::Counter* metric_ = nullptr;
};

class Gauge {
 public:
  Gauge() = default;
  void set(double value);
  void add(double by = 1);
  double value() const;

 private:
  friend class Metrics;
  explicit Gauge(prometheus::Gauge* metric) : metric_(metric) {}
  prometheus::Gauge* metric_ = nullptr;
};

class Histogram {
 public:
  Histogram() = default;
  void observe(double value);
  // Adds many observations at once: how many fell into each bucket (not cumulative; one more than
  // the bounds, the last is +Inf) and their sum.
  void add(std::span<const std::uint64_t> counts, double sum);

 private:
  friend class Metrics;
  explicit Histogram(prometheus::Histogram* metric) : metric_(metric) {}
  prometheus::Histogram* metric_ = nullptr;
};

class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // For names written in our code: aborts if the name exists with another type.
  Counter counter(std::string_view name, std::string_view help, const MetricLabels& labels = {});
  Gauge gauge(std::string_view name, std::string_view help, const MetricLabels& labels = {});
  // `buckets`: upper bounds, ascending, without +Inf. They count at the family's first use.
  Histogram histogram(std::string_view name, std::string_view help, const MetricLabels& labels,
                      const std::vector<double>& buckets);

  // For names that come from a configuration. kInvalid: bad name, or the name has another type.
  Result<Counter> try_counter(std::string_view name, std::string_view help,
                              const MetricLabels& labels);
  Result<Gauge> try_gauge(std::string_view name, std::string_view help, const MetricLabels& labels);
  Result<Histogram> try_histogram(std::string_view name, std::string_view help,
                                  const MetricLabels& labels, const std::vector<double>& buckets);

  // Removes one child; its handles are dead afterwards. A family without children is forgotten: it
  // is not shown, and its name may come back as another type.
  void remove(std::string_view name, const MetricLabels& labels);

  // Called before every scrape, to refresh gauges that are cheap to compute and dull to keep
  // (process_*, lag). Runs on the scraping thread, in order of registration. Returns an id for
  // remove_collector, which waits for a scrape that is calling collectors; so a collector must not
  // wait for another thread.
  std::uint64_t add_collector(std::function<void()> collect);
  void remove_collector(std::uint64_t id);

  enum class Format : std::uint8_t { kPrometheusText, kOpenMetrics };
  // The whole registry as text, families sorted by name.
  std::string scrape(Format format);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// What a scraper's Accept header asks for, and the Content-Type that goes with a format.
Metrics::Format choose_format(std::string_view accept);
std::string_view content_type(Metrics::Format format);

// Registers process_* (CPU, memory, descriptors, start time), tailrace_build_info, and how many
// lines of our own log were dropped.
void register_process_metrics(Metrics& metrics);

}  // namespace tailrace
