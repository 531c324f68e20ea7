// Runtime: a configuration at work on a shard: clients, jobs, and their end.
//
// Built and used on the shard's thread only. A reload builds a new one, stops the old one, and
// starts the new one from the same position book.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/agent_config.h"
#include "agent/job.h"
#include "base/lifetime.h"
#include "sinks/client.h"
#include "sinks/push_sink.h"
#include "sources/file/watcher.h"
#include "sources/read_scheduler.h"
#include "sources/shard.h"

namespace tailrace {

struct RunMode {
  bool dry_run = false;
  bool inspect = false;
  bool check_only = false;
  // Called on the shard when the input has ended (-stdin).
  std::function<void()> on_input_end;
};

// With several clients every file job runs once per client: its own reading offset, its own
// pipeline. So a Loki that is down holds back only what it misses itself, and the others go on at
// full speed. The saved position is that of the lane that is furthest behind. The first lane
// counts; the metrics of the others would only say everything twice. Sources that listen have one
// lane: a sender cannot be asked to send again.
class Runtime {
 public:
  // Makes the transport of a client; the agent decides whether it is HTTP or the embedded store.
  using TransportFactory = std::function<std::unique_ptr<Transport>(const ClientOptions&)>;

  // Builds everything and starts nothing; problems are recorded in the configuration's errors.
  // `book` outlives it.
  Runtime(boost::asio::any_io_executor executor, const AgentConfig& config, RunMode mode,
          PositionBook& book, Metrics& metrics, const TransportFactory& transports);
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  // Opens listeners and begins. An error: what has been started is to be stopped.
  Result<void> start();
  // Targets of the job of that number, from discovery.
  void set_targets(std::size_t job, std::vector<FileTarget> targets);
  void publish();

  // Stops reading, flushes, and pushes what is left until `deadline_ns` from now; then calls
  // `done`. What was not acknowledged by then is not in the positions.
  void stop(std::int64_t deadline_ns, std::function<void()> done);
  // Cuts a stop short.
  void give_up();

  bool ready() const;
  struct JobStatus {
    std::string name;
    std::vector<SourceStatus> sources;
  };
  std::vector<JobStatus> status() const;
  struct ClientStatus {
    std::string name;
    std::vector<SenderStatus> senders;
  };
  // In the order of the configuration; none in a dry run.
  std::vector<ClientStatus> client_status() const;

 private:
  // What the jobs that feed one client (or, for sources that listen, all clients) use.
  struct Lane {
    std::unique_ptr<FileSourceMetrics> file_metrics;
    std::unique_ptr<ReadRateLimit> rate_limit;
    std::unique_ptr<JobEnvironment> environment;
  };
  using JobLanes = std::vector<std::unique_ptr<Job>>;  // of one scrape config

  Lane make_lane(const AgentConfig& config, RunMode mode, PositionBook& book, Metrics& metrics);
  template <class Visit>
  void for_each_job(Visit&& visit) const {
    for (const JobLanes& lanes : jobs_) {
      for (const std::unique_ptr<Job>& job : lanes) visit(*job);
    }
  }
  void on_client_change();
  bool clients_finished() const;
  void finish_when_settled(int looks_left);

  boost::asio::any_io_executor executor_;
  Shard shard_;
  ReadScheduler scheduler_;
  Watcher watcher_;
  PositionBook& book_;
  Metrics uncounted_;  // where lanes but the first count
  std::vector<std::unique_ptr<Client>> clients_;
  std::vector<Lane> lanes_;
  std::vector<JobLanes> jobs_;  // by scrape config
  boost::asio::steady_timer deadline_;
  std::function<void()> done_;
  bool finishing_ = false;
  Lifetime lifetime_;
};

}  // namespace tailrace
