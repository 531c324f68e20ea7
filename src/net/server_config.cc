#include "net/server_config.h"

#include "net/listen_config.h"
#include "telemetry/log.h"

namespace tailrace {
namespace {

const std::vector<std::string_view> kKeys = {"disable",
                                             "http_listen_address",
                                             "http_listen_port",
                                             "http_listen_network",
                                             "http_listen_conn_limit",
                                             "grpc_listen_address",
                                             "grpc_listen_port",
                                             "grpc_listen_network",
                                             "grpc_listen_conn_limit",
                                             "grpc_collect_max_streams_by_conn",
                                             "http_path_prefix",
                                             "http_server_read_timeout",
                                             "http_server_read_header_timeout",
                                             "http_server_write_timeout",
                                             "http_server_idle_timeout",
                                             "http_log_closed_connections_without_response_enabled",
                                             "http_tls_config",
                                             "grpc_tls_config",
                                             "tls_cipher_suites",
                                             "tls_min_version",
                                             "register_instrumentation",
                                             "report_grpc_codes_in_instrumentation_label_enabled",
                                             "graceful_shutdown_timeout",
                                             "grpc_server_max_recv_msg_size",
                                             "grpc_server_max_send_msg_size",
                                             "grpc_server_max_concurrent_streams",
                                             "grpc_server_max_connection_idle",
                                             "grpc_server_max_connection_age",
                                             "grpc_server_max_connection_age_grace",
                                             "grpc_server_keepalive_time",
                                             "grpc_server_keepalive_timeout",
                                             "grpc_server_min_time_between_pings",
                                             "grpc_server_ping_without_stream_allowed",
                                             "grpc_server_num_workers",
                                             "grpc_server_stats_tracking_enabled",
                                             "grpc_server_recv_buffer_pools_enabled",
                                             "log_level",
                                             "log_format",
                                             "log_source_ips_enabled",
                                             "log_source_ips_full",
                                             "log_source_ips_header",
                                             "log_source_ips_regex",
                                             "log_request_headers",
                                             "log_request_at_info_level_enabled",
                                             "log_request_exclude_headers_list",
                                             "trace_request_headers",
                                             "trace_request_exclude_headers_list",
                                             "proxy_protocol_enabled",
                                             "cluster_validation",
                                             "external_url",
                                             "health_check_target",
                                             "profiling_enabled",
                                             "enable_runtime_reload",
                                             "basic_auth"};

// Who may call whom inside a cluster of Grafana's services: an agent has nobody to ask.
void check_cluster_validation(const ConfigNode& node) {
  if (node.empty()) return;
  node.strict({"label", "grpc", "http"});
  std::string text;
  bool flag = false;
  node.read("label", text);
  for (const char* protocol : {"grpc", "http"}) {
    const ConfigNode block = node.get(protocol);
    if (block.empty()) continue;
    if (protocol == std::string_view("http")) {
      block.strict({"enabled", "soft_validation", "excluded_paths", "excluded_user_agents"});
      block.read("excluded_paths", text);
      block.read("excluded_user_agents", text);
    } else {
      block.strict({"enabled", "soft_validation"});
    }
    block.read("enabled", flag);
    block.read("soft_validation", flag);
  }
}

// What is ignored must still have the right type, so that a mistake shows before people rely on it.
void check_ignored(const ConfigNode& node) {
  std::string text;
  bool flag = false;
  std::int64_t number = 0;
  GoDuration duration;
  for (const char* key : {"grpc_listen_address", "grpc_listen_network", "log_source_ips_header",
                          "log_source_ips_regex", "log_request_exclude_headers_list",
                          "trace_request_exclude_headers_list"}) {
    node.read(key, text);
  }
  for (const char* key :
       {"grpc_collect_max_streams_by_conn", "http_log_closed_connections_without_response_enabled",
        "report_grpc_codes_in_instrumentation_label_enabled",
        "grpc_server_ping_without_stream_allowed", "grpc_server_stats_tracking_enabled",
        "grpc_server_recv_buffer_pools_enabled", "log_source_ips_enabled", "log_source_ips_full",
        "log_request_headers", "log_request_at_info_level_enabled", "trace_request_headers"}) {
    node.read(key, flag);
  }
  for (const char* key : {"grpc_listen_port", "grpc_listen_conn_limit",
                          "grpc_server_max_recv_msg_size", "grpc_server_max_send_msg_size",
                          "grpc_server_max_concurrent_streams", "grpc_server_num_workers"}) {
    node.read(key, number);
  }
  for (const char* key : {"grpc_server_max_connection_idle", "grpc_server_max_connection_age",
                          "grpc_server_max_connection_age_grace", "grpc_server_keepalive_time",
                          "grpc_server_keepalive_timeout", "grpc_server_min_time_between_pings"}) {
    node.read(key, duration);
  }
  TlsServerOptions grpc_tls;
  read_server_tls(node.get("grpc_tls_config"), grpc_tls);
  check_cluster_validation(node.get("cluster_validation"));
  bool proxy_protocol = false;
  node.read("proxy_protocol_enabled", proxy_protocol);
  if (proxy_protocol)
    node.error("proxy_protocol_enabled", "is not supported; put nothing or a plain proxy in front");
}

void read_duration(const ConfigNode& node, std::string_view key, std::int64_t& ns) {
  GoDuration value{ns};
  node.read(key, value);
  if (value.ns < 0) node.error(key, "must not be negative");
  ns = value.ns;
}

// Go's crypto/tls names here: VersionTLS12.
void read_min_version(const ConfigNode& node, TlsVersion& version) {
  std::string text;
  node.read("tls_min_version", text);
  std::string_view name = text;
  if (name.starts_with("Version")) name.remove_prefix(7);
  const Result<TlsVersion> parsed = parse_tls_version(name);
  if (!parsed)
    return node.error("tls_min_version",
                      "unknown version \"" + text + "\"; use VersionTLS12 or VersionTLS13");
  version = *parsed;
}

}  // namespace

HttpServerOptions ServerConfig::server_options() const {
  HttpServerOptions out;
  out.name = "server";
  out.listeners = {listen};
  out.connections_max = connections_max;
  out.idle_timeout_ns = idle_timeout_ns;
  out.header_timeout_ns = read_header_timeout_ns > 0 ? read_header_timeout_ns : read_timeout_ns;
  out.body_timeout_ns = read_timeout_ns;
  out.write_timeout_ns = write_timeout_ns;
  return out;
}

void read(const ConfigNode& node, ServerConfig& config) {
  if (node.empty()) return;
  node.strict(kKeys);
  node.read("disable", config.disable);
  node.read("http_listen_address", config.listen.address);
  read_port(node, "http_listen_port", config.listen.port);
  node.read("http_listen_network", config.listen.network);
  if (config.listen.network != "tcp" && config.listen.network != "tcp4" &&
      config.listen.network != "tcp6") {
    node.error("http_listen_network", "must be tcp, tcp4 or tcp6");
  }
  std::int64_t limit = 0;
  node.read("http_listen_conn_limit", limit);
  config.connections_max = limit > 0 ? static_cast<std::size_t>(limit) : 0;
  node.read("http_path_prefix", config.path_prefix);
  read_duration(node, "http_server_read_timeout", config.read_timeout_ns);
  read_duration(node, "http_server_read_header_timeout", config.read_header_timeout_ns);
  read_duration(node, "http_server_write_timeout", config.write_timeout_ns);
  read_duration(node, "http_server_idle_timeout", config.idle_timeout_ns);
  read_duration(node, "graceful_shutdown_timeout", config.graceful_shutdown_timeout_ns);
  node.read("register_instrumentation", config.register_instrumentation);
  node.read("log_level", config.log_level);
  node.read("log_format", config.log_format);
  if (const Result<log::Level> level = log::parse_level(config.log_level); !level)
    node.error("log_level", level.error().text());
  if (const Result<log::Format> format = log::parse_format(config.log_format); !format) {
    node.error("log_format", format.error().text());
  }
  node.read("external_url", config.external_url);
  node.read("health_check_target", config.health_check_target);
  node.read("profiling_enabled", config.profiling_enabled);
  node.read("enable_runtime_reload", config.enable_runtime_reload);
  node.read("tls_cipher_suites", config.listen.tls.cipher_suites);
  read_min_version(node, config.listen.tls.min_version);
  read_server_tls(node.get("http_tls_config"), config.listen.tls);
  read_users(node.get("basic_auth"), config.listen.users);
  check_ignored(node);
}

}  // namespace tailrace
