// DockerSource: docker_sd_configs. Reads the logs of containers through the engine's API.
#pragma once

#include <memory>
#include <vector>

#include "net/spawn.h"
#include "sources/docker/docker_container.h"
#include "sources/docker/docker_host.h"
#include "sources/docker/docker_options.h"
#include "sources/room_gate.h"
#include "sources/source.h"

namespace tailrace {

class DockerSource final : public Source {
 public:
  // One engine for each of `hosts`. `context` outlives the source.
  DockerSource(SourceContext& context, RelabelConfigs rules, std::vector<DockerSdOptions> hosts);
  ~DockerSource() override;

  Result<void> start() override;
  void publish() override;
  void stop() override;
  bool settled() override;
  bool ready() const override { return true; }
  std::vector<SourceStatus> status() const override;

  // For tests: how long to wait before trying again.
  void set_backoff(std::int64_t min_ns, std::int64_t max_ns);

 private:
  const RelabelConfigs rules_;
  RoomGate gate_;
  DockerMetrics metrics_;
  DockerShared shared_;
  std::vector<std::unique_ptr<DockerHost>> hosts_;
  TaskGroup tasks_;
};

}  // namespace tailrace
