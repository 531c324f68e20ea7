// The functions that queries have and Promtail has not.
#include <charconv>

#include "base/clock.h"
#include "base/text.h"
#include "base/units.h"
#include "parse/byte_size.h"
#include "parse/go_number.h"
#include "parse/go_regex_replace.h"
#include "parse/template/strings.h"

namespace tailrace::tmpl {
namespace {

Result<Value> do_count(Call& call) {
  TAILRACE_TRY(const GoRegex* regex, call.run.regex(call.text(0)));
  const auto found = regex_find_all(*regex, call.text(1), -1);
  return Value::of_int(static_cast<std::int64_t>(found.size()));
}

Result<Value> do_url_encode(Call& call) { return call.give(escape_query(call.text(0))); }

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}
Result<Value> do_url_decode(Call& call) {
  const std::string_view text = call.text(0);
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      out += text[at] == '+' ? ' ' : text[at];
      continue;
    }
    const int high = at + 2 < text.size() ? hex_value(text[at + 1]) : -1;
    const int low = at + 2 < text.size() ? hex_value(text[at + 2]) : -1;
    if (high < 0 || low < 0)
      return call_error("invalid URL escape \"" + std::string(text.substr(at, 3)) + "\"");
    out += static_cast<char>(high * 16 + low);
    at += 2;
  }
  return call.give(out);
}

Result<Value> do_bytes(Call& call) {
  const std::optional<std::uint64_t> bytes = parse_bytes(call.text(0));
  if (!bytes) return call_error("\"" + std::string(call.text(0)) + "\" is no size");
  return Value::of_float(static_cast<double>(*bytes));
}
Result<Value> do_duration(Call& call) {
  TAILRACE_TRY(const std::int64_t ns, parse_go_duration(call.text(0)));
  return Value::of_float(static_cast<double>(ns) / static_cast<double>(kNsPerSecond));
}

// How many nanoseconds one is, by the digits of a time since 1970: days, s, ms, us, ns.
std::int64_t unit_of(std::size_t digits) {
  switch (digits) {
    case 5:
      return 86400 * kNsPerSecond;
    case 10:
      return kNsPerSecond;
    case 13:
      return kNsPerMs;
    case 16:
      return 1000;
    case 19:
      return 1;
    default:
      return 0;
  }
}
Result<Value> do_unix_to_time(Call& call) {
  const std::string_view text = call.text(0);
  const std::optional<std::int64_t> number = parse_go_int(text, 10);
  const std::int64_t unit = unit_of(text.size());
  std::int64_t ns = 0;
  if (!number || unit == 0 || __builtin_mul_overflow(*number, unit, &ns))
    return call_error("unable to parse time '" + std::string(text) + "'");
  return call.run.heap.time(GoTime::at_ns(ns, TimeZone::local()));
}
Result<Value> do_epoch_millis(Call& call) {
  const GoTime& time = *call[0].time;
  return call.give(std::to_string(time.seconds * 1000 + time.nanos / kNsPerMs));
}
Result<Value> do_epoch_nanos(Call& call) {
  return call.give(std::to_string(call[0].time->unix_ns().value_or(0)));
}
Result<Value> do_date_in_place(Call& call) {
  constexpr std::int64_t kYearOne = -62135596800;  // where Go's empty time lies
  const Result<const TimeZone*> found = TimeZone::find(call.text(1));
  const TimeZone& place = found ? **found : TimeZone::utc();
  const auto time = GoLayout::compile(call.text(0)).parse(call.text(2), place);
  return call.run.heap.time(time ? *time : GoTime::at(kYearOne, 0, TimeZone::utc()));
}

// So many characters, by blanks or by cutting on the side of the blanks.
Result<Value> aligned(Call& call, bool left) {
  const std::string_view text = call.text(1);
  if (call.integer(0) < 0) return call[1];
  const auto wanted = static_cast<std::size_t>(call.integer(0));
  std::vector<std::size_t> starts;
  for (std::size_t at = 0; at < text.size();) {
    starts.push_back(at);
    decode_utf8(text, at);
  }
  if (starts.size() == wanted) return call[1];
  if (starts.size() > wanted) {
    return Value::of_text(
        left ? text.substr(0, starts[wanted])
             : text.substr(wanted == 0 ? text.size() : starts[starts.size() - wanted]));
  }
  TAILRACE_CHECK(check_size(call, text.size() + wanted));
  const std::string blanks(wanted - starts.size(), ' ');
  return call.give(left ? std::string(text) + blanks : blanks + std::string(text));
}
Result<Value> do_align_left(Call& call) { return aligned(call, true); }
Result<Value> do_align_right(Call& call) { return aligned(call, false); }

constexpr Function kFunctions[] = {
    {"alignLeft", "is", do_align_left},
    {"alignRight", "is", do_align_right},
    {"bytes", "s", do_bytes},
    {"count", "ss", do_count},
    {"duration", "s", do_duration},
    {"duration_seconds", "s", do_duration},
    {"toDateInZone", "sss", do_date_in_place},
    {"unixEpochMillis", "t", do_epoch_millis},
    {"unixEpochNanos", "t", do_epoch_nanos},
    {"unixToTime", "s", do_unix_to_time},
    {"urldecode", "s", do_url_decode},
    {"urlencode", "s", do_url_encode},
};

}  // namespace

std::span<const Function> query_functions() { return kFunctions; }

}  // namespace tailrace::tmpl
