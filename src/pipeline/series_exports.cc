#include "pipeline/series_exports.h"

namespace tailrace {

std::shared_ptr<SeriesExports> SeriesExports::of(Metrics& registry) {
  // Pipelines are built apart from each other and know only the registry they share, so it is the
  // key.
  static std::mutex mutex;
  static std::map<Metrics*, std::weak_ptr<SeriesExports>> all;
  const std::lock_guard lock(mutex);
  std::erase_if(all, [](const auto& each) { return each.second.expired(); });
  std::weak_ptr<SeriesExports>& slot = all[&registry];
  std::shared_ptr<SeriesExports> exports = slot.lock();
  if (!exports) slot = exports = std::make_shared<SeriesExports>(registry);
  return exports;
}

void SeriesExports::acquire(const std::string& name, const MetricLabels& labels) {
  const std::lock_guard lock(mutex_);
  ++users_[{name, labels}];
}

void SeriesExports::release(const std::string& name, const MetricLabels& labels) {
  const std::lock_guard lock(mutex_);
  const auto found = users_.find({name, labels});
  if (found == users_.end() || --found->second > 0) return;
  users_.erase(found);
  registry_.remove(name, labels);
}

}  // namespace tailrace
