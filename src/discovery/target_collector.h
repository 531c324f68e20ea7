// TargetCollector: what all discoveries of one scrape config have found, as one list of file
// targets.
//
// Updates come in bursts (a file of groups, a fleet of pods), and a change of targets is work for
// the sources; so the first update is applied at once, further ones at most every kPauseNs, all
// together.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/lifetime.h"
#include "discovery/discovery.h"
#include "discovery/targets.h"
#include "net/async.h"
#include "relabel/relabel.h"
#include "telemetry/metrics.h"

namespace tailrace {

class TargetCollector {
 public:
  static constexpr std::int64_t kPauseNs = 100'000'000;

  // Takes the whole list whenever it has changed, and once at the beginning even if it is empty.
  using Apply = std::function<void(const TargetList&)>;

  // Counts promtail_targets_active_total and promtail_targets_failed_total. `metrics` outlives it.
  TargetCollector(Executor executor, RelabelConfigs rules, std::string host, Metrics& metrics,
                  Apply apply);
  ~TargetCollector();
  TargetCollector(const TargetCollector&) = delete;
  TargetCollector& operator=(const TargetCollector&) = delete;

  // What discovery number `index` gives its groups to; equal sources of two discoveries are two
  // groups. Usable while this object lives, on the executor's thread.
  Discovery::Yield yield_for(std::size_t index);

  // As applied last.
  const TargetList& list() const noexcept { return list_; }

 private:
  void update(std::size_t index, std::vector<TargetGroup> groups);
  void apply_soon();
  void apply();
  void count(const TargetList& before);

  const RelabelConfigs rules_;
  const std::string host_;
  Metrics& metrics_;
  const Apply apply_;
  Gauge active_;
  std::map<std::pair<std::size_t, std::string>, TargetGroup> groups_;
  TargetList list_;
  bool applied_ = false;
  bool waiting_ = false;
  asio::steady_timer timer_;
  std::int64_t quiet_until_ns_ = 0;  // monotonic
  Lifetime lifetime_;
};

}  // namespace tailrace
