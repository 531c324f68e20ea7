// Promtail's `server:` block. Keys of its gRPC server and others that mean nothing here are
// accepted and ignored.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/config_node.h"
#include "net/http_server.h"

namespace tailrace {

struct ServerConfig {
  bool disable = false;
  ListenOptions listen{.address = "", .port = 80};
  std::size_t connections_max = 0;
  std::string path_prefix;  // of all routes
  std::int64_t read_timeout_ns = 30'000'000'000;
  std::int64_t read_header_timeout_ns = 0;  // 0: read_timeout_ns
  std::int64_t write_timeout_ns = 30'000'000'000;
  std::int64_t idle_timeout_ns = 120'000'000'000;
  bool register_instrumentation = true;  // false: no /metrics
  std::int64_t graceful_shutdown_timeout_ns = 30'000'000'000;
  std::string log_level = "info";
  std::string log_format = "logfmt";
  std::string external_url;         // its path is used in redirects
  bool health_check_target = true;  // false: /ready is always 200
  bool profiling_enabled = false;
  bool enable_runtime_reload = false;

  HttpServerOptions server_options() const;
};

// Keys of ours beside Promtail's: basic_auth (a user or a list of them) for the listener.
void read(const ConfigNode& node, ServerConfig& config);

}  // namespace tailrace
