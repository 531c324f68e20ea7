// The `loki_push_api` block of a scrape config.
#pragma once

#include <cstddef>

#include "config/config_node.h"
#include "net/server_config.h"

namespace tailrace {

struct PushOptions {
  ServerConfig server;
  Labels labels;
  bool use_incoming_timestamp = false;
  std::size_t body_bytes_max = std::size_t{100} << 20;  // also of what it decompresses to
};

// Problems are recorded at the node.
PushOptions read_push_options(const ConfigNode& node);

}  // namespace tailrace
