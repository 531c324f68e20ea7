#include "agent/job_discovery.h"

#include <utility>

namespace tailrace {

JobDiscovery::JobDiscovery(Executor front, const ScrapeConfig& scrape, Metrics& metrics,
                           std::function<void(std::vector<FileTarget>)> apply)
    : discoveries_(make_discoveries(scrape.discovery)),
      collector_(front, scrape.relabel_configs, host_name(), metrics,
                 [apply = std::move(apply)](const TargetList& list) { apply(list.targets); }),
      tasks_(front) {
  yields_.reserve(discoveries_.size());  // tasks refer to their elements
  for (std::size_t i = 0; i < discoveries_.size(); ++i) {
    yields_.push_back(collector_.yield_for(i));
    tasks_.spawn("discovery of " + scrape.job_name, discoveries_[i]->run(yields_[i]));
  }
}

awaitable<void> JobDiscovery::stop() {
  tasks_.cancel();
  awaitable<void> joined = tasks_.join();
  co_await std::move(joined);
}

}  // namespace tailrace
