// The list that knows all discoveries: what a scrape config asks for, and the tasks that do it.
//
//   TargetCollector collector(executor, relabeling, host_name(), metrics, apply);
//   std::vector<std::unique_ptr<Discovery>> discoveries = make_discoveries(options);
//   std::vector<Discovery::Yield> yields;  // outlive the tasks, as the discoveries do
//   for (i...) yields.push_back(collector.yield_for(i));
//   for (i...) tasks.spawn("discovery", discoveries[i]->run(yields[i]));
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "config/config_node.h"
#include "discovery/discovery.h"
#include "discovery/file_discovery.h"
#include "discovery/http_discovery.h"
#include "discovery/kubernetes_discovery.h"
#include "discovery/static_discovery.h"

namespace tailrace {

struct DiscoveryOptions {
  bool given = false;  // one of the keys is there, if only with an empty list: the scrape config is
                       // of this kind
  std::vector<TargetGroup> static_groups;
  std::vector<FileSdOptions> files;
  std::vector<HttpSdOptions> http;
  std::vector<KubernetesPodOptions> kubernetes;
};

// The keys of a scrape config that mean discovery, supported or not; for strict().
const std::vector<std::string_view>& discovery_keys();

// Reads them from a scrape config. Those of Promtail that are not supported are errors that say so.
DiscoveryOptions read_discovery_options(const ConfigNode& scrape_config);

std::vector<std::unique_ptr<Discovery>> make_discoveries(const DiscoveryOptions& options);

}  // namespace tailrace
