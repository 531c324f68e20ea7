#include "web/json_writer.h"

#include <cmath>

#include "base/clock.h"
#include "base/text.h"
#include "parse/json_value.h"

namespace tailrace {

void append_json_text(std::string& out, std::string_view text) {
  if (is_valid_utf8(text)) return append_json_string(out, text, false);
  append_json_string(out, to_valid_utf8(text), false);
}

void append_json_seconds(std::string& out, std::int64_t timestamp_ns) {
  const std::int64_t ms = timestamp_ns / kNsPerMs;
  out += std::to_string(ms / 1000);
  std::int64_t rest = std::abs(ms % 1000);
  if (rest == 0) return;
  out += '.';
  for (std::int64_t digit = 100; rest != 0; digit /= 10) {
    out += static_cast<char>('0' + rest / digit);
    rest %= digit;
  }
}

void append_json_value(std::string& out, double value) {
  out += '"';
  out += double_text(value);
  out += '"';
}

void append_json_number_of(std::string& out, double value) {
  out += std::isfinite(value) ? double_text(value) : "0";
}

void append_json_labels(std::string& out, const Labels& labels) {
  out += '{';
  bool first = true;
  for (const Labels::Pair& pair : labels) {
    if (!first) out += ',';
    first = false;
    append_json_text(out, pair.first);
    out += ':';
    append_json_text(out, pair.second);
  }
  out += '}';
}

}  // namespace tailrace
