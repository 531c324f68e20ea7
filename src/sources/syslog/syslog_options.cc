#include "sources/syslog/syslog_options.h"

namespace tailrace {
namespace {

void read_tls(const ConfigNode& node, SyslogOptions& options) {
  if (node.empty()) return;
  // Promtail takes the keys of any TLS block here, and looks at these three.
  node.strict({"cert_file", "key_file", "ca_file", "ca", "cert", "key", "server_name",
               "insecure_skip_verify", "min_version", "max_version"});
  TlsServerOptions& tls = options.tls;
  node.read("cert_file", tls.cert_file);
  node.read("key_file", tls.key_file);
  node.read("ca_file", tls.client_ca_file);
  const bool any = !tls.cert_file.empty() || !tls.key_file.empty() || !tls.client_ca_file.empty();
  if (any && (tls.cert_file.empty() || tls.key_file.empty())) {
    node.error(
        "tls_config of syslog: certificate and key files are required (cert_file, key_file)");
  }
  if (!tls.client_ca_file.empty()) tls.client_auth = TlsClientAuth::kRequireAndVerify;
}

}  // namespace

SyslogOptions read_syslog_options(const ConfigNode& node) {
  node.strict({"listen_address", "listen_protocol", "idle_timeout", "label_structured_data",
               "labels", "use_incoming_timestamp", "use_rfc5424_message", "syslog_format",
               "max_message_length", "tls_config"});
  SyslogOptions options;
  node.read("listen_address", options.listen_address);
  if (options.listen_address.empty()) {
    node.error("listen_address", "syslog needs a listen_address, such as 0.0.0.0:1514");
  }
  std::string protocol = "tcp";
  node.read("listen_protocol", protocol);
  if (protocol.empty()) protocol = "tcp";
  options.udp = protocol == "udp";
  if (protocol != "tcp" && protocol != "udp") {
    node.error("listen_protocol",
               "invalid transport protocol. expected 'tcp' or 'udp', got '" + protocol + "'");
  }
  GoDuration idle{options.idle_timeout_ns};
  node.read("idle_timeout", idle);
  if (idle.ns != 0) options.idle_timeout_ns = idle.ns;
  if (idle.ns < 0) node.error("idle_timeout", "must not be negative");
  node.read("label_structured_data", options.label_structured_data);
  node.read("labels", options.labels);
  node.read("use_incoming_timestamp", options.use_incoming_timestamp);
  node.read("use_rfc5424_message", options.use_rfc5424_message);
  std::string format = "rfc5424";
  node.read("syslog_format", format);
  if (format == "rfc3164") {
    options.format = SyslogFormat::kRfc3164;
  } else if (!format.empty() && format != "rfc5424") {
    node.error("syslog_format", "expected rfc5424 or rfc3164, got '" + format + "'");
  }
  std::int64_t bytes = 0;
  node.read("max_message_length", bytes);
  if (bytes < 0) node.error("max_message_length", "must not be negative");
  if (bytes > 0) options.message_bytes_max = static_cast<std::size_t>(bytes);
  read_tls(node.get("tls_config"), options);
  if (options.udp && options.tls.enabled()) {
    node.warn("tls_config has no effect with listen_protocol udp");
  }
  return options;
}

}  // namespace tailrace
