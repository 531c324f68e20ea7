#include "net/http_message.h"

#include <boost/beast/http/status.hpp>
#include <cstdint>

#include "base/text.h"

namespace tailrace {
std::string_view header_value(const HttpHeaders& headers, std::string_view name) {
  for (const auto& [key, value] : headers) {
    if (equals_ignoring_case(key, name)) return value;
  }
  return {};
}

bool has_header(const HttpHeaders& headers, std::string_view name) {
  for (const auto& header : headers) {
    if (equals_ignoring_case(header.first, name)) return true;
  }
  return false;
}

bool list_has_token(std::string_view list, std::string_view token) {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    if (equals_ignoring_case(trim_space(list.substr(0, comma)), token)) return true;
    if (comma == list.npos) return false;
    list.remove_prefix(comma + 1);
  }
  return false;
}

bool accepts_gzip(std::string_view accept_encoding) {
  while (!accept_encoding.empty()) {
    const std::size_t comma = accept_encoding.find(',');
    const std::string_view item = accept_encoding.substr(0, comma);
    const std::size_t semicolon = item.find(';');
    if (equals_ignoring_case(trim_space(item.substr(0, semicolon)), "gzip")) {
      if (semicolon == item.npos) return true;
      const std::string_view weight = trim_space(item.substr(semicolon + 1));
      // q=0, q=0.0, q=0.000 forbid.
      return !(weight.starts_with("q=0") && weight.find_first_of("123456789") == weight.npos);
    }
    if (comma == accept_encoding.npos) return false;
    accept_encoding.remove_prefix(comma + 1);
  }
  return false;
}

bool is_token(std::string_view text) noexcept {
  for (const char c : text) {
    if (!is_token_byte(c)) return false;
  }
  return !text.empty();
}

bool is_header_value(std::string_view text) noexcept {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && byte != '\t') || byte == 0x7f) return false;
  }
  return true;
}

std::string_view status_text(int status) noexcept {
  const auto known = boost::beast::http::int_to_status(static_cast<unsigned>(status));
  if (known == boost::beast::http::status::unknown) return {};
  return boost::beast::http::obsolete_reason(known);
}

}  // namespace tailrace
