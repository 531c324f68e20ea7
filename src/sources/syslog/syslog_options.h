// The `syslog` block of a scrape config.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "config/config_node.h"
#include "net/tls.h"
#include "parse/syslog.h"

namespace tailrace {

struct SyslogOptions {
  std::string listen_address;
  bool udp = false;
  std::int64_t idle_timeout_ns = 120 * kNsPerSecond;
  bool label_structured_data = false;
  Labels labels;
  bool use_incoming_timestamp = false;
  bool use_rfc5424_message = false;
  SyslogFormat format = SyslogFormat::kRfc5424;
  std::size_t message_bytes_max = 8192;
  TlsServerOptions tls;  // off unless it has a certificate
};

// Problems are recorded at the node.
SyslogOptions read_syslog_options(const ConfigNode& node);

}  // namespace tailrace
