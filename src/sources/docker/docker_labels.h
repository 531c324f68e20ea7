// What the engine says about its containers, and the __meta_docker_* labels made of it, as
// Prometheus' docker discovery does.
//
// Discovery gives one target for each network and port of a container, and the first one counts;
// where Prometheus takes networks in no order, here they come sorted by name.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/labels.h"

namespace tailrace {

struct DockerContainerInfo {
  std::string id;
  std::string name;  // with a slash in front
  bool running = false;
  Labels labels;  // __meta_docker_* and __address__
};

struct DockerLabelOptions {
  std::string port = "80";  // in __address__, where a container exposes none
  std::string host_networking_host = "localhost";
  bool match_first_network = true;
};

// Reads the engine's answers to GET /containers/json and GET /networks. kInvalid if one of them is
// no JSON list.
Result<std::vector<DockerContainerInfo>> read_docker_containers(std::string_view containers_json,
                                                                std::string_view networks_json,
                                                                const DockerLabelOptions& options);

}  // namespace tailrace
