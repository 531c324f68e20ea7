#include "sources/docker/docker_source.h"

#include <algorithm>

namespace tailrace {

DockerSource::DockerSource(SourceContext& context, RelabelConfigs rules,
                           std::vector<DockerSdOptions> hosts)
    : rules_(std::move(rules)),
      gate_(context.shard, context.scheduler, context.pipeline),
      metrics_(context.shard.metrics),
      shared_{context, rules_, gate_, metrics_},
      tasks_(context.shard.executor) {
  for (DockerSdOptions& host : hosts) {
    hosts_.push_back(std::make_unique<DockerHost>(shared_, std::move(host)));
  }
}

DockerSource::~DockerSource() { stop(); }

Result<void> DockerSource::start() {
  for (const auto& host : hosts_) {
    tasks_.spawn("docker list", host->keep_list(tasks_));
    tasks_.spawn("docker events", host->watch_events());
  }
  return {};
}

void DockerSource::publish() {
  for (const auto& host : hosts_) host->publish();
}

void DockerSource::stop() {
  gate_.close();
  for (const auto& host : hosts_) host->stop();
  tasks_.cancel();
}

bool DockerSource::settled() {
  return tasks_.size() == 0 && std::all_of(hosts_.begin(), hosts_.end(),
                                           [](const auto& host) { return host->settled(); });
}

std::vector<SourceStatus> DockerSource::status() const {
  std::vector<SourceStatus> out;
  for (const auto& host : hosts_) host->append_status(out);
  return out;
}

void DockerSource::set_backoff(std::int64_t min_ns, std::int64_t max_ns) {
  shared_.backoff_min_ns = min_ns;
  shared_.backoff_max_ns = max_ns;
}

}  // namespace tailrace
