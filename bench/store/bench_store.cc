// The embedded store alone: what bench/store measures.
//
//   bench_store <folder> [port]      Loki's API on the loopback; 3100 by default, 0: a free one.
//   SIGUSR1 puts all lines into chunks, SIGTERM ends it.
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "base/clock.h"
#include "net/spawn.h"
#include "store/store.h"
#include "telemetry/log.h"
#include "web/store_service.h"

namespace {

using namespace tailrace;

awaitable<void> stop(StoreService& service, asio::io_context& io) {
  awaitable<void> stopped = service.stop(2 * kNsPerSecond);
  co_await std::move(stopped);
  io.stop();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: bench_store <folder> [port]\n");
    return 2;
  }
  const std::int64_t began = Clock::system().monotonic_ns();
  asio::io_context io{1};
  Metrics metrics;
  register_process_metrics(metrics);
  StoreServiceOptions options;
  options.store.path = argv[1];
  options.store.retention_ns = 0;
  options.listen.port = static_cast<std::uint16_t>(argc > 2 ? std::atoi(argv[2]) : 3100);
  StoreService service(io.get_executor(), metrics, options, "bench");
  const Result<void> started = service.start();
  if (!started) {
    std::fprintf(stderr, "%s\n", started.error().text().c_str());
    return 1;
  }
  std::printf("port %u ready after %.1f ms\n", service.port(),
              static_cast<double>(Clock::system().monotonic_ns() - began) / 1e6);
  std::fflush(stdout);
  asio::signal_set flushes(io, SIGUSR1);
  flushes.async_wait([&](const boost::system::error_code& error, int) {
    if (!error) service.store().flush_and_wait();
  });
  asio::signal_set signals(io, SIGTERM, SIGINT);
  signals.async_wait([&](const boost::system::error_code& error, int) {
    flushes.cancel();
    if (!error) spawn(io.get_executor(), "stop", stop(service, io));
  });
  io.run();
  log::shutdown();
  return 0;
}
