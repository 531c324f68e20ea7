// Which proxy a request goes through, by the rules of Go's net/http and httpproxy packages.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "net/http_message.h"
#include "net/url.h"

namespace tailrace {

struct ProxyOptions {
  std::optional<Url> url;
  // Comma-separated: host names (with their subdomains), ".only.subdomains", addresses, networks in
  // CIDR form, each with an optional port; "*" is everything.
  std::string no_proxy;
  bool from_environment = false;  // HTTP_PROXY, HTTPS_PROXY, NO_PROXY, in capitals or not
  HttpHeaders connect_headers;    // sent with CONNECT
};

// Whether `no_proxy` names this host.
bool bypasses_proxy(std::string_view no_proxy, std::string_view host, std::uint16_t port);

// The proxy for `target`, or nothing. The environment is looked up through `getenv` (for tests).
Result<std::optional<Url>> proxy_for(const ProxyOptions& options, const Url& target,
                                     const std::function<const char*(const char*)>& getenv);
Result<std::optional<Url>> proxy_for(const ProxyOptions& options, const Url& target);

}  // namespace tailrace
