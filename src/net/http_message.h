// What both ends of HTTP share: header lists, tokens, status texts.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tailrace {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

// The value of the first header called `name` (any case); "" if there is none.
std::string_view header_value(const HttpHeaders& headers, std::string_view name);
bool has_header(const HttpHeaders& headers, std::string_view name);

// Whether a comma-separated list holds `token` (any case): "Connection: keep-alive, Upgrade".
bool list_has_token(std::string_view list, std::string_view token);
// Whether Accept-Encoding allows gzip ("gzip;q=0" does not).
bool accepts_gzip(std::string_view accept_encoding);

inline constexpr std::array<bool, 256> kTokenBytes = [] {
  std::array<bool, 256> out{};
  for (int c = 'a'; c <= 'z'; ++c) out[static_cast<std::size_t>(c)] = true;
  for (int c = 'A'; c <= 'Z'; ++c) out[static_cast<std::size_t>(c)] = true;
  for (int c = '0'; c <= '9'; ++c) out[static_cast<std::size_t>(c)] = true;
  for (const char c : std::string_view("!#$%&'*+-.^_`|~")) out[static_cast<std::size_t>(c)] = true;
  return out;
}();
constexpr bool is_token_byte(char c) noexcept { return kTokenBytes[static_cast<unsigned char>(c)]; }

// RFC 9110's token: method and header names.
bool is_token(std::string_view text) noexcept;
// A header value may hold anything but control characters (a tab is fine).
bool is_header_value(std::string_view text) noexcept;

// "Not Found"; "" for a code nobody has named.
std::string_view status_text(int status) noexcept;

}  // namespace tailrace
