#include "config/yaml_scalar.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <limits>

#include "base/text.h"

namespace tailrace::yaml {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

template <std::size_t N>
bool any_of(const std::array<std::string_view, N>& words, std::string_view text) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

constexpr std::array<std::string_view, 4> kNullWords{"", "~", "null", "Null"};
constexpr std::array<std::string_view, 11> kTrueWords{"y",    "Y",    "yes", "Yes", "YES", "true",
                                                      "True", "TRUE", "on",  "On",  "ON"};
constexpr std::array<std::string_view, 11> kFalseWords{
    "n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"};

// [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?
bool looks_like_float(std::string_view text) {
  const auto skip_digits = [&text] {
    const std::size_t before = text.size();
    while (!text.empty() && is_digit(text.front())) text.remove_prefix(1);
    return before - text.size();
  };
  const auto skip_one_of = [&text](char a, char b) {
    if (text.empty() || (text.front() != a && text.front() != b)) return false;
    text.remove_prefix(1);
    return true;
  };
  skip_one_of('-', '+');
  const bool whole = skip_digits() > 0;
  const bool point = skip_one_of('.', '.');
  const bool decimals = point && skip_digits() > 0;
  if (!whole && !decimals) return false;
  if (skip_one_of('e', 'E')) {
    skip_one_of('-', '+');
    if (skip_digits() == 0) return false;
  }
  return text.empty();
}

bool special_float(std::string_view text, double& out) {
  const bool negative = !text.empty() && text.front() == '-';
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
  if (text != ".inf" && text != ".Inf" && text != ".INF") return false;
  out =
      negative ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
  return true;
}

bool is_nan_word(std::string_view text) {
  return text == ".nan" || text == ".NaN" || text == ".NAN";
}

bool resolve_number(std::string_view text, Scalar& out) {
  if (special_float(text, out.number)) {
    out.kind = Scalar::Kind::kFloat;
    return true;
  }
  if (is_nan_word(text)) {
    out.kind = Scalar::Kind::kFloat;
    out.number = std::numeric_limits<double>::quiet_NaN();
    return true;
  }
  const char first = text.empty() ? ' ' : text.front();
  if (!is_digit(first) && first != '-' && first != '+' && first != '.') return false;
  std::string plain;
  if (text.find('_') != std::string_view::npos) {
    std::copy_if(text.begin(), text.end(), std::back_inserter(plain),
                 [](char c) { return c != '_'; });
    text = plain;
  }
  if (parse_go_int(text, out.integer)) {
    out.kind = Scalar::Kind::kInt;
  } else if (parse_go_uint(text, out.large_integer)) {
    out.kind = Scalar::Kind::kUint;
  } else if (looks_like_float(text) && parse_go_float(text, out.number)) {
    out.kind = Scalar::Kind::kFloat;
  } else {
    return false;
  }
  return true;
}

// Digits with an optional base prefix: 0x, 0o, 0b, and 0 for octal.
bool parse_magnitude(std::string_view text, std::uint64_t& out) {
  int base = 10;
  if (text.size() > 1 && text[0] == '0') {
    const char letter = static_cast<char>(text[1] | 0x20);
    base = letter == 'x' ? 16 : letter == 'b' ? 2 : 8;
    if (!is_digit(text[1]) && letter != 'x' && letter != 'o' && letter != 'b') return false;
    text.remove_prefix(is_digit(text[1]) ? 1 : 2);
  }
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, out, base);
  return error == std::errc{} && stop == end;
}

}  // namespace

bool parse_go_int(std::string_view text, std::int64_t& out) {
  const bool negative = !text.empty() && text.front() == '-';
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
  std::uint64_t magnitude = 0;
  if (!parse_magnitude(text, magnitude)) return false;
  constexpr std::uint64_t kLimit = std::uint64_t{1} << 63;
  if (magnitude > (negative ? kLimit : kLimit - 1)) return false;
  out = static_cast<std::int64_t>(negative ? ~magnitude + 1 : magnitude);
  return true;
}

bool parse_go_uint(std::string_view text, std::uint64_t& out) { return parse_magnitude(text, out); }

bool parse_go_float(std::string_view text, double& out) {
  if (!text.empty() && text.front() == '+') {
    text.remove_prefix(1);
    if (!text.empty() && text.front() == '-') return false;
  }
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, out);
  return error == std::errc{} && stop == end;
}

bool parse_go_bool(std::string_view text, bool& out) {
  constexpr std::array<std::string_view, 6> kTrue{"1", "t", "T", "true", "TRUE", "True"};
  constexpr std::array<std::string_view, 6> kFalse{"0", "f", "F", "false", "FALSE", "False"};
  out = any_of(kTrue, text);
  return out || any_of(kFalse, text);
}

Scalar resolve(std::string_view text, bool quoted, Tag tag) {
  Scalar out;
  if (tag == Tag::kNull) {
    out.kind = Scalar::Kind::kNull;
    return out;
  }
  const bool plain = !quoted && tag == Tag::kNone;
  const bool typed = tag == Tag::kBool || tag == Tag::kInt || tag == Tag::kFloat;
  if (!plain && !typed) return out;
  if (plain && (any_of(kNullWords, text) || text == "NULL")) {
    out.kind = Scalar::Kind::kNull;
    return out;
  }
  if (any_of(kTrueWords, text) || any_of(kFalseWords, text)) {
    out.kind = Scalar::Kind::kBool;
    out.boolean = any_of(kTrueWords, text);
    return out;
  }
  resolve_number(text, out);
  if (tag == Tag::kFloat && out.kind == Scalar::Kind::kInt) {
    out.kind = Scalar::Kind::kFloat;
    out.number = static_cast<double>(out.integer);
  }
  return out;
}

}  // namespace tailrace::yaml
