#include "base/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>

namespace tailrace {
namespace {

void append_hex(std::string& out, char letter, unsigned value, int digits) {
  out += '\\';
  out += letter;
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4)
    out += "0123456789abcdef"[(value >> shift) & 0xF];
}

// The letter after the backslash for the control characters that have one, else 0.
char short_escape(char32_t character) {
  switch (character) {
    case '\a':
      return 'a';
    case '\b':
      return 'b';
    case '\f':
      return 'f';
    case '\n':
      return 'n';
    case '\r':
      return 'r';
    case '\t':
      return 't';
    case '\v':
      return 'v';
    case '\\':
      return '\\';
    case '"':
      return '"';
    default:
      return 0;
  }
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// How many single-character edits (insert, delete, replace, swap of neighbours) turn `a` into `b`,
// without regard to case. Words are short: O(a*b).
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> current(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    current[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = lower(a[i - 1]) == lower(b[j - 1]);
      current[j] = std::min({last[j] + 1, current[j - 1] + 1, last[j - 1] + (same ? 0U : 1U)});
      const bool swapped = i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
                           lower(a[i - 2]) == lower(b[j - 1]);
      if (swapped) current[j] = std::min(current[j], before_last[j - 2] + 1);
    }
    std::swap(before_last, last);
    std::swap(last, current);
  }
  return last[b.size()];
}

}  // namespace

void append_go_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t start = at;
    bool valid = true;
    const char32_t character = decode_utf8(text, at, &valid);
    if (!valid) {
      append_hex(out, 'x', static_cast<unsigned char>(text[start]), 2);
    } else if (const char escape = short_escape(character)) {
      out += '\\';
      out += escape;
    } else if (is_go_printable(character)) {
      out.append(text, start, at - start);
    } else if (character < 0x20 || character == 0x7F) {
      append_hex(out, 'x', character, 2);
    } else if (character < 0x10000) {
      append_hex(out, 'u', character, 4);
    } else {
      append_hex(out, 'U', character, 8);
    }
  }
  out += '"';
}

std::string go_quoted(std::string_view text) {
  std::string out;
  append_go_quoted(out, text);
  return out;
}

std::string_view trim_space(std::string_view text) noexcept {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

std::string ascii_lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), lower);
  return out;
}

bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return lower(x) == lower(y); });
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

// std::to_chars in its fixed form would print all digits of a large double (1e23 as
// 99999999999999991611392), where Go prints the shortest digits and zeros. So: shortest digits from
// the scientific form, moved into place.
char* put_double(char* out, double value) noexcept {
  const auto put_text = [&out](std::string_view text) {
    std::memcpy(out, text.data(), text.size());
    return out + text.size();
  };
  if (std::isnan(value)) return put_text("NaN");
  if (std::isinf(value)) return put_text(value > 0 ? "+Inf" : "-Inf");
  std::array<char, 32> scientific;  // -d.ddddddddddddddddde-ddd
  const char* end =
      std::to_chars(scientific.begin(), scientific.end(), value, std::chars_format::scientific).ptr;
  const char* at = scientific.data();
  if (*at == '-') *out++ = *at++;

  std::array<char, 20> digits;
  int count = 0;
  for (; at != end && *at != 'e'; ++at) {
    if (*at != '.') digits[static_cast<std::size_t>(count++)] = *at;
  }
  ++at;  // 'e'
  if (*at == '+') ++at;
  int exponent = 0;  // of the first digit
  std::from_chars(at, end, exponent);

  const auto digit = [&](int i) {
    return i >= 0 && i < count ? digits[static_cast<std::size_t>(i)] : '0';
  };
  for (int i = 0; i <= exponent; ++i) *out++ = digit(i);
  if (exponent < 0) *out++ = '0';
  const int decimals = count - 1 - exponent;
  if (decimals > 0) *out++ = '.';
  for (int i = 1; i <= decimals; ++i) *out++ = digit(exponent + i);
  return out;
}

std::string double_text(double value) {
  std::array<char, kDoubleTextBytesMax> buffer;
  return {buffer.data(), put_double(buffer.data(), value)};
}

std::string_view closest(std::string_view word, const std::vector<std::string_view>& names) {
  std::string_view best;
  // One edit in three letters may be a slip; more is another word.
  std::size_t best_distance = std::max<std::size_t>(word.size() / 3, 1) + 1;
  if (word.size() > 100) return best;
  for (std::string_view name : names) {
    const std::size_t distance = edit_distance(word, name);
    if (distance >= best_distance || distance >= name.size()) continue;
    best = name;
    best_distance = distance;
  }
  return best;
}

}  // namespace tailrace
