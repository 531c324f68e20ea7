#include "telemetry/exposition.h"

#include <charconv>
#include <cmath>

#include "base/text.h"

namespace tailrace {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Beyond this a double no longer holds every integer, and digits would pretend to know more than is
// there.
constexpr double kIntegerMax = 1e15;

template <class Number>
void append_number(std::string& out, Number value) {
  char text[64];
  const auto result = std::to_chars(text, text + sizeof text, value);
  out.append(text, result.ptr);
}

void append_escaped(std::string& out, std::string_view text, bool quotes) {
  for (const char c : text) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '"' && quotes) {
      out += "\\\"";
    } else {
      out += c;
    }
  }
}

void append_valid(std::string& out, std::string_view text, bool quotes) {
  if (is_valid_utf8(text)) {
    append_escaped(out, text, quotes);
  } else {
    append_escaped(out, to_valid_utf8(text), quotes);
  }
}

}  // namespace

bool is_metric_name(std::string_view name) noexcept {
  if (name.empty() || is_digit(name[0])) return false;
  for (const char c : name) {
    if (!is_letter(c) && !is_digit(c) && c != ':') return false;
  }
  return true;
}

std::string escaped_metric_name(std::string_view name) {
  std::string out;
  for (std::size_t at = 0; at < name.size();) {
    const char first = name[at];
    decode_utf8(name, at);
    const bool fits = is_letter(first) || first == ':' || (is_digit(first) && !out.empty());
    out += fits ? first : '_';
  }
  return out;
}

bool is_metric_label_name(std::string_view name) noexcept {
  return is_metric_name(name) && name.find(':') == name.npos;
}

void append_label_value(std::string& out, std::string_view value) {
  append_valid(out, value, true);
}

void append_help(std::string& out, std::string_view text, bool open_metrics) {
  append_valid(out, text, open_metrics);
}

void append_sample_value(std::string& out, double value) {
  if (std::isnan(value)) {
    out += "NaN";
  } else if (std::isinf(value)) {
    out += value > 0 ? "+Inf" : "-Inf";
  } else if (std::fabs(value) < kIntegerMax && value == std::trunc(value)) {
    append_number(out, static_cast<std::int64_t>(value));
  } else {
    append_number(out, value);
  }
}

void append_sample_value(std::string& out, std::uint64_t value) { append_number(out, value); }

void append_bound(std::string& out, double bound, bool open_metrics) {
  const std::size_t begin = out.size();
  append_sample_value(out, bound);
  if (open_metrics && out.find_first_of(".eIN", begin) == out.npos) out += ".0";
}

}  // namespace tailrace
