// The section `explorer:`: the page that shows logs, metrics and the agent.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/config_node.h"
#include "net/http_client_config.h"
#include "net/http_message.h"
#include "net/url.h"

namespace tailrace {

// A Loki that the page asks through us (web/loki_source.h).
struct LokiSourceOptions {
  std::string name;  // part of a path: letters, digits, - and _
  Url url;           // in front of /loki/api/v1/...
  std::string tenant_id;
  HttpHeaders headers{};
  HttpClientConfig http{};
  std::int64_t timeout_ns = std::int64_t{60} * 1'000'000'000;
};

struct ExplorerOptions {
  // Whether the page may ask the Loki of the first client, with that client's credentials. They
  // belong to the agent, not to whoever can reach its listener, so `kIfClosed` is the default: only
  // where that listener is on loopback or asks who is there.
  enum class FirstClient : std::uint8_t { kIfClosed, kAlways, kNever };

  bool disable = false;
  FirstClient first_client = FirstClient::kIfClosed;
  std::vector<LokiSourceOptions> sources;
};

void read(const ConfigNode& node, ExplorerOptions& options);

// The path of a client's URL without the push's own part; false: it is not Loki's push path, so
// nobody knows where its queries would go.
bool strip_push_path(Url& url);

}  // namespace tailrace
