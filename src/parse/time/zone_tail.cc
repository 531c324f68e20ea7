// The POSIX rule at the end of a TZif file, which says how the clocks go on after the last recorded
// change:
//
//   CET-1CEST,M3.5.0,M10.5.0/3
//   name, hours to add to get UTC, summer name, [its hours,] when summer begins, when it ends
#include <cstdlib>

#include "parse/go_time.h"
#include "parse/time_zone.h"

namespace tailrace {
namespace {

constexpr int kSecondsPerDay = 86400;

class TailReader {
 public:
  explicit TailReader(std::string_view text) : rest_(text) {}

  bool empty() const { return rest_.empty(); }
  bool at(char c) const { return !rest_.empty() && rest_[0] == c; }
  bool take(char c) {
    if (!at(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  bool take_name(std::string& name) {
    if (take('<')) {
      const std::size_t end = rest_.find('>');
      if (end == std::string_view::npos) return false;
      name = rest_.substr(0, end);
      rest_.remove_prefix(end + 1);
      return true;
    }
    std::size_t end = 0;
    while (end < rest_.size() && rest_[end] != '-' && rest_[end] != '+' && rest_[end] != ',' &&
           !(rest_[end] >= '0' && rest_[end] <= '9')) {
      ++end;
    }
    if (end < 3) return false;
    name = rest_.substr(0, end);
    rest_.remove_prefix(end);
    return true;
  }

  bool take_number(int min, int max, int& value) {
    if (rest_.empty() || rest_[0] < '0' || rest_[0] > '9') return false;
    value = 0;
    while (!rest_.empty() && rest_[0] >= '0' && rest_[0] <= '9') {
      value = value * 10 + (rest_[0] - '0');
      if (value > max) return false;
      rest_.remove_prefix(1);
    }
    return value >= min;
  }

  // [+-]h[:m[:s]], in seconds.
  bool take_offset(int& seconds) {
    const bool negative = at('-');
    if (!take('-')) take('+');
    int hours = 0;
    int minutes = 0;
    int rest_seconds = 0;
    if (!take_number(0, 24 * 7, hours)) return false;
    if (take(':')) {
      if (!take_number(0, 59, minutes)) return false;
      if (take(':') && !take_number(0, 59, rest_seconds)) return false;
    }
    seconds = (hours * 60 + minutes) * 60 + rest_seconds;
    if (negative) seconds = -seconds;
    return true;
  }

 private:
  std::string_view rest_;
};

bool is_leap(std::int64_t year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

}  // namespace

std::optional<TimeZone::Tail> TimeZone::parse_tail(std::string_view text) {
  TailReader reader(text);
  const auto take_rule = [&reader](Rule& rule) {
    if (reader.take('J')) {
      rule.form = Rule::Form::kJulian;
      if (!reader.take_number(1, 365, rule.day)) return false;
    } else if (reader.take('M')) {
      rule.form = Rule::Form::kMonthWeekDay;
      if (!reader.take_number(1, 12, rule.month) || !reader.take('.')) return false;
      if (!reader.take_number(1, 5, rule.week) || !reader.take('.')) return false;
      if (!reader.take_number(0, 6, rule.day)) return false;
    } else {
      rule.form = Rule::Form::kDayOfYear;
      if (!reader.take_number(0, 365, rule.day)) return false;
    }
    return !reader.take('/') || reader.take_offset(rule.second);
  };

  Tail tail;
  int west = 0;
  if (!reader.take_name(tail.standard.abbreviation) || !reader.take_offset(west))
    return std::nullopt;
  tail.standard.offset = -west;
  if (reader.empty() || reader.at(',')) return tail;
  if (!reader.take_name(tail.summer.abbreviation)) return std::nullopt;
  tail.has_summer = true;
  tail.summer.is_summer = true;
  tail.summer.offset = tail.standard.offset + 3600;
  if (!reader.empty() && !reader.at(',')) {
    if (!reader.take_offset(west)) return std::nullopt;
    tail.summer.offset = -west;
  }
  if (reader.empty()) reader = TailReader(",M3.2.0,M11.1.0");
  if (!reader.take(',') || !take_rule(tail.to_summer)) return std::nullopt;
  if (!reader.take(',') || !take_rule(tail.to_standard) || !reader.empty()) return std::nullopt;
  return tail;
}

// Second of the UTC year at which the rule fires, if `offset` holds until then.
int TimeZone::rule_second(const Rule& rule, std::int64_t year, int offset) {
  int day = rule.day;
  switch (rule.form) {
    case Rule::Form::kJulian:
      day += is_leap(year) && rule.day >= 60 ? 0 : -1;
      break;
    case Rule::Form::kDayOfYear:
      break;
    case Rule::Form::kMonthWeekDay: {
      const std::int64_t first = days_from_civil(year, rule.month, 1);
      const int first_weekday = civil_from_seconds(first * kSecondsPerDay).weekday;
      const bool is_december = rule.month == 12;
      const std::int64_t next =
          is_december ? days_from_civil(year + 1, 1, 1) : days_from_civil(year, rule.month + 1, 1);
      day = (rule.day - first_weekday + 7) % 7;
      for (int week = 1; week < rule.week && day + 7 < next - first; ++week) day += 7;
      day += static_cast<int>(first - days_from_civil(year, 1, 1));
      break;
    }
  }
  return day * kSecondsPerDay + rule.second - offset;
}

TimeZone::Period TimeZone::tail_at(std::int64_t last_change, std::int64_t unix_seconds) const {
  const Tail& tail = *tail_;
  if (!tail.has_summer) {
    return {last_change, std::int64_t{1} << 62, tail.standard.offset, tail.standard.abbreviation,
            false};
  }
  const CivilTime civil = civil_from_seconds(unix_seconds);
  const std::int64_t year_start = days_from_civil(civil.year, 1, 1) * kSecondsPerDay;
  const std::int64_t second = unix_seconds - year_start;
  std::int64_t first = rule_second(tail.to_summer, civil.year, tail.standard.offset);
  std::int64_t second_change = rule_second(tail.to_standard, civil.year, tail.summer.offset);
  const Kind* outside = &tail.standard;
  const Kind* inside = &tail.summer;
  if (second_change < first) {  // summer lies over the new year: the southern half
    std::swap(first, second_change);
    std::swap(outside, inside);
  }
  // Start and end are exact near the changes; away from them the year's ends do.
  const auto period = [](std::int64_t start, std::int64_t end, const Kind& kind) {
    return Period{start, end, kind.offset, kind.abbreviation, kind.is_summer};
  };
  if (second < first) return period(year_start, year_start + first, *outside);
  if (second >= second_change) {
    return period(year_start + second_change, year_start + 365 * std::int64_t{kSecondsPerDay},
                  *outside);
  }
  return period(year_start + first, year_start + second_change, *inside);
}

}  // namespace tailrace
