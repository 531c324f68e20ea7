#include "parse/template/quoted.h"

#include "base/text.h"

namespace tailrace::tmpl {
namespace {

// The value of `count` digits of `base` at `at`, moved behind them.
std::optional<char32_t> take_digits(std::string_view text, std::size_t& at, std::size_t count,
                                    unsigned base) {
  char32_t value = 0;
  for (std::size_t i = 0; i < count; ++i, ++at) {
    if (at == text.size()) return std::nullopt;
    const char c = text[at];
    const char small = static_cast<char>(c | 0x20);
    unsigned digit = 99;
    if (c >= '0' && c <= '9') digit = static_cast<unsigned>(c - '0');
    if (small >= 'a' && small <= 'f') digit = static_cast<unsigned>(small - 'a') + 10;
    if (digit >= base) return std::nullopt;
    value = value * base + digit;
  }
  return value;
}

// The escape behind a backslash at `at`. Bytes (\x, octal) are appended as they are.
bool take_escape(std::string_view body, std::size_t& at, char quote, std::string& out) {
  if (at == body.size()) return false;
  const char kind = body[at++];
  switch (kind) {
    case 'a':
      out += '\a';
      return true;
    case 'b':
      out += '\b';
      return true;
    case 'f':
      out += '\f';
      return true;
    case 'n':
      out += '\n';
      return true;
    case 'r':
      out += '\r';
      return true;
    case 't':
      out += '\t';
      return true;
    case 'v':
      out += '\v';
      return true;
    case '\\':
      out += '\\';
      return true;
    case '\'':
    case '"':
      if (kind != quote) return false;
      out += kind;
      return true;
    case 'x': {
      const auto value = take_digits(body, at, 2, 16);
      if (value) out += static_cast<char>(*value);
      return value.has_value();
    }
    case 'u':
    case 'U': {
      const auto value = take_digits(body, at, kind == 'u' ? 4 : 8, 16);
      const bool is_good = value && *value <= 0x10FFFF && (*value < 0xD800 || *value > 0xDFFF);
      if (is_good) append_utf8(out, *value);
      return is_good;
    }
    default: {
      --at;
      const auto value = take_digits(body, at, 3, 8);
      if (!value || *value > 255) return false;
      out += static_cast<char>(*value);
      return true;
    }
  }
}

}  // namespace

std::optional<std::string> unquote_body(std::string_view body, char quote) {
  std::string out;
  for (std::size_t at = 0; at < body.size();) {
    if (body[at] != '\\') {
      append_utf8(out, decode_utf8(body, at));
      continue;
    }
    ++at;
    if (!take_escape(body, at, quote, out)) return std::nullopt;
  }
  return out;
}

}  // namespace tailrace::tmpl
