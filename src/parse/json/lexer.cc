#include "parse/json/lexer.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <limits>

#include "base/text.h"

namespace tailrace::json {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The value of a hexadecimal digit, or 16.
unsigned hex_digit(char c) {
  if (is_digit(c)) return static_cast<unsigned>(c - '0');
  const char small = static_cast<char>(c | 0x20);
  return small >= 'a' && small <= 'f' ? static_cast<unsigned>(small - 'a') + 10 : 16;
}

char32_t four_hex(const char* at) {
  char32_t value = 0;
  for (int i = 0; i < 4; ++i) value = value * 16 + hex_digit(at[i]);
  return value;
}

// What stands behind a backslash other than u; 0 if nothing may.
char simple_escape(char c) {
  switch (c) {
    case '"':
      return '"';
    case '\\':
      return '\\';
    case '/':
      return '/';
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return 0;
  }
}

char* put_utf8(char* out, char32_t c) {
  const auto put = [&out](char32_t byte) { *out++ = static_cast<char>(byte); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0 | (c >> 6));
    put(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    put(0xE0 | (c >> 12));
    put(0x80 | ((c >> 6) & 0x3F));
    put(0x80 | (c & 0x3F));
  } else {
    put(0xF0 | (c >> 18));
    put(0x80 | ((c >> 12) & 0x3F));
    put(0x80 | ((c >> 6) & 0x3F));
    put(0x80 | (c & 0x3F));
  }
  return out;
}

// The character of the \u escape at body[at] (behind the "u"), `at` moved behind it and behind the
// other half of a surrogate pair.
char32_t take_unicode_escape(std::string_view body, std::size_t& at) {
  const char32_t first = four_hex(body.data() + at);
  at += 4;
  if (first < 0xD800 || first > 0xDFFF) return first;
  const bool escape_follows = body.size() - at >= 6 && body[at] == '\\' && body[at + 1] == 'u';
  if (first < 0xDC00 && escape_follows) {
    const char32_t second = four_hex(body.data() + at + 2);
    if (second >= 0xDC00 && second <= 0xDFFF) {
      at += 6;
      return 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
    }
  }
  return 0xFFFD;
}

// Whether a number that does not fit into double is too large, not too small: by where its first
// digit other than 0 stands.
bool is_overflow(std::string_view number) {
  std::int64_t exponent = 0;
  const std::size_t e = number.find_first_of("eE");
  if (e != std::string_view::npos) {
    std::string_view digits = number.substr(e + 1);
    const bool negative = digits.starts_with('-');
    if (negative || digits.starts_with('+')) digits.remove_prefix(1);
    for (const char c : digits) {
      if (exponent < 1'000'000'000) exponent = exponent * 10 + (c - '0');
    }
    if (negative) exponent = -exponent;
    number = number.substr(0, e);
  }
  if (number.starts_with('-')) number.remove_prefix(1);
  const std::size_t dot = std::min(number.find('.'), number.size());
  if (number[0] != '0') return static_cast<std::int64_t>(dot) + exponent > 0;
  const std::size_t first = number.find_first_not_of("0.");
  if (first == std::string_view::npos) return false;
  return exponent - static_cast<std::int64_t>(first - dot) > 0;
}

const char* skip_digits(const char* at, const char* end) {
  while (at != end && is_digit(*at)) ++at;
  return at;
}

// One bit for each open container: is it an object?
class Depth {
 public:
  explicit Depth(int outside) : depth_(outside), outside_(outside) {}
  bool push(bool is_object) {
    if (depth_ == kDepthMax) return false;
    const auto index = static_cast<std::size_t>(depth_++);
    const auto bit = static_cast<std::uint8_t>(1U << (index % 8));
    if (is_object) {
      bits_[index / 8] |= bit;
    } else {
      bits_[index / 8] &= static_cast<std::uint8_t>(~bit);
    }
    return true;
  }
  bool pop() { return --depth_ > outside_; }  // whether something is still open
  bool in_object() const {
    const auto index = static_cast<std::size_t>(depth_ - 1);
    return ((bits_[index / 8] >> (index % 8)) & 1) != 0;
  }

 private:
  int depth_, outside_;
  std::array<std::uint8_t, kDepthMax / 8 + 1> bits_;  // only what is below depth_ means anything
};

// Behind `"key" :` and blanks.
const char* skip_key(const char* at, const char* end) {
  if (at == end || *at != '"') return nullptr;
  StringShape shape{.takes_control = true};
  at = skip_string(at + 1, end, shape);
  if (at == nullptr) return nullptr;
  at = skip_blanks(at, end);
  if (at == end || *at != ':') return nullptr;
  return skip_blanks(at + 1, end);
}

const char* skip_scalar(const char* at, const char* end) {
  if (*at == '"') {
    StringShape shape{.takes_control = true};
    return skip_string(at + 1, end, shape);
  }
  return *at == '-' || is_digit(*at) ? skip_number(at, end) : skip_word(at, end);
}

}  // namespace

const char* skip_escaped_string(const char* at, const char* end, StringShape& shape) noexcept {
  for (;;) {
    if (at == end) return nullptr;
    if (*at == '"') return at + 1;
    if (shape.takes_control && shape.has_escape && static_cast<unsigned char>(*at) < 0x20) {
      at = find_string_special(at + 1, end, shape.has_high_byte);
      continue;
    }
    if (*at != '\\' || end - at < 2) return nullptr;
    shape.has_escape = true;
    if (at[1] == 'u') {
      if (end - at < 6) return nullptr;
      for (int i = 2; i < 6; ++i) {
        if (hex_digit(at[i]) == 16) return nullptr;
      }
      at += 6;
    } else {
      if (simple_escape(at[1]) == 0) return nullptr;
      at += 2;
    }
    at = find_string_special(at, end, shape.has_high_byte);
  }
}

const char* skip_number(const char* at, const char* end) noexcept {
  const char* start = at;
  if (*at == '-' && ++at == end) return nullptr;
  if (*at == '0') {
    ++at;
  } else {
    const char* digits = at;
    at = skip_digits(at, end);
    if (at == digits) return nullptr;
  }
  if (at != end && *at == '.') {
    const char* digits = ++at;
    at = skip_digits(at, end);
    if (at == digits) return nullptr;
  }
  bool may_be_infinite = at - start > 300;
  if (at != end && (*at == 'e' || *at == 'E')) {
    may_be_infinite = true;
    ++at;
    if (at != end && (*at == '+' || *at == '-')) ++at;
    const char* digits = at;
    at = skip_digits(at, end);
    if (at == digits) return nullptr;
  }
  double ignored = 0;
  if (may_be_infinite && !number_value({start, static_cast<std::size_t>(at - start)}, ignored)) {
    return nullptr;
  }
  return at;
}

const char* skip_word(const char* at, const char* end) noexcept {
  const std::string_view rest(at, static_cast<std::size_t>(end - at));
  if (rest.starts_with("true") || rest.starts_with("null")) return at + 4;
  return rest.starts_with("false") ? at + 5 : nullptr;
}

const char* skip_value(const char* at, const char* end, int outside) noexcept {
  if (at == end) return nullptr;
  if (*at != '{' && *at != '[') return skip_scalar(at, end);
  Depth depth(outside);
  for (;;) {
    // A value starts at `at`.
    if (at == end) return nullptr;
    if (*at == '{' || *at == '[') {
      const bool is_object = *at == '{';
      if (!depth.push(is_object)) return nullptr;
      at = skip_blanks(at + 1, end);
      if (at == end) return nullptr;
      if (*at != (is_object ? '}' : ']')) {
        if (is_object && (at = skip_key(at, end)) == nullptr) return nullptr;
        continue;
      }
      ++at;
      if (!depth.pop()) return at;
    } else if ((at = skip_scalar(at, end)) == nullptr) {
      return nullptr;
    }
    // A value ended at `at`: close what closes, until a comma brings the next.
    for (;;) {
      at = skip_blanks(at, end);
      if (at == end) return nullptr;
      if (*at == ',') break;
      if (*at != (depth.in_object() ? '}' : ']')) return nullptr;
      ++at;
      if (!depth.pop()) return at;
    }
    at = skip_blanks(at + 1, end);
    if (depth.in_object() && (at = skip_key(at, end)) == nullptr) return nullptr;
  }
}

std::string_view string_text(std::string_view body, StringShape shape, Arena& arena,
                             JsonBytes bytes) {
  const bool keeps = bytes == JsonBytes::kKeep;
  if (!shape.has_escape && (keeps || !shape.has_high_byte || is_valid_utf8(body))) return body;
  // A byte that is not UTF-8 grows to three; an escape shrinks.
  const std::size_t room = shape.has_high_byte ? body.size() * 3 : body.size();
  char* const start = arena.allocate(room);
  char* out = start;
  for (std::size_t at = 0; at < body.size();) {
    if (body[at] == '\\') {
      const char kind = body[at + 1];
      at += 2;
      if (kind == 'u') {
        out = put_utf8(out, take_unicode_escape(body, at));
      } else {
        *out++ = simple_escape(kind);
      }
    } else if (keeps || static_cast<unsigned char>(body[at]) < 0x80) {
      *out++ = body[at++];
    } else {
      out = put_utf8(out, decode_utf8(body, at));
    }
  }
  const auto used = static_cast<std::size_t>(out - start);
  arena.shrink_last(room, used);
  return {start, used};
}

bool number_value(std::string_view number, double& value) noexcept {
  if (number.size() <= 15) {
    std::int64_t whole = 0;
    const char* at = number.data();
    const char* end = at + number.size();
    const bool negative = *at == '-';
    if (negative) ++at;
    for (; at != end && is_digit(*at); ++at) whole = whole * 10 + (*at - '0');
    if (at == end) {
      value = negative ? -static_cast<double>(whole) : static_cast<double>(whole);
      return true;
    }
  }
  const auto result = std::from_chars(number.data(), number.data() + number.size(), value);
  if (result.ec == std::errc()) return true;
  if (is_overflow(number)) return false;
  value = number.starts_with('-') ? -0.0 : 0.0;
  return true;
}

}  // namespace tailrace::json
