// Options that several listeners share, read from a configuration.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "config/config_node.h"
#include "net/http_server.h"
#include "net/tls.h"

namespace tailrace {

// 0 to 65535; another number is an error at `key`.
void read_port(const ConfigNode& node, std::string_view key, std::uint16_t& port);

// cert_file, key_file, client_auth_type, client_ca_file, cert, key, client_ca. Absent: no TLS.
void read_server_tls(const ConfigNode& node, TlsServerOptions& options);

// Ours: a map with `username` and `password` or `password_file`, or a list of such maps. Files are
// read now.
void read_users(const ConfigNode& node, std::vector<BasicAuthUser>& users);

}  // namespace tailrace
