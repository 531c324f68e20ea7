#include "logql/ip_pattern.h"

#include <arpa/inet.h>

#include <charconv>
#include <optional>
#include <string>

namespace tailrace::logql {
namespace {

using Address = IpPattern::Address;

std::optional<Address> parse_address(std::string_view text) {
  const std::string copy(text);  // inet_pton wants an end
  Address out;
  if (::inet_pton(AF_INET, copy.c_str(), out.bytes.data()) == 1) return out;
  out.is_v6 = true;
  if (::inet_pton(AF_INET6, copy.c_str(), out.bytes.data()) == 1) return out;
  return std::nullopt;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

bool v4_may_begin(std::string_view at) {
  return at.size() > 3 && is_digit(at[0]) && (at[1] == '.' || at[2] == '.' || at[3] == '.');
}
bool v6_may_begin(std::string_view at) {
  if (at.size() <= 4) return false;
  if (at[0] == ':') return at[1] == ':' && is_hex(at[2]);
  for (std::size_t digits = 0; digits < 4 && is_hex(at[digits]); ++digits) {
    if (at[digits + 1] == ':') return true;
  }
  return false;
}

}  // namespace

Result<IpPattern> IpPattern::compile(std::string_view text) {
  const Error bad{ErrorCode::kInvalid, "ip: invalid pattern: \"" + std::string(text) + "\""};
  IpPattern out;
  if (const std::size_t slash = text.find('/'); slash != text.npos) {
    const std::optional<Address> base = parse_address(text.substr(0, slash));
    unsigned bits = 0;
    const std::string_view length = text.substr(slash + 1);
    const auto read = std::from_chars(length.data(), length.data() + length.size(), bits);
    if (!base || length.empty() || read.ec != std::errc() ||
        read.ptr != length.data() + length.size() || bits > (base->is_v6 ? 128U : 32U)) {
      return bad;
    }
    out.first_ = out.last_ = *base;
    for (unsigned i = 0; i < (base->is_v6 ? 16U : 4U); ++i) {
      const unsigned kept = bits > i * 8 ? std::min(8U, bits - i * 8) : 0;
      const auto mask = static_cast<std::uint8_t>(0xff00U >> kept);
      out.first_.bytes[i] = static_cast<std::uint8_t>(base->bytes[i] & mask);
      out.last_.bytes[i] =
          static_cast<std::uint8_t>(base->bytes[i] | static_cast<std::uint8_t>(~mask));
    }
    return out;
  }
  const std::size_t dash = text.find('-');
  const auto trimmed = [](std::string_view part) {
    while (part.starts_with(' ')) part.remove_prefix(1);
    while (part.ends_with(' ')) part.remove_suffix(1);
    return part;
  };
  const std::optional<Address> first = parse_address(trimmed(text.substr(0, dash)));
  const std::optional<Address> last =
      dash == text.npos ? first : parse_address(trimmed(text.substr(dash + 1)));
  if (!first || !last || first->is_v6 != last->is_v6 || last->bytes < first->bytes) return bad;
  out.first_ = *first;
  out.last_ = *last;
  return out;
}

bool IpPattern::contains(const Address& address) const {
  return address.is_v6 == first_.is_v6 && first_.bytes <= address.bytes &&
         address.bytes <= last_.bytes;
}

bool IpPattern::found_in(std::string_view text) const {
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool v4 = v4_may_begin(text.substr(at));
    if (!v4 && !v6_may_begin(text.substr(at))) continue;
    std::size_t end = at;
    while (end < text.size() && (v4 ? is_digit(text[end]) || text[end] == '.'
                                    : is_hex(text[end]) || text[end] == ':' || text[end] == '.')) {
      ++end;
    }
    const std::optional<Address> address = parse_address(text.substr(at, end - at));
    if (address && contains(*address)) return true;
    at = end;
  }
  return false;
}

}  // namespace tailrace::logql
