// TimeZone: when a place's clocks showed what, from the system's zone files (TZif).
//
// The rules for times that a place never had, or had twice, are those of Go's time.Date: in the gap
// of spring the summer offset counts (02:30 in New York on 2021-03-14 is 06:30 UTC); in the doubled
// hour of autumn the first, which is summer time too.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tailrace {

class TimeZone {
 public:
  struct Period {                     // one stretch without change
    std::int64_t start = 0, end = 0;  // Unix seconds, [start, end)
    std::int32_t offset = 0;          // seconds east of UTC
    std::string_view abbreviation;    // owned by the zone
    bool is_summer = false;
  };

  static const TimeZone& utc();
  // The zone of this process: $TZ, else /etc/localtime, else UTC; read once.
  static const TimeZone& local();
  // "UTC" and "" are UTC, "Local" is local(), others are looked for in $ZONEINFO (a directory),
  // then where systems keep them. Found zones stay for the life of the process, so the pointer is
  // good for ever. kNotFound: "unknown time zone Mars/Base". Any thread.
  static Result<const TimeZone*> find(std::string_view name);
  // From the bytes of a TZif file (version 1 to 4). kInvalid if they make no sense.
  static Result<TimeZone> from_tzif(std::string_view name, std::string_view bytes);
  // A place that always shows UTC plus `offset` seconds.
  static TimeZone fixed(std::string_view name, std::int32_t offset);

  const std::string& name() const noexcept { return name_; }
  Period at(std::int64_t unix_seconds) const;
  // The instant at which the clocks show `wall` (seconds since 1970-01-01 00:00:00 on the wall).
  std::int64_t from_wall(std::int64_t wall) const;
  // The offset that `abbreviation` stands for here, preferably one in force at that wall time.
  std::optional<std::int32_t> offset_of(std::string_view abbreviation, std::int64_t wall) const;

 private:
  struct Kind {
    std::int32_t offset = 0;
    bool is_summer = false;
    std::string abbreviation;
  };
  struct Change {
    std::int64_t at = 0;
    std::uint8_t kind = 0;
  };
  struct Rule {  // one side of a POSIX rule: when the other time begins
    enum class Form : std::uint8_t { kJulian, kDayOfYear, kMonthWeekDay };
    Form form = Form::kJulian;
    int day = 0, week = 0, month = 0;
    int second = 7200;
  };
  // The rule behind the last change: "CET-1CEST,M3.5.0,M10.5.0/3".
  struct Tail {
    Kind standard, summer;
    bool has_summer = false;
    Rule to_summer, to_standard;
  };
  static std::optional<Tail> parse_tail(std::string_view text);
  static int rule_second(const Rule& rule, std::int64_t year, int offset);
  std::size_t first_kind() const;
  Period tail_at(std::int64_t last_change, std::int64_t unix_seconds) const;

  std::string name_;
  std::vector<Kind> kinds_;
  std::vector<Change> changes_;
  std::optional<Tail> tail_;
};

}  // namespace tailrace
