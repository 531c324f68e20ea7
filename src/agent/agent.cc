#include "agent/agent.h"

#include <sys/resource.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <utility>

#include "agent/config_dump.h"
#include "agent/explorer_setup.h"
#include "agent/job_discovery.h"
#include "agent/page_view.h"
#include "agent/runtime.h"
#include "agent/shard_side.h"
#include "agent/store_transport.h"
#include "agent/version.h"
#include "app/app.h"
#include "app/routes.h"
#include "net/await.h"
#include "net/http_server.h"
#include "net/spawn.h"
#include "sinks/http_transport.h"
#include "telemetry/log.h"
#include "web/agent_api.h"
#include "web/agent_pages.h"
#include "web/explorer.h"
#include "web/store_service.h"

namespace tailrace {
namespace {

// From the signal to the end: a client that does not answer must not keep the process alive. What
// is left is sent after the next start.
constexpr std::int64_t kStopNs = 4 * kNsPerSecond;
// After the end of standard input, which cannot be read again: as long as it takes; a signal ends
// it.
constexpr std::int64_t kInputEndNs = std::int64_t{365} * 86'400 * kNsPerSecond;
constexpr std::int64_t kServerStopNs = kNsPerSecond / 2;

// Thousands of files need thousands of descriptors; the soft limit of most systems is 1024.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

Runtime::TransportFactory http_transports(Executor executor) {
  return [executor](const ClientOptions& client) {
    return make_http_transport(executor, client, user_agent());
  };
}

// What stands in front of our own paths in links: the path of external_url, else the prefix.
std::string link_prefix(const ServerConfig& server) {
  if (server.external_url.empty()) return server.path_prefix;
  const Result<Url> url = parse_url(server.external_url);
  std::string path = url ? url->path : std::string();
  while (path.ends_with('/')) path.pop_back();
  return path;
}

HttpServerOptions server_options(const ServerConfig& server) {
  HttpServerOptions options = server.server_options();
  options.name = "agent";
  return options;
}

Result<void> errors_of(const AgentConfig& config) {
  if (config.errors->failed()) return Error{ErrorCode::kInvalid, config.errors->text()};
  return {};
}

class Agent {
 public:
  Agent(AgentConfig config, const CommandLine& flags)
      : config_(std::move(config)), flags_(flags), signals_(front_, SIGTERM, SIGINT, SIGHUP) {
    reloads_good_ =
        metrics_.counter("promtail_config_reload_success_total", "Number of reload successes.");
    reloads_bad_ =
        metrics_.counter("promtail_config_reload_fail_total", "Number of reload failures.");
    register_process_metrics(metrics_);
    register_task_metrics(metrics_);
    metrics_
        .gauge("promtail_build_info", "Which program this is.",
               {{"version", std::string(version())},
                {"branch", "tailrace"},
                {"revision", ""},
                {"goversion", ""},
                {"goos", "linux"},
                {"goarch", ""},
                {"tags", ""}})
        .set(1);
  }
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;

  Result<void> run() {
    TAILRACE_CHECK(start());
    wait_for_signal();
    front_.run();
    return {};
  }

 private:
  Result<void> start();
  Result<void> start_runtime();
  void keep_positions();
  Result<void> start_listeners();
  void start_discovery();
  void wait_for_signal();
  std::unique_ptr<Runtime> build_runtime(const AgentConfig& config);

  void stop_once(std::int64_t deadline_ns);
  awaitable<void> stop(std::int64_t deadline_ns);
  awaitable<Result<void>> reload();
  awaitable<Result<void>> replace_runtime();
  awaitable<void> reload_on_signal();
  awaitable<void> stop_discovery();
  Runtime::TransportFactory transports();
  AgentView view();
  void add_agent_explorer(Router& router);
  void add_store_explorer(Router& router);
  awaitable<bool> ask_ready();
  awaitable<std::vector<PageJob>> ask_jobs();
  awaitable<std::vector<PageClient>> ask_clients();

  AgentConfig config_;
  const CommandLine& flags_;
  Metrics metrics_;
  Counter reloads_good_;
  Counter reloads_bad_;

  asio::io_context front_{1};
  asio::signal_set signals_;
  asio::steady_timer reload_over_{front_};
  std::unique_ptr<HttpServer> server_;
  std::unique_ptr<App> app_;
  std::unique_ptr<StoreService> store_;
  std::vector<std::unique_ptr<JobDiscovery>> discoveries_;
  bool stopping_ = false;
  bool reloading_ = false;

  ShardSide shard_;  // ends first: what runs there posts to the front and uses the store
};

Result<void> Agent::start() {
  if (config_.read_stdin) {
    shard_.without_positions();  // there is nothing to come back to
  } else {
    TAILRACE_CHECK(shard_.load_positions(config_.positions));
  }
  TAILRACE_CHECK(start_listeners());
  TAILRACE_CHECK(start_runtime());
  start_discovery();
  log::info("tailrace started", {{"version", version()}, {"config", config_.file_name}});
  return {};
}

std::unique_ptr<Runtime> Agent::build_runtime(const AgentConfig& config) {
  RunMode mode{flags_.flag("dry-run"), flags_.flag("inspect"), false, {}};
  mode.on_input_end = [this] { asio::post(front_, [this] { stop_once(kInputEndNs); }); };
  return shard_.build(config, mode, metrics_, transports());
}

Runtime::TransportFactory Agent::transports() {
  return [this, over_http = http_transports(shard_.executor())](const ClientOptions& client) {
    if (store_ && is_own_store(client, config_.store)) {
      return make_store_transport(shard_.executor(), store_->store());
    }
    return over_http(client);
  };
}

Result<void> Agent::start_runtime() {
  std::unique_ptr<Runtime> runtime = build_runtime(config_);
  if (Result<void> good = errors_of(config_); !good) {
    shard_.discard(std::move(runtime));
    return good;
  }
  keep_positions();
  return shard_.run(std::move(runtime));
}

// Before anything is read, so that the first push is noted, too.
void Agent::keep_positions() {
  if (!flags_.flag("dry-run") && !config_.read_stdin) shard_.keep_positions(config_.positions);
}

Result<void> Agent::start_listeners() {
  if (!config_.server.disable) {
    Router router(config_.server.path_prefix);
    AgentPageOptions pages;
    pages.metrics = config_.server.register_instrumentation;
    pages.check_targets = config_.server.health_check_target;
    pages.reload = config_.server.enable_runtime_reload;
    pages.explorer = !config_.explorer.disable;
    pages.redirect_prefix = link_prefix(config_.server);
    add_agent_pages(router, view(), pages, metrics_);
    add_agent_explorer(router);
    server_ = std::make_unique<HttpServer>(front_.get_executor(), std::move(router),
                                           server_options(config_.server));
    TAILRACE_CHECK(server_->listen());
    log::info("server listening on addresses", {{"port", server_->port()}});
  }
  if (config_.store.enabled && !flags_.flag("dry-run")) {
    store_ = std::make_unique<StoreService>(front_.get_executor(), metrics_, config_.store,
                                            std::string(version()));
    add_store_explorer(store_->router());
    TAILRACE_CHECK(store_->start());
  }
  if (config_.app.enabled) {
    app_ = std::make_unique<App>(front_.get_executor(), metrics_, config_.app, register_routes);
    TAILRACE_CHECK(app_->start());
  }
  return {};
}

void Agent::add_agent_explorer(Router& router) {
  add_agent_api(router, view(), std::string(version()));
  if (config_.explorer.disable) return;
  ExplorerPlace place;
  place.version = version();
  place.path = "/ui";
  if (config_.server.register_instrumentation) place.metrics = "../metrics";
  place.agent = "../api/v1/agent";
  place.sources = configured_sources(front_.get_executor(), config_.explorer);
  const std::shared_ptr<LokiSource> client = first_client_source(front_.get_executor(), config_);
  if (client) place.sources.insert(place.sources.begin(), client);
  add_explorer(router, place);
}

void Agent::add_store_explorer(Router& router) {
  if (config_.explorer.disable) return;
  add_agent_api(router, view(), std::string(version()));
  ExplorerPlace place;
  place.version = version();
  if (config_.store.metrics) place.metrics = "metrics";
  place.agent = "api/v1/agent";
  place.has_store = true;
  place.sources = configured_sources(front_.get_executor(), config_.explorer);
  add_explorer(router, place);
}

void Agent::start_discovery() {
  for (std::size_t job = 0; job < config_.scrape_configs.size(); ++job) {
    discoveries_.push_back(
        std::make_unique<JobDiscovery>(front_.get_executor(), config_.scrape_configs[job], metrics_,
                                       [this, job](std::vector<FileTarget> targets) {
                                         shard_.set_targets(job, std::move(targets));
                                       }));
  }
}

awaitable<void> Agent::stop_discovery() {
  for (const std::unique_ptr<JobDiscovery>& discovery : discoveries_) {
    awaitable<void> stopped = discovery->stop();
    co_await std::move(stopped);
  }
  discoveries_.clear();
}

void Agent::wait_for_signal() {
  signals_.async_wait([this](const boost::system::error_code& error, int signal) {
    if (error) return;
    if (signal == SIGHUP) {
      if (!stopping_ && !config_.server.disable)
        spawn(front_.get_executor(), "reload", reload_on_signal());
    } else if (!stopping_) {
      log::info("stopping", {{"signal", signal}});
      stop_once(kStopNs);
    } else {
      log::warn("stopping at once");
      shard_.give_up();
    }
    wait_for_signal();
  });
}

void Agent::stop_once(std::int64_t deadline_ns) {
  if (std::exchange(stopping_, true)) return;
  spawn(front_.get_executor(), "stop", stop(deadline_ns));
}

awaitable<void> Agent::stop(std::int64_t deadline_ns) {
  // A reload in its middle has its own order of taking down and starting; it sees that we wait.
  if (reloading_) co_await reload_over_.async_wait(kAwait);
  awaitable<void> discovery_stopped = stop_discovery();
  co_await std::move(discovery_stopped);
  awaitable<void> runtime_stopped = shard_.stop(deadline_ns);
  co_await std::move(runtime_stopped);
  if (app_) {
    awaitable<void> app_stopped = app_->stop(kServerStopNs);
    co_await std::move(app_stopped);
  }
  if (store_) {
    awaitable<void> store_stopped = store_->stop(kServerStopNs);
    co_await std::move(store_stopped);
  }
  if (server_) {
    awaitable<void> server_stopped = server_->stop(kServerStopNs);
    co_await std::move(server_stopped);
  }
  front_.stop();
}

awaitable<void> Agent::reload_on_signal() {
  awaitable<Result<void>> reloaded = reload();
  const Result<void> result = co_await std::move(reloaded);
  if (!result)
    log::error("failed to reload config, the old one goes on", {{"error", result.error().text()}});
}

awaitable<Result<void>> Agent::reload() {
  if (stopping_ || std::exchange(reloading_, true)) {
    co_return Error{ErrorCode::kUnavailable, "a reload or a stop is under way"};
  }
  reload_over_.expires_at(asio::steady_timer::time_point::max());
  awaitable<Result<void>> reloaded = replace_runtime();
  Result<void> result = co_await std::move(reloaded);
  reloading_ = false;
  reload_over_.cancel();
  (result ? reloads_good_ : reloads_bad_).add();
  co_return result;
}

awaitable<Result<void>> Agent::replace_runtime() {
  Result<AgentConfig> loaded = load_agent_config(flags_);
  std::unique_ptr<Runtime> next;
  if (loaded && loaded->text == config_.text) {
    loaded = Error{ErrorCode::kInvalid, "config has not changed"};
  }
  if (loaded) {
    // Wholly built beside the running one: whatever is wrong with it shows before anything stops.
    next = build_runtime(*loaded);
    if (Result<void> good = errors_of(*loaded); !good) {
      shard_.discard(std::move(next));
      loaded = std::move(good).error();
    }
  }
  if (!loaded) co_return std::move(loaded).error();
  awaitable<void> discovery_stopped = stop_discovery();
  co_await std::move(discovery_stopped);
  awaitable<void> runtime_stopped = shard_.stop(kStopNs);
  co_await std::move(runtime_stopped);
  if (stopping_) {
    shard_.discard(std::move(next));
    co_return Error{ErrorCode::kUnavailable, "stopped in the middle of a reload"};
  }
  config_ = std::move(*loaded);
  keep_positions();
  const Result<void> started = shard_.run(std::move(next));
  start_discovery();
  if (started) log::info("reloaded config", {{"config", config_.file_name}});
  co_return started;
}

awaitable<bool> Agent::ask_ready() {
  if (stopping_) co_return false;
  awaitable<bool> asked = shard_.ask(&Runtime::ready);
  co_return co_await std::move(asked);
}

awaitable<std::vector<PageJob>> Agent::ask_jobs() {
  awaitable<std::vector<Runtime::JobStatus>> asked = shard_.ask(&Runtime::status);
  std::vector<Runtime::JobStatus> jobs = co_await std::move(asked);
  co_return page_jobs(std::move(jobs), discoveries_);
}

awaitable<std::vector<PageClient>> Agent::ask_clients() {
  awaitable<std::vector<Runtime::ClientStatus>> asked = shard_.ask(&Runtime::client_status);
  std::vector<Runtime::ClientStatus> clients = co_await std::move(asked);
  co_return page_clients(std::move(clients), config_, store_ != nullptr);
}

AgentView Agent::view() {
  return {[this] { return ask_ready(); }, [this] { return ask_jobs(); },
          [this] { return ask_clients(); }, [this] { return dump_config(config_); },
          [this] { return reload(); }};
}

}  // namespace

Result<void> check_agent_config(const AgentConfig& config) {
  asio::io_context io{1};
  Metrics metrics;
  PositionBook book({}, "");
  RunMode mode;
  mode.check_only = true;
  const Runtime runtime(io.get_executor(), config, mode, book, metrics,
                        http_transports(io.get_executor()));
  return errors_of(config);
}

Result<void> run_agent(AgentConfig config, const CommandLine& flags) {
  TAILRACE_TRY(const log::Level level, log::parse_level(config.server.log_level));
  TAILRACE_TRY(const log::Format format, log::parse_format(config.server.log_format));
  TAILRACE_CHECK(log::configure(level, format, config.log));
  for (const ConfigProblem& problem : config.errors->problems()) log::warn(problem.text());
  if (flags.flag("print-config-stderr")) std::fprintf(stderr, "%s", dump_config(config).c_str());
  raise_descriptor_limit();
  Agent agent(std::move(config), flags);
  return agent.run();
}

}  // namespace tailrace
