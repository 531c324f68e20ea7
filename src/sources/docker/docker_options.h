// One item of docker_sd_configs.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "config/config_node.h"
#include "net/http_client_config.h"
#include "net/url.h"
#include "sources/docker/docker_labels.h"

namespace tailrace {

struct DockerSdOptions {
  std::string host;  // as configured: "unix:///var/run/docker.sock"
  Url url;           // the engine's API
  std::int64_t refresh_interval_ns = std::int64_t{60} * 1'000'000'000;
  // Passed to the engine's list of containers: name and values.
  std::vector<std::pair<std::string, std::vector<std::string>>> filters;
  DockerLabelOptions labels;
  HttpClientConfig http;
  // A line that the engine splits is joined up to this.
  std::size_t line_bytes_max = 256 * 1024;
};

// Reads docker_sd_configs; problems are recorded at the nodes.
std::vector<DockerSdOptions> read_docker_sd_configs(const ConfigNode& list);

}  // namespace tailrace
