// urlParse and urlJoin: a URL as a dictionary of its parts.
//
//   scheme:[//[userinfo@]host]path[?query][#fragment]     scheme:opaque
#include <array>
#include <optional>

#include "parse/template/functions.h"

namespace tailrace::tmpl {
namespace {

constexpr std::string_view kHexDigits = "0123456789ABCDEF";

enum class Part : std::uint8_t { kPath, kUser, kHost, kFragment };

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char small = static_cast<char>(c | 0x20);
  return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

// %XX undone; nothing if one is broken. Hosts may only escape bytes that are not ASCII.
std::optional<std::string> unescape(std::string_view text, Part part) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = hex_value(text[i + 1]);
    const int low = hex_value(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    if (part == Part::kHost && high < 8 && text.substr(i, 3) != "%25") return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

bool stays(char c, Part part) {
  const bool is_word = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       std::string_view("-_.~").find(c) != std::string_view::npos;
  if (is_word) return true;
  std::string_view others;
  switch (part) {
    case Part::kPath:
      others = "$&+,/:;=@";
      break;
    case Part::kUser:
      others = "$&+,;=";
      break;
    case Part::kHost:
      others = "!$&'()*+,;=:[]<>\"";
      break;
    case Part::kFragment:
      others = "$&+,/:;=?@!()*'";
      break;
  }
  if (part == Part::kFragment && (c == '\'')) return false;
  return others.find(c) != std::string_view::npos;
}
std::string escape(std::string_view text, Part part) {
  std::string out;
  for (const char c : text) {
    if (stays(c, part)) {
      out += c;
      continue;
    }
    out += '%';
    out += kHexDigits[static_cast<unsigned char>(c) >> 4];
    out += kHexDigits[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

struct Url {
  std::string scheme, opaque, userinfo, host, path, query, fragment;
};

// The scheme and the colon behind it, if there is one. False: the text starts with a colon.
bool take_scheme(std::string_view& rest, Url& url) {
  for (std::size_t i = 0; i < rest.size(); ++i) {
    const char c = rest[i];
    const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool is_other = (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
    if (c == ':') {
      if (i == 0) return false;
      for (const char s : rest.substr(0, i))
        url.scheme += s >= 'A' && s <= 'Z' ? static_cast<char>(s + 32) : s;
      rest.remove_prefix(i + 1);
      return true;
    }
    if (!is_letter && (!is_other || i == 0)) return true;
  }
  return true;
}

// "user:password@host:port" or "[::1]:port".
bool take_authority(std::string_view authority, Url& url) {
  const std::size_t at = authority.rfind('@');
  if (at != std::string_view::npos) {
    const std::string_view user = authority.substr(0, at);
    const std::size_t colon = user.find(':');
    const auto name = unescape(user.substr(0, colon), Part::kUser);
    if (!name) return false;
    url.userinfo = escape(*name, Part::kUser);
    if (colon != std::string_view::npos) {
      const auto password = unescape(user.substr(colon + 1), Part::kUser);
      if (!password) return false;
      url.userinfo += ":" + escape(*password, Part::kUser);
    }
    authority.remove_prefix(at + 1);
  }
  const std::size_t bracket = authority.rfind(']');
  if (authority.starts_with('[') && bracket == std::string_view::npos) return false;
  const std::size_t colon = authority.rfind(':');
  const bool has_port =
      colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
  if (has_port) {
    for (const char c : authority.substr(colon + 1)) {
      if (c < '0' || c > '9') return false;
    }
  }
  for (const char c : authority) {
    if (c == ' ') return false;
  }
  const auto host = unescape(authority, Part::kHost);
  if (!host) return false;
  url.host = *host;
  return true;
}

bool parse_url(std::string_view text, Url& url) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < ' ' || c == 0x7f) return false;
  }
  if (const std::size_t hash = text.find('#'); hash != std::string_view::npos) {
    const auto fragment = unescape(text.substr(hash + 1), Part::kFragment);
    if (!fragment) return false;
    url.fragment = *fragment;
    text = text.substr(0, hash);
  }
  if (!take_scheme(text, url)) return false;
  if (const std::size_t mark = text.find('?'); mark != std::string_view::npos) {
    url.query = text.substr(mark + 1);
    text = text.substr(0, mark);
  }
  if (!text.starts_with('/')) {
    if (!url.scheme.empty()) {
      url.opaque = text;
      return true;
    }
    // "a:b" without scheme would be read as one: a colon may not stand in the first word of such a
    // path.
    if (text.substr(0, text.find('/')).find(':') != std::string_view::npos) return false;
  }
  const bool has_authority =
      text.starts_with("//") && (!url.scheme.empty() || !text.starts_with("///"));
  if (has_authority) {
    text.remove_prefix(2);
    const std::size_t slash = text.find('/');
    if (!take_authority(text.substr(0, slash), url)) return false;
    text = slash == std::string_view::npos ? std::string_view{} : text.substr(slash);
  }
  const auto path = unescape(text, Part::kPath);
  if (!path) return false;
  url.path = *path;
  return true;
}

std::string hostname_of(const std::string& host) {
  const std::size_t colon = host.rfind(':');
  const std::size_t bracket = host.rfind(']');
  std::string name = host;
  if (colon != std::string::npos && (bracket == std::string::npos || colon > bracket))
    name = host.substr(0, colon);
  if (name.starts_with('[') && name.ends_with(']')) name = name.substr(1, name.size() - 2);
  return name;
}

Result<Value> do_url_parse(Call& call) {
  Url url;
  if (!parse_url(call.text(0), url))
    return call_error("unable to parse url: " + std::string(call.text(0)));
  Map parts;
  parts["fragment"] = call.give(url.fragment);
  parts["host"] = call.give(url.host);
  parts["hostname"] = call.give(hostname_of(url.host));
  parts["opaque"] = call.give(url.opaque);
  parts["path"] = call.give(url.path);
  parts["query"] = call.give(url.query);
  parts["scheme"] = call.give(url.scheme);
  parts["userinfo"] = call.give(url.userinfo);
  return call.run.heap.map(std::move(parts));
}

Result<Value> do_url_join(Call& call) {
  constexpr std::array<std::string_view, 7> kKeys = {"scheme", "opaque", "userinfo", "host",
                                                     "path",   "query",  "fragment"};
  std::array<std::string, 7> parts;
  for (std::size_t i = 0; i < kKeys.size(); ++i) {
    const auto member = call[0].map->find(kKeys[i]);
    if (member == call[0].map->end()) continue;
    if (!member->second.is_string()) {
      return call_error("unable to parse " + std::string(kKeys[i]) +
                        " key, must be of type string, but " +
                        std::string(kind_name(member->second)) + " found");
    }
    parts[i] = member->second.text();
  }
  const auto& [scheme, opaque, userinfo, host, path, query, fragment] = parts;
  std::string out = scheme.empty() ? "" : scheme + ":";
  if (!opaque.empty()) {
    out += opaque;
  } else {
    if (!scheme.empty() || !host.empty() || !userinfo.empty()) {
      if (!host.empty() || !path.empty() || !userinfo.empty()) out += "//";
      if (!userinfo.empty()) out += userinfo + "@";
      out += escape(host, Part::kHost);
    }
    if (!path.empty() && path[0] != '/' && !host.empty()) out += '/';
    out += escape(path, Part::kPath);
  }
  if (!query.empty()) out += "?" + query;
  if (!fragment.empty()) out += "#" + escape(fragment, Part::kFragment);
  return call.give(out);
}

constexpr Function kFunctions[] = {{"urlJoin", "m", do_url_join}, {"urlParse", "s", do_url_parse}};

}  // namespace

std::span<const Function> url_functions() { return kFunctions; }

}  // namespace tailrace::tmpl
