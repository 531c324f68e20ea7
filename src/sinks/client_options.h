// ClientOptions: one item of `clients` (promtail-compat: the file's keys and defaults are
// Promtail's).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "config/config_node.h"
#include "model/labels.h"
#include "net/http_client_config.h"
#include "net/url.h"

namespace tailrace {

struct BackoffOptions {
  std::int64_t min_ns = 500 * kNsPerMs;
  std::int64_t max_ns = 300 * kNsPerSecond;
  // Attempts in total; 0: no limit. Promtail's default is 10, after which it drops. Ours is to go
  // on for ever: the file keeps the lines. Set by the configuration itself, it means what it means
  // to Promtail.
  std::int64_t attempts_max = 0;
};

struct ClientOptions {
  std::string name;  // "": see name_client
  Url url;
  std::int64_t batch_wait_ns = kNsPerSecond;
  std::int64_t batch_bytes = 1 << 20;
  Labels external_labels;  // added below an entry's own
  std::string tenant_id;
  std::int64_t timeout_ns = 10 * kNsPerSecond;
  BackoffOptions backoff;
  bool drop_rate_limited_batches = false;
  std::vector<std::pair<std::string, std::string>> headers;
  HttpClientConfig http;
};

// Reads one client. Problems are recorded on the node. Its name may stay empty: see name_client.
ClientOptions read_client_options(ConfigNode node, bool url_required);

// Gives a client without a name six hex digits of a hash of everything else, as Promtail does: two
// that are equal get the same, which the caller reports.
void name_client(ClientOptions& client);

// What all clients of a process share from `limits_config`.
struct ClientLimits {
  std::size_t streams_max = 0;       // label sets in one batch; 0: no limit
  std::uint64_t line_bytes_max = 0;  // 0: no limit
  bool truncate_long_lines = false;  // else they are dropped
};

}  // namespace tailrace
