// http_sd_configs: target groups from a web server, as Prometheus asks for them.
//
// The answer must be 200 with Content-Type application/json. Whatever else comes, the last good
// groups stay.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "config/config_node.h"
#include "discovery/discovery.h"
#include "net/http_client_config.h"
#include "net/url.h"

namespace tailrace {

struct HttpSdOptions {
  Url url;
  std::int64_t refresh_interval_ns = std::int64_t{60} * 1'000'000'000;
  HttpClientConfig http;
};
std::vector<HttpSdOptions> read_http_sd_configs(const ConfigNode& list);

class HttpDiscovery final : public Discovery {
 public:
  explicit HttpDiscovery(HttpSdOptions options) : options_(std::move(options)) {}
  awaitable<void> run(const Yield& yield) override;

 private:
  // Groups to yield; those that vanished come without targets.
  Result<std::vector<TargetGroup>> take(const HttpResponse& response);

  HttpSdOptions options_;
  std::size_t groups_ = 0;  // how many the last good answer had
};

}  // namespace tailrace
