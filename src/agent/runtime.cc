#include "agent/runtime.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <chrono>
#include <cstdio>
#include <map>
#include <utility>

#include "sinks/stdout_sink.h"
#include "telemetry/log.h"

namespace tailrace {
namespace {

constexpr std::chrono::milliseconds kSettleLook(5);
constexpr int kSettleLooks = 200;

// A file is delivered as far as every client has it, as in the positions file.
void keep_furthest_behind(std::vector<SourceStatus>& sources,
                          const std::vector<SourceStatus>& other_lane) {
  std::map<std::string_view, const SourceFile*> others;
  for (const SourceStatus& source : other_lane) {
    for (const SourceFile& file : source.files) others.emplace(file.path, &file);
  }
  for (SourceStatus& source : sources) {
    for (SourceFile& file : source.files) {
      const auto other = others.find(file.path);
      if (other == others.end()) continue;
      file.delivered = std::min(file.delivered, other->second->delivered);
      file.read = std::min(file.read, other->second->read);
      file.lag = std::max(file.lag, other->second->lag);
    }
  }
}

}  // namespace

Runtime::Runtime(boost::asio::any_io_executor executor, const AgentConfig& config, RunMode mode,
                 PositionBook& book, Metrics& metrics, const TransportFactory& transports)
    : executor_(std::move(executor)),
      shard_(executor_, Clock::system(), metrics),
      scheduler_(executor_, shard_.clock),
      watcher_(executor_),
      book_(book),
      deadline_(executor_) {
  const bool sends = !mode.dry_run && !mode.check_only;
  for (const ClientOptions& options : config.clients) {
    if (!sends) break;
    clients_.push_back(std::make_unique<Client>(
        executor_, options, config.limits.client,
        [transports, options] { return transports(options); }, metrics, shard_.clock,
        [this] { on_client_change(); }));
    clients_.back()->before_push([this] { book_.flush_notes(); });
  }
  lanes_.push_back(make_lane(config, mode, book, metrics));
  for (std::size_t i = 1; i < clients_.size(); ++i) {
    RunMode quiet = mode;
    quiet.inspect = false;
    lanes_.push_back(make_lane(config, quiet, book, uncounted_));
  }
  for (const ScrapeConfig& scrape : config.scrape_configs) {
    JobLanes& lanes = jobs_.emplace_back();
    const std::size_t count = scrape.kind == SourceKind::kFiles ? lanes_.size() : 1;
    for (std::size_t i = 0; i < count; ++i) {
      std::vector<Client*> clients;
      for (std::size_t client = 0; client < clients_.size(); ++client) {
        if (count == 1 || client == i) clients.push_back(clients_[client].get());
      }
      std::unique_ptr<EntrySink> end;
      if (mode.dry_run) {
        end = std::make_unique<StdoutSink>(stdout);
      } else {
        end = std::make_unique<PushSink>(std::move(clients), lanes_[i].rate_limit.get());
      }
      lanes.push_back(
          std::make_unique<Job>(config, scrape, *lanes_[i].environment, std::move(end)));
    }
  }
}

Runtime::Lane Runtime::make_lane(const AgentConfig& config, RunMode mode, PositionBook& book,
                                 Metrics& metrics) {
  Lane lane;
  lane.file_metrics = std::make_unique<FileSourceMetrics>(metrics);
  lane.environment = std::make_unique<JobEnvironment>(
      JobEnvironment{shard_, scheduler_, watcher_, book, *lane.file_metrics, metrics, mode.inspect,
                     mode.check_only, mode.on_input_end});
  const LimitsOptions& limits = config.limits;
  if (limits.readline_rate_enabled) {
    lane.rate_limit = std::make_unique<ReadRateLimit>(
        limits.readline_rate, static_cast<double>(limits.readline_burst), limits.readline_rate_drop,
        shard_.clock, metrics);
  }
  return lane;
}

Result<void> Runtime::start() {
  for (const JobLanes& lanes : jobs_) {
    for (const std::unique_ptr<Job>& job : lanes) {
      if (Result<void> started = job->start(); !started) {
        return std::move(started).error().in("scrape config \"" + job->name() + "\"");
      }
    }
  }
  return {};
}

void Runtime::set_targets(std::size_t job, std::vector<FileTarget> targets) {
  for (const std::unique_ptr<Job>& lane : jobs_[job]) lane->set_targets(targets);
}

void Runtime::publish() {
  for_each_job([](Job& job) { job.publish(); });
}

void Runtime::stop(std::int64_t deadline_ns, std::function<void()> done) {
  done_ = std::move(done);
  for_each_job([](Job& job) { job.stop(); });
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
  book_.flush_notes();
  scheduler_.room_came_back();
  if (!done_ || finishing_ || !clients_finished()) return;
  finishing_ = true;
  deadline_.cancel();
  // Not from within the sender that tells us: whoever is done with us may destroy us.
  boost::asio::post(executor_, [this] { finish_when_settled(kSettleLooks); });
}

// Sources have their last words: answers to pushes whose lines were delivered just now.
void Runtime::finish_when_settled(int looks_left) {
  bool settled = true;
  for_each_job([&](Job& job) { settled = settled && job.settled(); });
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
  return std::any_of(jobs_.begin(), jobs_.end(),
                     [](const JobLanes& lanes) { return lanes.front()->ready(); });
}

std::vector<Runtime::JobStatus> Runtime::status() const {
  std::vector<JobStatus> out;
  for (const JobLanes& lanes : jobs_) {
    JobStatus& status = out.emplace_back(JobStatus{lanes.front()->name(), lanes.front()->status()});
    for (std::size_t lane = 1; lane < lanes.size(); ++lane)
      keep_furthest_behind(status.sources, lanes[lane]->status());
  }
  return out;
}

std::vector<Runtime::ClientStatus> Runtime::client_status() const {
  std::vector<ClientStatus> out;
  for (const std::unique_ptr<Client>& client : clients_)
    out.push_back({client->name(), client->status()});
  return out;
}

}  // namespace tailrace
