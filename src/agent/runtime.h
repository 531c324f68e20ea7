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
};

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

 private:
  void on_client_change();
  bool clients_finished() const;
  void finish_when_settled(int looks_left);

  boost::asio::any_io_executor executor_;
  Shard shard_;
  ReadScheduler scheduler_;
  Watcher watcher_;
  FileSourceMetrics file_metrics_;
  JobEnvironment environment_;
  std::optional<ReadRateLimit> rate_limit_;
  std::vector<std::unique_ptr<Client>> clients_;
  std::vector<std::unique_ptr<Job>> jobs_;
  boost::asio::steady_timer deadline_;
  std::function<void()> done_;
  bool finishing_ = false;
  Lifetime lifetime_;
};

}  // namespace tailrace
