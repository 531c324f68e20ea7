#include "app/app_options.h"

#include "net/listen_config.h"

namespace tailrace {
namespace {

void read_log(ConfigNode node, AppLogOptions& options) {
  node.strict({"path", "max_bytes", "keep", "stdout", "requests"});
  read_rotating_file(node, options.file);
  node.read("stdout", options.to_stdout);
  node.read("requests", options.requests);
}

void read_generator(ConfigNode node, LogGeneratorOptions& options) {
  node.strict({"rate", "format", "stack_traces"});
  node.read("rate", options.lines_per_second);
  node.read("stack_traces", options.stack_traces);
  if (!(options.lines_per_second >= 0 &&
        options.lines_per_second <= LogGeneratorOptions::kLinesPerSecondMax)) {
    node.error("rate", "must be from 0 to 100000 lines a second");
  }
  std::string format = "text";
  node.read("format", format);
  if (format == "json") {
    options.format = LogLineFormat::kJson;
  } else if (format == "logfmt") {
    options.format = LogLineFormat::kLogfmt;
  } else if (format != "text") {
    node.error("format", "unknown format \"" + format + "\"; use text, json or logfmt");
  }
}

void read_limits(ConfigNode node, AppOptions& options) {
  node.strict({"connections", "body_bytes"});
  std::uint64_t connections = options.connections_max;
  node.read("connections", connections);
  options.connections_max = connections;
  ByteSize body{options.body_bytes_max};
  node.read("body_bytes", body);
  options.body_bytes_max = body.bytes;
}

}  // namespace

void read(ConfigNode node, AppOptions& options) {
  if (node.absent()) return;
  options.enabled = true;
  if (node.empty()) return;
  node.strict({"enabled", "listen_address", "listen_port", "work_time_min", "work_time_max",
               "failure_rate", "log", "log_generator", "tls", "basic_auth", "limits"});
  node.read("enabled", options.enabled);
  node.read("listen_address", options.listen.address);
  read_port(node, "listen_port", options.listen.port);
  GoDuration shortest{options.work_time_ns_min};
  GoDuration longest{options.work_time_ns_max};
  node.read("work_time_min", shortest);
  node.read("work_time_max", longest);
  options.work_time_ns_min = shortest.ns;
  options.work_time_ns_max = longest.ns;
  if (shortest.ns < 0) node.error("work_time_min", "must not be negative");
  if (longest.ns < shortest.ns) node.error("work_time_max", "must not be less than work_time_min");
  node.read("failure_rate", options.failure_rate);
  if (!(options.failure_rate >= 0 && options.failure_rate <= 1))
    node.error("failure_rate", "must be from 0 to 1");
  read_log(node.get("log"), options.log);
  read_generator(node.get("log_generator"), options.generator);
  read_limits(node.get("limits"), options);
  read_server_tls(node.get("tls"), options.listen.tls);
  read_users(node.get("basic_auth"), options.listen.users);
}

}  // namespace tailrace
