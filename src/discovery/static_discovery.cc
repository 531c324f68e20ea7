#include "discovery/static_discovery.h"

#include "discovery/target_groups.h"

namespace tailrace {

std::vector<TargetGroup> read_static_configs(const ConfigNode& list) {
  std::vector<TargetGroup> groups = read_target_groups(list, "static");
  for (TargetGroup& group : groups) {
    if (group.targets.empty()) group.targets.push_back(Labels{{"__address__", "localhost"}});
  }
  return groups;
}

awaitable<void> StaticDiscovery::run(const Yield& yield) {
  yield(groups_);
  co_return;
}

}  // namespace tailrace
