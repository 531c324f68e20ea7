// SeriesExports: how many stages count into one series of a registry.
//
// Two shards, or two scrape configs, may have a metrics stage with the same metric and labels. They
// add into one series, and it may be removed only when the last of them lets go.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "telemetry/metrics.h"

namespace tailrace {

// Any thread.
class SeriesExports {
 public:
  // The one of this registry. It lives as long as somebody holds it.
  static std::shared_ptr<SeriesExports> of(Metrics& registry);

  explicit SeriesExports(Metrics& registry) : registry_(registry) {}
  void acquire(const std::string& name, const MetricLabels& labels);
  // The last one removes the series from the registry.
  void release(const std::string& name, const MetricLabels& labels);

 private:
  Metrics& registry_;
  std::mutex mutex_;
  std::map<std::pair<std::string, MetricLabels>, int> users_;
};

}  // namespace tailrace
