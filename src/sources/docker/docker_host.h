// DockerHost: the containers of one engine. Keeps a DockerContainer for each that it has seen, and
// starts and ends their reading.
//
// The list is asked for every refresh_interval, and at once when the engine tells of a container
// that starts: one that lives shorter than the interval is not missed. A container that does not
// run is read once more if we know it from before, so that what it said while we were down is not
// lost; others that do not run are left alone, as Promtail does.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "net/async.h"
#include "net/spawn.h"
#include "sources/docker/docker_container.h"
#include "sources/docker/docker_engine.h"

namespace tailrace {

class DockerHost {
 public:
  // Limit of starts remembered between two lists; beyond it they count as found by the next list.
  static constexpr std::size_t kStartedMax = 4096;

  DockerHost(DockerShared& shared, DockerSdOptions options);

  // The tasks. `group` runs them and those of the containers.
  awaitable<void> keep_list(TaskGroup& group);
  awaitable<void> watch_events();

  void publish();
  void stop();
  bool settled() const;
  void append_status(std::vector<SourceStatus>& out) const;

 private:
  awaitable<Result<void>> refresh(TaskGroup& group);
  void apply(const std::vector<DockerContainerInfo>& infos, TaskGroup& group);
  void run(DockerContainer& container, TaskGroup& group);
  void drop_removed(const std::set<std::string>& listed);
  awaitable<Result<void>> read_events();
  void take_event(std::string_view json);
  void ring();

  DockerShared& shared_;
  const DockerSdOptions options_;
  DockerEngine engine_;
  std::map<std::string, std::unique_ptr<DockerContainer>> containers_;
  std::set<std::string> started_;  // since the last list, as events told
  bool look_at_all_ = false;       // events were missed
  boost::asio::steady_timer bell_;
  bool rung_ = false;
  bool stopping_ = false;
};

}  // namespace tailrace
