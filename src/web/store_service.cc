#include "web/store_service.h"

#include <optional>
#include <utility>

#include "net/listen_config.h"
#include "net/request_metrics.h"
#include "store/store.h"
#include "telemetry/log.h"
#include "web/agent_pages.h"
#include "web/loki_api.h"
#include "web/store_task.h"

namespace tailrace {
namespace {

// Grafana sends queries in the URL.
constexpr std::size_t kTargetBytesMax = 256 * 1024;

HttpServerOptions server_options(const StoreServiceOptions& options) {
  HttpServerOptions out;
  out.name = "store";
  out.listeners = {options.listen};
  out.target_bytes_max = kTargetBytesMax;
  out.header_bytes_max = kTargetBytesMax + 64 * 1024;
  out.body_bytes_max = options.store.push_bytes_max;
  return out;
}

}  // namespace

void read(const ConfigNode& node, StoreServiceOptions& options) {
  if (node.absent()) return;
  options.enabled = true;
  if (node.empty()) return;
  std::vector<std::string_view> known = store_option_keys();
  for (const char* key :
       {"http_listen_address", "http_listen_port", "http_tls_config", "basic_auth"})
    known.emplace_back(key);
  node.strict(known);
  node.read("http_listen_address", options.listen.address);
  read_port(node, "http_listen_port", options.listen.port);
  read_server_tls(node.get("http_tls_config"), options.listen.tls);
  read_users(node.get("basic_auth"), options.listen.users);
  read(node, options.store);
}

struct StoreService::Impl {
  Impl(Executor on, Metrics& to, StoreServiceOptions given, std::string of)
      : executor(std::move(on)), metrics(to), options(std::move(given)), version(std::move(of)) {}

  Executor executor;
  Metrics& metrics;
  const StoreServiceOptions options;
  const std::string version;
  Router router;
  std::unique_ptr<Store> store;
  std::optional<StoreTasks> tasks;
  // Before the server, whose router reports to it.
  std::optional<RequestMetrics> request_metrics;
  std::optional<HttpServer> server;
};

StoreService::StoreService(Executor executor, Metrics& metrics, StoreServiceOptions options,
                           std::string version)
    : impl_(std::make_unique<Impl>(std::move(executor), metrics, std::move(options),
                                   std::move(version))) {}

StoreService::~StoreService() {
  // Queries' answers are posted to the executor, so they end while it is there.
  if (impl_->tasks) impl_->tasks->stop_all();
  if (impl_->store) impl_->store->stop(false);
}

Router& StoreService::router() noexcept { return impl_->router; }
Store& StoreService::store() noexcept { return *impl_->store; }
std::uint16_t StoreService::port() const { return impl_->server->port(); }

Result<void> StoreService::start() {
  TAILRACE_TRY(impl_->store, Store::open(impl_->options.store, impl_->metrics));
  impl_->tasks.emplace(*impl_->store, impl_->metrics);
  add_loki_api(impl_->router, *impl_->tasks, impl_->version,
               is_closed(impl_->options.listen) ? TailOrigins::kAny : TailOrigins::kOwn);
  if (impl_->options.metrics) add_metrics_route(impl_->router, impl_->metrics);
  RequestMetricsOptions names;
  names.requests_name = "tailrace_store_http_requests_total";
  names.latency_name = "tailrace_store_http_request_latency_seconds";
  impl_->request_metrics.emplace(impl_->metrics, impl_->router, names);
  impl_->server.emplace(impl_->executor, std::move(impl_->router), server_options(impl_->options));
  Result<void> listening = impl_->server->listen();
  if (!listening) return std::move(listening).error().in("store");
  log::info("store listening", {{"address", impl_->options.listen.address},
                                {"port", impl_->server->port()},
                                {"path", impl_->options.store.path}});
  return {};
}

awaitable<void> StoreService::stop(std::int64_t deadline_ns) {
  if (impl_->tasks) impl_->tasks->stop_all();
  if (impl_->server) {
    awaitable<void> stopped = impl_->server->stop(deadline_ns);
    co_await std::move(stopped);
  }
  // Commits what waits; a moment.
  if (impl_->store) impl_->store->stop(false);
}

}  // namespace tailrace
