// The app as bench/http measures it: no simulated work, no line for each request (none of the other
// servers writes one), on 127.0.0.1:$PORT, with BENCH_SERIES more series on /metrics.
//
//   bench_app [--log FILE]   with a log line for each request, and BENCH_LOG_RATE made-up lines a
//   second
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "app/app.h"
#include "app/routes.h"

int main(int argc, char** argv) {
  using namespace tailrace;
  const auto number = [](const char* name) {
    const char* const text = std::getenv(name);
    return text != nullptr ? std::atoi(text) : 0;
  };
  AppOptions options;
  options.listen.address = "127.0.0.1";
  options.listen.port = static_cast<std::uint16_t>(number("PORT"));
  options.work_time_ns_min = options.work_time_ns_max = 0;
  options.log.to_stdout = false;
  options.log.requests = argc == 3 && std::string_view(argv[1]) == "--log";
  options.log.file.path = options.log.requests ? argv[2] : "";

  if (options.log.requests) options.generator.lines_per_second = number("BENCH_LOG_RATE");

  Metrics metrics;
  register_process_metrics(metrics);
  for (int i = 0; i < number("BENCH_SERIES"); ++i) {
    char id[16];
    std::snprintf(id, sizeof id, "%05d", i);
    metrics.counter("bench_series_total", "Series that only make /metrics longer.", {{"id", id}})
        .add(i);
  }
  asio::io_context context(1);
  App app(context.get_executor(), metrics, options, register_routes);
  const Result<void> started = app.start();
  if (!started) {
    std::fprintf(stderr, "%s\n", started.error().text().c_str());
    return 1;
  }
  asio::signal_set signals(context, SIGINT, SIGTERM);
  signals.async_wait([&context](const auto&, int) { context.stop(); });
  context.run();
  return 0;
}
