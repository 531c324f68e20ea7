#include "sources/docker/docker_host.h"

#include <algorithm>
#include <chrono>
#include <vector>

#include "base/backoff.h"
#include "net/await.h"
#include "parse/json_value.h"
#include "telemetry/log.h"

namespace tailrace {
namespace {

// Lists that events ask for keep this distance.
constexpr std::int64_t kListGapNs = 100 * kNsPerMs;
constexpr std::int64_t kEventsRetryNs = 60 * kNsPerSecond;
constexpr std::size_t kEventBytesMax = 64 * 1024;

}  // namespace

DockerHost::DockerHost(DockerShared& shared, DockerSdOptions options)
    : shared_(shared),
      options_(std::move(options)),
      engine_(shared.context.shard.executor, options_),
      bell_(shared.context.shard.executor) {}

awaitable<void> DockerHost::keep_list(TaskGroup& group) {
  const std::int64_t retry_max_ns = std::min(options_.refresh_interval_ns, 10 * kNsPerSecond);
  Backoff backoff(std::min(shared_.backoff_min_ns, retry_max_ns), retry_max_ns,
                  static_cast<std::uint64_t>(shared_.context.shard.clock.monotonic_ns()));
  bool was_good = true;
  while (!stopping_) {
    rung_ = false;
    Result<void> refreshed = co_await refresh(group);
    if (stopping_) co_return;
    if (!refreshed && was_good) {
      log::warn("cannot list the containers of a Docker engine, trying again",
                {{"host", options_.host}, {"error", refreshed.error().text()}});
    } else if (refreshed && !was_good) {
      log::info("the Docker engine answers again", {{"host", options_.host}});
    }
    was_good = refreshed.has_value();
    if (was_good) backoff.reset();
    const std::int64_t pause_ns = was_good ? options_.refresh_interval_ns : backoff.next_ns();
    const std::int64_t gap_ns = std::min(kListGapNs, pause_ns);
    bell_.expires_after(std::chrono::nanoseconds(gap_ns));
    [[maybe_unused]] auto [rested] = co_await bell_.async_wait(kAwait);
    if (rung_ || stopping_) continue;
    bell_.expires_after(std::chrono::nanoseconds(pause_ns - gap_ns));
    [[maybe_unused]] auto [rang] = co_await bell_.async_wait(kAwait);
  }
}

void DockerHost::ring() {
  // The first pause after a list is kept, so that a storm of events is not one of lists.
  rung_ = true;
  if (bell_.expiry() > asio::steady_timer::clock_type::now() + std::chrono::nanoseconds(kListGapNs))
    bell_.cancel();
}

awaitable<Result<void>> DockerHost::refresh(TaskGroup& group) {
  Result<std::vector<DockerContainerInfo>> infos = co_await engine_.containers();
  if (!infos) co_return std::move(infos).error();
  if (!stopping_) apply(*infos, group);
  co_return Result<void>();
}

void DockerHost::apply(const std::vector<DockerContainerInfo>& infos, TaskGroup& group) {
  std::set<std::string> listed;
  for (const DockerContainerInfo& info : infos) {
    listed.insert(info.id);
    const auto known = containers_.find(info.id);
    const bool has_place = DockerContainer::is_known(shared_.context.positions, info.id);
    bool wanted = info.running || started_.contains(info.id);
    if (known != containers_.end()) {
      known->second->set_info(info);
      wanted = wanted || look_at_all_;
    } else if (wanted || has_place) {
      wanted = true;
      log::info("found a container", {{"container", info.name}, {"id", info.id}});
      containers_.emplace(info.id, std::make_unique<DockerContainer>(
                                       shared_, engine_, options_.line_bytes_max, info));
    }
    if (wanted) run(*containers_.at(info.id), group);
  }
  // Of those not listed any more some may be removed: a run finds out.
  for (const auto& [id, container] : containers_) {
    if (!listed.contains(id) && !container->removed()) run(*container, group);
  }
  started_.clear();
  look_at_all_ = false;
  drop_removed(listed);
}

void DockerHost::run(DockerContainer& container, TaskGroup& group) {
  if (!container.is_running()) group.spawn("docker container", container.run());
}

void DockerHost::drop_removed(const std::set<std::string>& listed) {
  for (auto it = containers_.begin(); it != containers_.end();) {
    DockerContainer& container = *it->second;
    if (container.removed() && container.settled() && !listed.contains(it->first)) {
      log::info("a container was removed",
                {{"container", container.info().name}, {"id", it->first}});
      container.forget_position();
      it = containers_.erase(it);
    } else {
      ++it;
    }
  }
}

awaitable<void> DockerHost::watch_events() {
  Backoff backoff(shared_.backoff_min_ns, kEventsRetryNs, 1);
  bool complained = false;
  while (!stopping_) {
    Result<void> watched = co_await read_events();
    if (stopping_) co_return;
    std::int64_t pause_ns = backoff.next_ns();
    if (watched) {
      backoff.reset();
    } else if (watched.error().code() == ErrorCode::kRejected ||
               watched.error().code() == ErrorCode::kNotFound) {
      // A proxy in front of the engine that does not let this through, most likely.
      pause_ns = kEventsRetryNs;
      if (!complained) {
        log::info("the Docker engine tells no events; containers are found by refresh_interval",
                  {{"host", options_.host}, {"error", watched.error().text()}});
      }
      complained = true;
    }
    asio::steady_timer pause(shared_.context.shard.executor);
    pause.expires_after(std::chrono::nanoseconds(pause_ns));
    [[maybe_unused]] auto [error] = co_await pause.async_wait(kAwait);
  }
}

awaitable<Result<void>> DockerHost::read_events() {
  Result<std::unique_ptr<HttpStream>> opened = co_await engine_.events();
  if (!opened) co_return std::move(opened).error();
  const std::unique_ptr<HttpStream> stream = std::move(opened).value();
  // What happened before is not told.
  look_at_all_ = true;
  ring();
  std::string text;
  std::vector<char> room(4096);
  while (!stopping_) {
    Result<std::size_t> count = co_await stream->read_some(room, 0);
    if (!count || *count == 0) break;
    text.append(room.data(), *count);
    std::size_t begin = 0;
    for (std::size_t end = 0; (end = text.find('\n', begin)) != std::string::npos;
         begin = end + 1) {
      take_event(std::string_view(text).substr(begin, end - begin));
    }
    text.erase(0, begin);
    if (text.size() > kEventBytesMax) text.clear();
  }
  co_return Result<void>();
}

void DockerHost::take_event(std::string_view json) {
  Arena arena;
  const std::optional<JsonValue> event = parse_json(json, arena);
  if (!event) return;
  const JsonValue* const action = event->find("Action");
  const JsonValue* const actor = event->find("Actor");
  const JsonValue* id = actor != nullptr ? actor->find("ID") : nullptr;
  if (id == nullptr) id = event->find("id");
  const bool starts = action != nullptr && action->is_string() && action->text() == "start";
  if (starts && id != nullptr && id->is_string() && started_.size() < kStartedMax) {
    started_.insert(std::string(id->text()));
  }
  ring();
}

void DockerHost::publish() {
  for (const auto& [id, container] : containers_) container->publish();
}

void DockerHost::stop() {
  stopping_ = true;
  for (const auto& [id, container] : containers_) container->stop();
  engine_.close();
  bell_.cancel();
}

bool DockerHost::settled() const {
  return std::all_of(containers_.begin(), containers_.end(),
                     [](const auto& entry) { return entry.second->settled(); });
}

void DockerHost::append_status(std::vector<SourceStatus>& out) const {
  for (const auto& [id, container] : containers_) out.push_back(container->status());
}

}  // namespace tailrace
