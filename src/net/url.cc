#include "net/url.h"

#include <charconv>

#include "base/text.h"

namespace tailrace {
namespace {

Error bad_url(std::string_view text, std::string why) {
  return Error{ErrorCode::kInvalid, "bad URL \"" + std::string(text) + "\": " + std::move(why)};
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || c == '.' || c == '~';
}

Result<std::uint16_t> parse_port(std::string_view text) {
  unsigned port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port == 0 || port > 65535) {
    return Error{ErrorCode::kInvalid, "the port must be a number from 1 to 65535"};
  }
  return static_cast<std::uint16_t>(port);
}

Result<void> parse_user(std::string_view text, Url& url) {
  const std::size_t colon = text.find(':');
  url.has_user = true;
  TAILRACE_TRY(url.user, percent_decode(text.substr(0, colon), false));
  if (colon != text.npos) {
    TAILRACE_TRY(url.password, percent_decode(text.substr(colon + 1), false));
  }
  return {};
}

Result<void> parse_host(std::string_view text, Url& url) {
  std::string_view port;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == text.npos) return Error{ErrorCode::kInvalid, "missing ]"};
    url.host = text.substr(1, end - 1);
    if (url.host.find_first_not_of("0123456789abcdefABCDEF:.") != std::string::npos) {
      return Error{ErrorCode::kInvalid, "bad address in brackets"};
    }
    port = text.substr(end + 1);
    if (!port.empty() && port[0] != ':')
      return Error{ErrorCode::kInvalid, "unexpected text after ]"};
  } else {
    const std::size_t colon = text.find(':');
    url.host = text.substr(0, colon);
    if (colon != text.npos) port = text.substr(colon);
    for (const char c : url.host) {
      if (!is_unreserved(c) && static_cast<unsigned char>(c) < 0x80) {
        return Error{ErrorCode::kInvalid, "bad character in the host name"};
      }
    }
  }
  if (url.host.empty()) return Error{ErrorCode::kInvalid, "no host"};
  if (port.size() > 1) {
    TAILRACE_TRY(url.port, parse_port(port.substr(1)));
  }
  return {};
}

void set_target(Url& url, std::string_view target) {
  target = target.substr(0, target.find('#'));
  const std::size_t question = target.find('?');
  url.path = target.substr(0, question);
  if (url.path.empty()) url.path = "/";
  url.has_query = question != target.npos;
  url.query = url.has_query ? target.substr(question + 1) : std::string_view();
}

}  // namespace

std::string Url::authority() const {
  std::string out = host.find(':') == std::string::npos ? host : "[" + host + "]";
  if (port != 0) out += ":" + std::to_string(port);
  return out;
}

std::string Url::target() const { return has_query ? path + "?" + query : path; }

Url Url::with_target(std::string_view target) const {
  Url out = *this;
  set_target(out, target);
  return out;
}

std::string Url::text() const {
  std::string out = scheme + "://";
  if (scheme == "unix") return out + socket_path;
  if (has_user) {
    out += percent_encode(user);
    if (!password.empty()) out += ":xxxxx";
    out += '@';
  }
  return out + authority() + target();
}

Result<Url> parse_url(std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= ' ' || byte == 0x7f)
      return bad_url(text, "blanks and control characters must be percent-encoded");
  }
  const std::size_t colon = text.find("://");
  if (colon == text.npos) return bad_url(text, "it must start with http://, https:// or unix://");
  Url url;
  url.scheme = ascii_lower(text.substr(0, colon));
  const std::string_view rest = text.substr(colon + 3);
  if (url.scheme == "unix") {
    if (!rest.starts_with('/') || rest.size() < 2)
      return bad_url(text, "a socket needs an absolute path: unix:///run/x.sock");
    url.socket_path = rest;
    url.host = "localhost";
    return url;
  }
  if (url.scheme != "http" && url.scheme != "https")
    return bad_url(text, "unknown scheme; use http, https or unix");
  const std::size_t slash = rest.find_first_of("/?#");
  std::string_view authority = rest.substr(0, slash);
  const std::size_t at = authority.rfind('@');
  if (at != authority.npos) {
    const std::string_view user = authority.substr(0, at);
    authority.remove_prefix(at + 1);
    // The text itself may hold a password, so it stays out of this message.
    if (!parse_user(user, url))
      return Error{ErrorCode::kInvalid, "bad URL: bad %-escape in user or password"};
  }
  if (Result<void> host = parse_host(authority, url); !host) {
    return bad_url(url.has_user ? authority : text, host.error().text());
  }
  set_target(url, slash == rest.npos ? std::string_view() : rest.substr(slash));
  return url;
}

Result<Url> resolve_url(const Url& base, std::string_view reference) {
  const std::size_t colon = reference.find("://");
  if (colon != reference.npos && reference.substr(0, colon).find_first_of("/?#") == reference.npos)
    return parse_url(reference);
  if (reference.starts_with("//")) return parse_url(base.scheme + ":" + std::string(reference));
  if (reference.starts_with('/')) return base.with_target(reference);
  if (reference.starts_with('?')) return base.with_target(base.path + std::string(reference));
  return base.with_target(base.path.substr(0, base.path.rfind('/') + 1) + std::string(reference));
}

Result<std::string> percent_decode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_space) {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
      if (high < 0 || low < 0) return Error{ErrorCode::kInvalid, "bad %-escape"};
      out += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return out;
}

std::string percent_encode(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (is_unreserved(c)) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
  return out;
}

}  // namespace tailrace
