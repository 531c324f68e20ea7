// Dates: Go layouts, durations in Go's form, places by IANA name (unknown ones are UTC).
#include "base/clock.h"
#include "base/units.h"
#include "parse/go_number.h"
#include "parse/template/functions.h"

namespace tailrace::tmpl {
namespace {

constexpr std::int64_t kYearOne = -62135596800;  // where Go's empty time lies

GoTime now_of(const Call& call, const TimeZone& place) {
  return GoTime::at_ns(call.run.clock->now_ns(), place);
}

// A time, or seconds since 1970; anything else is now.
GoTime time_of(const Call& call, const Value& value, const TimeZone& place) {
  if (value.kind == Kind::kTime) return GoTime::at(value.time->seconds, value.time->nanos, place);
  if (value.kind == Kind::kInt || value.kind == Kind::kInt64)
    return GoTime::at(value.integer, 0, place);
  return now_of(call, place);
}

const TimeZone& place_of(std::string_view name) {
  const Result<const TimeZone*> zone = TimeZone::find(name);
  return zone ? **zone : TimeZone::utc();
}

Value formatted(Call& call, std::string_view layout, const Value& time, const TimeZone& place) {
  std::string out;
  GoLayout::compile(layout).format(time_of(call, time, place), out);
  return call.give(out);
}

Result<Value> do_now(Call& call) { return call.run.heap.time(now_of(call, TimeZone::local())); }
Result<Value> do_date(Call& call) {
  return formatted(call, call.text(0), call[1], TimeZone::local());
}
Result<Value> do_date_in_zone(Call& call) {
  return formatted(call, call.text(0), call[1], place_of(call.text(2)));
}
Result<Value> do_html_date(Call& call) {
  return formatted(call, "2006-01-02", call[0], TimeZone::local());
}
Result<Value> do_html_date_in_zone(Call& call) {
  return formatted(call, "2006-01-02", call[0], place_of(call.text(1)));
}

GoTime moved(const GoTime& time, std::int64_t by_ns) {
  const std::int64_t ns = time.nanos + by_ns % kNsPerSecond;
  std::int64_t seconds = time.seconds + by_ns / kNsPerSecond;
  std::int64_t nanos = ns;
  if (nanos < 0) {
    nanos += kNsPerSecond;
    --seconds;
  } else if (nanos >= kNsPerSecond) {
    nanos -= kNsPerSecond;
    ++seconds;
  }
  if (time.place != nullptr)
    return GoTime::at(seconds, static_cast<std::int32_t>(nanos), *time.place);
  GoTime out = time;
  out.seconds = seconds;
  out.nanos = static_cast<std::int32_t>(nanos);
  return out;
}
Result<Value> do_must_date_modify(Call& call) {
  TAILRACE_TRY(const std::int64_t by, parse_go_duration(call.text(0)));
  return call.run.heap.time(moved(*call[1].time, by));
}
Result<Value> do_date_modify(Call& call) {
  Result<Value> out = do_must_date_modify(call);
  return out ? std::move(out).value() : call[1];
}

Result<Value> do_must_to_date(Call& call) {
  const auto time = GoLayout::compile(call.text(0)).parse(call.text(1), TimeZone::local());
  if (!time) {
    return call_error("\"" + std::string(call.text(1)) + "\" does not fit the layout \"" +
                      std::string(call.text(0)) + "\"");
  }
  return call.run.heap.time(*time);
}
Result<Value> do_to_date(Call& call) {
  Result<Value> out = do_must_to_date(call);
  return out ? std::move(out).value()
             : call.run.heap.time(GoTime::at(kYearOne, 0, TimeZone::utc()));
}
Result<Value> do_unix_epoch(Call& call) { return call.give(std::to_string(call[0].time->seconds)); }

// Nanoseconds from `time` until now; Go stops at the largest duration.
std::int64_t since(const Call& call, const GoTime& time) {
  const GoTime now = now_of(call, TimeZone::utc());
  std::int64_t ns = 0;
  if (__builtin_mul_overflow(now.seconds - time.seconds, kNsPerSecond, &ns)) {
    return now.seconds > time.seconds ? INT64_MAX : INT64_MIN;
  }
  return ns + (now.nanos - time.nanos);
}
Result<Value> do_ago(Call& call) {
  const std::int64_t ns = since(call, time_of(call, call[0], TimeZone::utc()));
  const std::int64_t half = ns < 0 ? -kNsPerSecond / 2 : kNsPerSecond / 2;
  std::int64_t rounded = 0;
  if (__builtin_add_overflow(ns, half, &rounded)) rounded = ns;
  return call.give(format_go_duration(rounded / kNsPerSecond * kNsPerSecond));
}

Result<Value> do_duration(Call& call) {
  std::int64_t seconds = 0;
  if (call[0].is_string()) seconds = parse_go_int(call.text(0), 10).value_or(0);
  if (call[0].kind == Kind::kInt64) seconds = call[0].integer;
  const auto ns = static_cast<std::uint64_t>(seconds) * static_cast<std::uint64_t>(kNsPerSecond);
  return call.give(format_go_duration(static_cast<std::int64_t>(ns)));
}

// The largest unit alone: "2h", "3mo", "1y"; without a sign.
Result<Value> do_duration_round(Call& call) {
  std::int64_t ns = 0;
  if (call[0].is_string()) ns = parse_go_duration(call.text(0)).value_or(0);
  if (call[0].kind == Kind::kInt64) ns = call[0].integer;
  if (call[0].kind == Kind::kTime) ns = since(call, *call[0].time);
  const auto size = ns < 0 ? ~static_cast<std::uint64_t>(ns) + 1 : static_cast<std::uint64_t>(ns);
  struct Unit {
    std::uint64_t seconds;
    std::string_view name;
  };
  constexpr Unit kUnits[] = {{365 * 86400, "y"}, {30 * 86400, "mo"}, {86400, "d"},
                             {3600, "h"},        {60, "m"},          {1, "s"}};
  for (const Unit& unit : kUnits) {
    const std::uint64_t unit_ns = unit.seconds * static_cast<std::uint64_t>(kNsPerSecond);
    if (size > unit_ns) return call.give(std::to_string(size / unit_ns) + std::string(unit.name));
  }
  return Value::of_text("0s");
}

constexpr Function kFunctions[] = {
    {"ago", "a", do_ago},
    {"date", "sa", do_date},
    {"dateInZone", "sas", do_date_in_zone},
    {"dateModify", "st", do_date_modify},
    {"date_in_zone", "sas", do_date_in_zone},
    {"date_modify", "st", do_date_modify},
    {"duration", "a", do_duration},
    {"durationRound", "a", do_duration_round},
    {"htmlDate", "a", do_html_date},
    {"htmlDateInZone", "as", do_html_date_in_zone},
    {"mustDateModify", "st", do_must_date_modify},
    {"mustToDate", "ss", do_must_to_date},
    {"must_date_modify", "st", do_must_date_modify},
    {"now", "", do_now},
    {"toDate", "ss", do_to_date},
    {"unixEpoch", "t", do_unix_epoch},
};

}  // namespace

std::span<const Function> date_functions() { return kFunctions; }

}  // namespace tailrace::tmpl
