#include "app/app.h"

#include <cstdio>
#include <optional>
#include <random>

#include "app/log_generator.h"
#include "net/http_server.h"
#include "net/request_metrics.h"
#include "net/spawn.h"
#include "telemetry/log.h"

namespace tailrace {
namespace {

HttpServerOptions server_options(const AppOptions& options) {
  HttpServerOptions out;
  out.name = "app";
  out.listeners = {options.listen};
  out.connections_max = options.connections_max;
  out.body_bytes_max = options.body_bytes_max;
  return out;
}

AppLevel level_of(int status) {
  return status >= 500 ? AppLevel::kError : status >= 400 ? AppLevel::kWarn : AppLevel::kInfo;
}

}  // namespace

struct App::Impl {
  Impl(Executor on, Metrics& to, AppOptions given)
      : executor(on),
        metrics(to),
        options(std::move(given)),
        log(on, options.log, to),
        tasks(on),
        random(std::random_device{}()) {}

  void add_own_routes() {
    router.get("/healthz", [](Request&, Response& response) { response.body = "ok\n"; },
               {.open = true});
    router.get("/metrics", [this](Request& request, Response& response) {
      const Metrics::Format format = choose_format(request.header("accept"));
      response.body = metrics.scrape(format);
      response.content_type = content_type(format);
      response.compressible = true;
    });
  }

  void log_request(const RequestRecord& record) {
    if (record.request == nullptr) {
      log.warn("bad request refused with " + std::to_string(record.status));
      return;
    }
    char numbers[96];
    const int bytes =
        std::snprintf(numbers, sizeof numbers, " %d %zuB %.6fs ", record.status,
                      record.response_bytes, static_cast<double>(record.duration_ns) / 1e9);
    line.assign(record.request->method()).append(" ").append(record.request->target());
    line.append(numbers, static_cast<std::size_t>(bytes)).append(record.request->remote_address());
    log.write(level_of(record.status), line);
  }

  Executor executor;
  Metrics& metrics;
  const AppOptions options;
  AppLog log;
  Router router;
  TaskGroup tasks;
  std::mt19937_64 random;
  std::string line;  // of log_request; keeps its capacity
  // Before the server, whose router reports to it.
  std::optional<RequestMetrics> request_metrics;
  std::optional<HttpServer> server;
};

App::App(Executor executor, Metrics& metrics, AppOptions options, const RegisterRoutes& routes)
    : impl_(std::make_unique<Impl>(std::move(executor), metrics, std::move(options))) {
  impl_->add_own_routes();
  routes(*this);
  impl_->request_metrics.emplace(metrics, impl_->router);
  if (impl_->options.log.requests) {
    impl_->router.observe(
        [impl = impl_.get()](const RequestRecord& record) { impl->log_request(record); });
  }
}

App::~App() = default;

Result<void> App::start() {
  Result<void> opened = impl_->log.open();
  if (!opened) return std::move(opened).error().in("app");
  impl_->server.emplace(impl_->executor, std::move(impl_->router), server_options(impl_->options));
  Result<void> listening = impl_->server->listen();
  if (!listening) return std::move(listening).error().in("app");
  impl_->tasks.spawn("log generator",
                     generate_log(impl_->log, impl_->options.generator, impl_->random()));
  log::info("app started", {{"address", impl_->options.listen.address},
                            {"port", port()},
                            {"log", impl_->options.log.file.path}});
  impl_->log.info("app started on port " + std::to_string(port()));
  return {};
}

awaitable<void> App::stop(std::int64_t deadline_ns) {
  impl_->tasks.cancel();
  if (impl_->server) {
    co_await impl_->server->stop(deadline_ns);
  }
  co_await impl_->tasks.join();
  impl_->log.info("app stopped");
  impl_->log.flush();
}

std::uint16_t App::port() const { return impl_->server->port(); }
Router& App::router() noexcept { return impl_->router; }
Metrics& App::metrics() noexcept { return impl_->metrics; }
AppLog& App::log() noexcept { return impl_->log; }
const AppOptions& App::options() const noexcept { return impl_->options; }
const Executor& App::executor() const noexcept { return impl_->executor; }
double App::random() { return std::uniform_real_distribution<double>(0, 1)(impl_->random); }

}  // namespace tailrace
