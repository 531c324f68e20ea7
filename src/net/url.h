// Url: where an HTTP request goes. http://, https://, or unix:///path/to/socket.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tailrace {

struct Url {
  std::string scheme;      // "http", "https", "unix"
  bool has_user = false;   // user (and password) stood in front of the host
  std::string user;        // decoded
  std::string password;    // decoded
  std::string host;        // without brackets; "localhost" for unix
  std::uint16_t port = 0;  // 0: not given, the scheme's own
  std::string path = "/";  // as given, never empty
  std::string query;       // as given, without '?'
  bool has_query = false;
  std::string socket_path;  // of unix

  bool is_tls() const { return scheme == "https"; }
  std::uint16_t port_or_default() const { return port != 0 ? port : is_tls() ? 443 : 80; }
  // For the Host header and the label `host` of metrics: the port only if it was given.
  std::string authority() const;
  // Path and query: the request target.
  std::string target() const;
  // The same host with another path and query ("/containers/json?all=1").
  Url with_target(std::string_view target) const;
  // The whole, with "xxxxx" for a password: for logs.
  std::string text() const;
};

// kInvalid with a text that says what is wrong. A fragment is dropped.
Result<Url> parse_url(std::string_view text);
// A Location header: absolute, or relative to `base`.
Result<Url> resolve_url(const Url& base, std::string_view reference);

// Percent-decoding; kInvalid for a '%' without two hex digits. In queries '+' is a space.
Result<std::string> percent_decode(std::string_view text, bool plus_is_space);
// Everything but letters, digits and -_.~ becomes %XX.
std::string percent_encode(std::string_view text);

}  // namespace tailrace
