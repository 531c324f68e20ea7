#include "agent/runtime.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <chrono>
#include <cstdio>
#include <utility>

#include "sinks/stdout_sink.h"
#include "telemetry/log.h"

namespace tailrace {
namespace {

constexpr std::chrono::milliseconds kSettleLook(5);
constexpr int kSettleLooks = 200;

}  // namespace

Runtime::Runtime(boost::asio::any_io_executor executor, const AgentConfig& config, RunMode mode,
                 PositionBook& book, Metrics& metrics, const TransportFactory& transports)
    : executor_(std::move(executor)),
      shard_(executor_, Clock::system(), metrics),
      scheduler_(executor_, shard_.clock),
      watcher_(executor_),
      file_metrics_(metrics),
      environment_{shard_,        scheduler_, watcher_,     book,
                   file_metrics_, metrics,    mode.inspect, mode.check_only},
      deadline_(executor_) {
  if (config.limits.readline_rate_enabled) {
    rate_limit_.emplace(config.limits.readline_rate,
                        static_cast<double>(config.limits.readline_burst),
                        config.limits.readline_rate_drop, shard_.clock, metrics);
  }
  std::vector<Client*> clients;
  for (const ClientOptions& options : config.clients) {
    if (mode.dry_run || mode.check_only) break;
    clients_.push_back(std::make_unique<Client>(
        executor_, options, config.limits.client,
        [transports, options] { return transports(options); }, metrics, shard_.clock,
        [this] { on_client_change(); }));
    clients.push_back(clients_.back().get());
  }
  for (const ScrapeConfig& scrape : config.scrape_configs) {
    std::unique_ptr<EntrySink> end;
    if (mode.dry_run) {
      end = std::make_unique<StdoutSink>(stdout);
    } else {
      end = std::make_unique<PushSink>(clients, rate_limit_ ? &*rate_limit_ : nullptr);
    }
    jobs_.push_back(std::make_unique<Job>(config, scrape, environment_, std::move(end)));
  }
}

Result<void> Runtime::start() {
  for (const std::unique_ptr<Job>& job : jobs_) {
    if (Result<void> started = job->start(); !started) {
      return std::move(started).error().in("scrape config \"" + job->name() + "\"");
    }
  }
  return {};
}

void Runtime::set_targets(std::size_t job, std::vector<FileTarget> targets) {
  jobs_[job]->set_targets(std::move(targets));
}

void Runtime::publish() {
  for (const std::unique_ptr<Job>& job : jobs_) job->publish();
}

void Runtime::stop(std::int64_t deadline_ns, std::function<void()> done) {
  done_ = std::move(done);
  for (const std::unique_ptr<Job>& job : jobs_) job->stop();
  for (const std::unique_ptr<Client>& client : clients_) client->stop();
  deadline_.expires_after(std::chrono::nanoseconds(deadline_ns));
  deadline_.async_wait([this, alive = lifetime_.watch()](const boost::system::error_code& error) {
    if (!error && alive()) give_up();
  });
  on_client_change();
}

void Runtime::give_up() {
  if (clients_finished()) return;
  log::warn(
      "stopping before everything was acknowledged; it will be sent again after the next start");
  for (const std::unique_ptr<Client>& client : clients_) client->give_up();
}

void Runtime::on_client_change() {
  scheduler_.room_came_back();
  if (!done_ || finishing_ || !clients_finished()) return;
  finishing_ = true;
  deadline_.cancel();
  // Not from within the sender that tells us: whoever is done with us may destroy us.
  boost::asio::post(executor_, [this] { finish_when_settled(kSettleLooks); });
}

// Sources have their last words: answers to pushes whose lines were delivered just now.
void Runtime::finish_when_settled(int looks_left) {
  const bool settled =
      std::all_of(jobs_.begin(), jobs_.end(), [](const auto& job) { return job->settled(); });
  if (settled || looks_left == 0) return std::exchange(done_, nullptr)();
  deadline_.expires_after(kSettleLook);
  deadline_.async_wait([this, looks_left, alive = lifetime_.watch()](auto) {
    if (alive()) finish_when_settled(looks_left - 1);
  });
}

bool Runtime::clients_finished() const {
  return std::all_of(clients_.begin(), clients_.end(),
                     [](const auto& client) { return client->finished(); });
}

bool Runtime::ready() const {
  return std::any_of(jobs_.begin(), jobs_.end(), [](const auto& job) { return job->ready(); });
}

std::vector<Runtime::JobStatus> Runtime::status() const {
  std::vector<JobStatus> out;
  for (const std::unique_ptr<Job>& job : jobs_) out.push_back({job->name(), job->status()});
  return out;
}

}  // namespace tailrace
