// JobDiscovery: all discoveries of one scrape config, on the front, and what they have found.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "agent/agent_config.h"
#include "discovery/target_collector.h"
#include "net/spawn.h"

namespace tailrace {

class JobDiscovery {
 public:
  // `apply` takes the file targets whenever they change. Begins at once; ends when destroyed.
  JobDiscovery(Executor front, const ScrapeConfig& scrape, Metrics& metrics,
               std::function<void(std::vector<FileTarget>)> apply);

  const TargetList& list() const noexcept { return collector_.list(); }
  // Ends the tasks; await it before destroying.
  awaitable<void> stop();

 private:
  std::vector<std::unique_ptr<Discovery>> discoveries_;
  std::vector<Discovery::Yield> yields_;
  TargetCollector collector_;
  TaskGroup tasks_;
};

}  // namespace tailrace
