// StoreService: the embedded store and its listener, as the agent runs them.
//
//   StoreService service(executor, metrics, options, version);
//   Result<void> good = service.start();        // opens the store and listens
//   service.store()                             // for an in-process transport
//   co_await service.stop(2 * kNsPerSecond);
//
// One thread: the executor's; the store has its own threads beside it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "config/config_node.h"
#include "net/async.h"
#include "net/http_server.h"
#include "net/router.h"
#include "store/store_options.h"
#include "telemetry/metrics.h"

namespace tailrace {

class Store;

struct StoreServiceOptions {
  bool enabled = false;
  ListenOptions listen{.address = "127.0.0.1", .port = 3100};
  std::int64_t graceful_stop_ns = 2'000'000'000;
  bool metrics = true;  // /metrics on this listener too
  StoreOptions store;
};

// The section `store:`; absent: not enabled. tls_config and basic_auth as in `server:`.
void read(const ConfigNode& node, StoreServiceOptions& options);

class StoreService {
 public:
  StoreService(Executor executor, Metrics& metrics, StoreServiceOptions options,
               std::string version);
  ~StoreService();
  StoreService(const StoreService&) = delete;
  StoreService& operator=(const StoreService&) = delete;

  // Routes beside Loki's API, such as the explorer; before start().
  Router& router() noexcept;
  Result<void> start();
  // Of the listener, after start().
  std::uint16_t port() const;
  Store& store() noexcept;
  // Ends queries and tails, then the listener, then the store. All that was acknowledged is on the
  // disk.
  awaitable<void> stop(std::int64_t deadline_ns);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tailrace
