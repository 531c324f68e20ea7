// Methods that templates may call on times and versions: {{ now.Year }}, {{ (semver .v).Major }}.
#include <algorithm>

#include "base/clock.h"
#include "parse/template/functions.h"

namespace tailrace::tmpl {
namespace {

Result<Value> give_time(Call& call, const GoTime& time) { return call.run.heap.time(time); }
Value number(std::int64_t value) { return Value::of_int(value); }
Value number64(std::int64_t value) { return Value::of_int(value, Kind::kInt64); }

std::optional<Result<Value>> time_method(const GoTime& time, std::string_view name, Call& call) {
  const CivilTime civil = civil_from_seconds(time.seconds + time.offset);
  if (name == "Format") {
    if (call.count() != 1 || !call[0].is_string()) return call_error("Format takes one text");
    std::string out;
    GoLayout::compile(call.text(0)).format(time, out);
    return call.give(out);
  }
  if (call.count() != 0) return std::nullopt;
  if (name == "Year") return number(civil.year);
  if (name == "Month") return Value::of_text(month_name(civil.month));
  if (name == "Day") return number(civil.day);
  if (name == "Hour") return number(civil.hour);
  if (name == "Minute") return number(civil.minute);
  if (name == "Second") return number(civil.second);
  if (name == "Nanosecond") return number(time.nanos);
  if (name == "YearDay") return number(civil.year_day);
  if (name == "Weekday") return Value::of_text(weekday_name(civil.weekday));
  if (name == "Unix") return number64(time.seconds);
  if (name == "UnixMilli") return number64(time.seconds * 1000 + time.nanos / kNsPerMs);
  if (name == "UnixMicro") return number64(time.seconds * 1'000'000 + time.nanos / 1000);
  if (name == "UnixNano") return number64(time.seconds * kNsPerSecond + time.nanos);
  if (name == "UTC") return give_time(call, GoTime::at(time.seconds, time.nanos, TimeZone::utc()));
  if (name == "Local")
    return give_time(call, GoTime::at(time.seconds, time.nanos, TimeZone::local()));
  if (name == "IsZero") return Value::of_bool(time.seconds == -62135596800 && time.nanos == 0);
  if (name == "String") {
    Value self = call.run.heap.time(time);
    return call.give(value_text(self));
  }
  return std::nullopt;
}

std::optional<Result<Value>> version_method(const Value& receiver, std::string_view name,
                                            Call& call) {
  if (call.count() != 0) return std::nullopt;
  const Version& version = *receiver.version;
  if (name == "Major") return number64(static_cast<std::int64_t>(version.major));
  if (name == "Minor") return number64(static_cast<std::int64_t>(version.minor));
  if (name == "Patch") return number64(static_cast<std::int64_t>(version.patch));
  if (name == "Prerelease") return Value::of_text(version.prerelease);
  if (name == "Metadata") return Value::of_text(version.metadata);
  if (name == "Original") return Value::of_text(version.original);
  if (name == "String") return call.give(value_text(receiver));
  return std::nullopt;
}

}  // namespace

std::optional<Result<Value>> call_method(const Value& receiver, std::string_view name, Call& call) {
  if (receiver.kind == Kind::kTime) return time_method(*receiver.time, name, call);
  if (receiver.kind == Kind::kVersion) return version_method(receiver, name, call);
  return std::nullopt;
}

}  // namespace tailrace::tmpl
