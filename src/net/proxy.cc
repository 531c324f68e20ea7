#include "net/proxy.h"

#include <arpa/inet.h>

#include <array>
#include <charconv>
#include <cstdlib>
#include <cstring>

#include "base/text.h"

namespace tailrace {
namespace {

// IPv6, with IPv4 mapped into it, so that one comparison serves both.
struct Address {
  std::array<unsigned char, 16> bytes{};
  bool is_v4 = false;
};

std::optional<Address> parse_address(const std::string& text) {
  Address out;
  in_addr v4{};
  if (inet_pton(AF_INET, text.c_str(), &v4) == 1) {
    out.bytes[10] = out.bytes[11] = 0xff;
    std::memcpy(&out.bytes[12], &v4, 4);
    out.is_v4 = true;
    return out;
  }
  if (inet_pton(AF_INET6, text.c_str(), out.bytes.data()) == 1) return out;
  return std::nullopt;
}

bool is_loopback(const Address& address) {
  if (address.is_v4) return address.bytes[12] == 127;
  Address one;
  one.bytes[15] = 1;
  return address.bytes == one.bytes;
}

bool in_network(const Address& address, const std::string& network) {
  const std::size_t slash = network.find('/');
  const std::optional<Address> base = parse_address(network.substr(0, slash));
  if (!base || base->is_v4 != address.is_v4) return false;
  unsigned bits = 0;
  const char* const end = network.data() + network.size();
  const auto parsed = std::from_chars(network.data() + slash + 1, end, bits);
  if (parsed.ec != std::errc() || parsed.ptr != end) return false;
  if (base->is_v4) bits += 96;
  if (bits > 128) return false;
  for (unsigned bit = 0; bit < bits; ++bit) {
    const unsigned mask = 0x80U >> (bit % 8);
    if ((base->bytes[bit / 8] & mask) != (address.bytes[bit / 8] & mask)) return false;
  }
  return true;
}

// One item of no_proxy, in lower case and without blanks.
bool item_matches(std::string_view item, const std::string& host, std::uint16_t port,
                  const std::optional<Address>& address) {
  if (item.empty()) return false;
  if (item == "*") return true;
  if (item.find('/') != item.npos) return address && in_network(*address, std::string(item));
  std::string_view name = item;
  const std::size_t colon = item.rfind(':');
  const bool bracketed = item.starts_with('[');
  if (bracketed || (colon != item.npos && item.find(':') == colon)) {
    const std::size_t close = item.find(']');
    const std::size_t port_at =
        bracketed ? (close == item.npos ? item.npos : item.find(':', close)) : colon;
    if (port_at != item.npos) {
      if (item.substr(port_at + 1) != std::to_string(port)) return false;
      name = item.substr(0, port_at);
    }
    if (bracketed && close != item.npos) name = item.substr(1, close - 1);
  }
  if (const std::optional<Address> same = parse_address(std::string(name)))
    return address && same->bytes == address->bytes;
  if (name.starts_with("*.")) name.remove_prefix(1);
  if (name.starts_with('.')) return host.size() > name.size() && host.ends_with(name);
  return host == name || (host.size() > name.size() && host.ends_with(name) &&
                          host[host.size() - name.size() - 1] == '.');
}

Result<std::optional<Url>> usable(Url proxy) {
  if (proxy.scheme != "http") {
    return Error{ErrorCode::kUnsupported,
                 "proxy " + proxy.text() + ": only http:// proxies are supported"};
  }
  return std::optional<Url>(std::move(proxy));
}

Result<std::optional<Url>> from_environment(const Url& target,
                                            const std::function<const char*(const char*)>& getenv) {
  const auto lookup = [&getenv](const char* upper, const char* lower) -> std::string {
    const char* value = getenv(upper);
    if (value == nullptr || *value == '\0') value = getenv(lower);
    return value != nullptr ? value : "";
  };
  const std::string text =
      target.is_tls() ? lookup("HTTPS_PROXY", "https_proxy") : lookup("HTTP_PROXY", "http_proxy");
  if (text.empty()) return std::optional<Url>();
  if (bypasses_proxy(lookup("NO_PROXY", "no_proxy"), target.host, target.port_or_default()))
    return std::optional<Url>();
  // As in Go, a proxy without a scheme is http.
  TAILRACE_TRY(Url proxy, parse_url(text.find("://") == text.npos ? "http://" + text : text));
  return usable(std::move(proxy));
}

}  // namespace

bool bypasses_proxy(std::string_view no_proxy, std::string_view host, std::uint16_t port) {
  std::string name = ascii_lower(host);
  if (name.ends_with('.')) name.pop_back();
  const std::optional<Address> address = parse_address(name);
  if (address && is_loopback(*address)) return true;
  for (const std::string_view item : split(no_proxy, ',')) {
    if (item_matches(ascii_lower(trim_space(item)), name, port, address)) return true;
  }
  return name == "localhost";
}

Result<std::optional<Url>> proxy_for(const ProxyOptions& options, const Url& target,
                                     const std::function<const char*(const char*)>& getenv) {
  if (target.scheme == "unix") return std::optional<Url>();
  if (options.from_environment) return from_environment(target, getenv);
  if (!options.url) return std::optional<Url>();
  // Without a list the proxy is for everything, this machine included.
  if (!options.no_proxy.empty() &&
      bypasses_proxy(options.no_proxy, target.host, target.port_or_default())) {
    return std::optional<Url>();
  }
  return usable(*options.url);
}

Result<std::optional<Url>> proxy_for(const ProxyOptions& options, const Url& target) {
  return proxy_for(options, target,
                   [](const char* name) -> const char* { return std::getenv(name); });
}

}  // namespace tailrace
