#include "parse/go_number.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <limits>
#include <string>

#include "base/text.h"

namespace tailrace {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Whether every character of `text` fits: digits [. digits] [e [+-] digits], with digits somewhere.
bool is_decimal(std::string_view text) {
  const std::size_t e = text.find_first_of("eE");
  std::string_view mantissa = text.substr(0, e);
  const std::size_t dot = mantissa.find('.');
  std::size_t digits = 0;
  for (std::size_t i = 0; i < mantissa.size(); ++i) {
    if (i == dot) continue;
    if (!is_digit(mantissa[i])) return false;
    ++digits;
  }
  if (digits == 0) return false;
  if (e == std::string_view::npos) return true;
  std::string_view exponent = text.substr(e + 1);
  if (exponent.starts_with('+') || exponent.starts_with('-')) exponent.remove_prefix(1);
  return !exponent.empty() && std::ranges::all_of(exponent, is_digit);
}

// 0x1.8p3: a hexadecimal number must have the binary exponent.
bool is_hexadecimal(std::string_view text) {
  text.remove_prefix(2);
  const std::size_t p = text.find_first_of("pP");
  if (p == std::string_view::npos) return false;
  std::string_view exponent = text.substr(p + 1);
  if (exponent.starts_with('+') || exponent.starts_with('-')) exponent.remove_prefix(1);
  std::string mantissa(text.substr(0, p));
  if (const std::size_t dot = mantissa.find('.'); dot != std::string::npos) mantissa.erase(dot, 1);
  const auto is_hex = [](char c) {
    return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
  };
  return !mantissa.empty() && std::ranges::all_of(mantissa, is_hex) && !exponent.empty() &&
         std::ranges::all_of(exponent, is_digit);
}

int digit_value(char c) {
  if (is_digit(c)) return c - '0';
  const char small = static_cast<char>(c | 0x20);
  return small >= 'a' && small <= 'z' ? small - 'a' + 10 : 36;
}

// Removes the underscores of `text` if they stand between digits (or the base's prefix and a
// digit).
bool remove_underscores(std::string& digits, bool has_prefix) {
  std::string out;
  bool may_stand = has_prefix;
  for (const char c : digits) {
    if (c != '_') {
      out += c;
    } else if (!may_stand) {
      return false;
    }
    may_stand = c != '_';
  }
  if (!may_stand) return false;
  digits = out;
  return true;
}

}  // namespace

std::optional<double> parse_go_float(std::string_view text) {
  if (text.find('_') != std::string_view::npos) {
    // As in Go's literals: between digits, or between 0x and a digit.
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] != '_') {
        plain += text[i];
        continue;
      }
      const bool behind_prefix = i >= 2 && text[i - 2] == '0' && (text[i - 1] | 0x20) == 'x';
      const bool between = i > 0 && i + 1 < text.size() && digit_value(text[i + 1]) < 16 &&
                           (digit_value(text[i - 1]) < 16 || behind_prefix);
      if (!between) return std::nullopt;
    }
    return parse_go_float(plain);
  }
  std::string_view rest = text;
  const bool negative = rest.starts_with('-');
  if (negative || rest.starts_with('+')) rest.remove_prefix(1);
  if (equals_ignoring_case(rest, "inf") || equals_ignoring_case(rest, "infinity")) {
    const double infinity = std::numeric_limits<double>::infinity();
    return negative ? -infinity : infinity;
  }
  if (equals_ignoring_case(text, "nan")) return std::numeric_limits<double>::quiet_NaN();
  const bool is_hex = rest.starts_with("0x") || rest.starts_with("0X");
  if (is_hex ? !is_hexadecimal(rest) : !is_decimal(rest)) return std::nullopt;
  double value = 0;
  if (is_hex) rest.remove_prefix(2);
  const auto format = is_hex ? std::chars_format::hex : std::chars_format::general;
  const auto result = std::from_chars(rest.data(), rest.data() + rest.size(), value, format);
  if (result.ec != std::errc()) {
    // Too large is an error, too small is 0. strtod tells which; the text is plain ASCII without a
    // locale's point only if there is none, so ask without the fraction's digits mattering.
    const std::size_t e = rest.find_first_of("eEpP");
    const bool small = e != std::string_view::npos && rest.substr(e + 1).starts_with('-');
    const std::size_t first = rest.find_first_not_of("0.");
    const bool starts_small = rest.find('.') < first;
    if (!small && !(e == std::string_view::npos && starts_small)) return std::nullopt;
    value = 0;
  }
  return negative ? -value : value;
}

std::optional<std::int64_t> parse_go_int(std::string_view text, int base) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  std::string digits(text);
  if (base == 0) {
    base = 10;
    bool has_prefix = false;
    if (digits.size() > 1 && digits[0] == '0') {
      const char kind = static_cast<char>(digits[1] | 0x20);
      base = kind == 'x' ? 16 : kind == 'b' ? 2 : 8;
      has_prefix = true;
      digits.erase(0, kind == 'x' || kind == 'b' || kind == 'o' ? 2 : 1);
    }
    if (digits.find('_') != std::string::npos && !remove_underscores(digits, has_prefix))
      return std::nullopt;
  }
  if (digits.empty()) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : digits) {
    const int digit = digit_value(c);
    if (digit >= base) return std::nullopt;
    if (__builtin_mul_overflow(value, static_cast<std::uint64_t>(base), &value))
      return std::nullopt;
    if (__builtin_add_overflow(value, static_cast<std::uint64_t>(digit), &value))
      return std::nullopt;
  }
  const std::uint64_t limit = std::uint64_t{1} << 63;
  if (value > limit || (value == limit && !negative)) return std::nullopt;
  return negative ? static_cast<std::int64_t>(~value + 1) : static_cast<std::int64_t>(value);
}

}  // namespace tailrace
