// static_configs: targets that stand in the configuration itself.
#pragma once

#include <utility>
#include <vector>

#include "config/config_node.h"
#include "discovery/discovery.h"

namespace tailrace {

// A group without targets gets the target "localhost".
std::vector<TargetGroup> read_static_configs(const ConfigNode& list);

class StaticDiscovery final : public Discovery {
 public:
  explicit StaticDiscovery(std::vector<TargetGroup> groups) : groups_(std::move(groups)) {}
  awaitable<void> run(const Yield& yield) override;

 private:
  std::vector<TargetGroup> groups_;
};

}  // namespace tailrace
