// DockerEngine: the calls of Docker's Engine API that we use, over HttpClient.
//
// Paths carry no version: every engine then speaks its newest, of which we use only what is as old
// as 1.24.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "net/async.h"
#include "net/http_client.h"
#include "sources/docker/docker_marker.h"
#include "sources/docker/docker_options.h"

namespace tailrace {

struct DockerContainerState {
  bool has_terminal = false;
  bool running = false;
};

class DockerEngine {
 public:
  DockerEngine(Executor executor, const DockerSdOptions& options);

  // All containers that the filters let through, running or not.
  awaitable<Result<std::vector<DockerContainerInfo>>> containers();
  // kNotFound: it was removed.
  awaitable<Result<DockerContainerState>> inspect(const std::string& id);
  // Both outputs with times, from the marker on, and then as they come.
  awaitable<Result<std::unique_ptr<HttpStream>>> logs(const std::string& id,
                                                      const DockerMarker& from);
  // Starts, removals and renamings of containers, as JSON objects, one after the other.
  awaitable<Result<std::unique_ptr<HttpStream>>> events();

  // Ends all calls and streams with kCancelled.
  void close();

 private:
  awaitable<Result<std::string>> get(std::string target);
  awaitable<Result<std::unique_ptr<HttpStream>>> open(std::string target);

  const DockerSdOptions& options_;
  const std::string containers_target_;
  HttpClient client_;
  HttpAuth auth_;
};

// The `filters` parameter of the engine: {"label":["a=b"],"name":["x","y"]}.
std::string docker_filters_json(
    const std::vector<std::pair<std::string, std::vector<std::string>>>& filters);

}  // namespace tailrace
