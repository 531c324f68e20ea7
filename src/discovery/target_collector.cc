#include "discovery/target_collector.h"

#include <algorithm>
#include <chrono>
#include <iterator>

#include "base/clock.h"

namespace tailrace {

TargetCollector::TargetCollector(Executor executor, RelabelConfigs rules, std::string host,
                                 Metrics& metrics, Apply apply)
    : rules_(std::move(rules)),
      host_(std::move(host)),
      metrics_(metrics),
      apply_(std::move(apply)),
      active_(metrics.gauge("promtail_targets_active_total", "Number of active total.")),
      timer_(std::move(executor)) {}

TargetCollector::~TargetCollector() { active_.add(-static_cast<double>(list_.targets.size())); }

Discovery::Yield TargetCollector::yield_for(std::size_t index) {
  return [this, index, alive = lifetime_.watch()](std::vector<TargetGroup> groups) {
    if (alive()) update(index, std::move(groups));
  };
}

void TargetCollector::update(std::size_t index, std::vector<TargetGroup> groups) {
  for (TargetGroup& group : groups) {
    const std::pair<std::size_t, std::string> key(index, group.source);
    if (group.targets.empty()) {
      groups_.erase(key);
    } else {
      groups_[key] = std::move(group);
    }
  }
  apply_soon();
}

// Through the timer even if nothing has to be waited for, so that what several discoveries find at
// the start is one change.
void TargetCollector::apply_soon() {
  if (waiting_) return;
  waiting_ = true;
  const std::int64_t wait_ns =
      std::max<std::int64_t>(quiet_until_ns_ - Clock::system().monotonic_ns(), 0);
  timer_.expires_after(std::chrono::nanoseconds(wait_ns));
  timer_.async_wait([this, alive = lifetime_.watch()](const boost::system::error_code& error) {
    if (error || !alive()) return;
    waiting_ = false;
    quiet_until_ns_ = Clock::system().monotonic_ns() + kPauseNs;
    apply();
  });
}

void TargetCollector::apply() {
  TargetList next;
  for (const auto& [key, group] : groups_) add_file_targets(group, rules_, host_, next);
  std::sort(next.dropped.begin(), next.dropped.end());
  if (applied_ && next == list_) return;
  applied_ = true;
  std::swap(list_, next);
  count(next);
  apply_(list_);
}

// A target that fails counts once, not at every update.
void TargetCollector::count(const TargetList& before) {
  active_.add(static_cast<double>(list_.targets.size()) -
              static_cast<double>(before.targets.size()));
  std::vector<DroppedTarget> fresh;
  std::set_difference(list_.dropped.begin(), list_.dropped.end(), before.dropped.begin(),
                      before.dropped.end(), std::back_inserter(fresh));
  for (const DroppedTarget& dropped : fresh) {
    metrics_
        .counter("promtail_targets_failed_total", "Number of failed targets.",
                 {{"reason", std::string(drop_reason_name(dropped.reason))}})
        .add();
  }
}

}  // namespace tailrace
