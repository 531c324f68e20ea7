// Options of the instrumented web app: section `app:` of the configuration. Without the section
// there is no app.
#pragma once

#include <cstddef>
#include <cstdint>

#include "config/rotating_file_config.h"
#include "net/http_server.h"

namespace tailrace {

enum class LogLineFormat : std::uint8_t { kText, kJson, kLogfmt };

struct AppLogOptions {
  RotatingFileOptions file{.path = "logs/app.log"};  // path "": no file
  bool to_stdout = true;
  bool requests = true;  // a line for each request
};

struct LogGeneratorOptions {
  double lines_per_second = 0;  // up to kLinesPerSecondMax
  LogLineFormat format = LogLineFormat::kText;
  bool stack_traces = true;

  static constexpr double kLinesPerSecondMax = 100'000;
};

struct AppOptions {
  bool enabled = false;
  ListenOptions listen{.address = "",
                       .port = 5000};  // all addresses: a container's app must be reachable
  std::int64_t work_time_ns_min = 100'000'000;
  std::int64_t work_time_ns_max = 600'000'000;
  double failure_rate = 0.2;  // of GET /unstable, 0 to 1
  AppLogOptions log;
  LogGeneratorOptions generator;
  std::size_t connections_max = 0;  // 0: no limit
  std::size_t body_bytes_max = std::size_t{1} << 20;
};

// Reads section `app:`; an absent node leaves the app off.
void read(ConfigNode node, AppOptions& options);

}  // namespace tailrace
