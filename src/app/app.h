// App: an instrumented web service. It brings metrics, logging, limits and a clean stop; its routes
// are somebody else's: the demo's in routes.cc, or yours (docs/custom-app.md).
//
//   GET /metrics   Prometheus text or OpenMetrics, as the scraper asks, gzip if it takes that
//   GET /healthz   200 while it runs
//
// Every route is counted and timed by the router, and each request is a line in the app's log.
//
// One thread: the executor's. Handlers run there; one that waits is a coroutine, so ten thousand
// may wait together.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "app/app_log.h"
#include "app/app_options.h"
#include "base/result.h"
#include "net/async.h"
#include "net/router.h"
#include "net/sleep.h"
#include "telemetry/metrics.h"

namespace tailrace {

class App {
 public:
  // `routes` adds handlers to router(); they may keep a reference to the app. Nothing is open
  // before start().
  using RegisterRoutes = std::function<void(App&)>;
  App(Executor executor, Metrics& metrics, AppOptions options, const RegisterRoutes& routes);
  ~App();
  App(const App&) = delete;
  App& operator=(const App&) = delete;

  // Opens log and listener: "app: listen 0.0.0.0:5000: Address already in use".
  Result<void> start();
  // Ends the listener and the log generator; running requests may finish until the deadline. Then
  // destroy it.
  awaitable<void> stop(std::int64_t deadline_ns);
  std::uint16_t port() const;

  // For routes.
  Router& router() noexcept;
  Metrics& metrics() noexcept;
  AppLog& log() noexcept;
  const AppOptions& options() const noexcept;
  const Executor& executor() const noexcept;
  // Uniform in [0, 1).
  double random();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tailrace
