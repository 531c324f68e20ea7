#include "parse/go_time.h"

#include <algorithm>
#include <utility>

#include "base/clock.h"

namespace tailrace {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 10> kNamed = {{
    {"ANSIC", "Mon Jan _2 15:04:05 2006"},
    {"UnixDate", "Mon Jan _2 15:04:05 MST 2006"},
    {"RubyDate", "Mon Jan 02 15:04:05 -0700 2006"},
    {"RFC822", "02 Jan 06 15:04 MST"},
    {"RFC822Z", "02 Jan 06 15:04 -0700"},
    {"RFC850", "Monday, 02-Jan-06 15:04:05 MST"},
    {"RFC1123", "Mon, 02 Jan 2006 15:04:05 MST"},
    {"RFC1123Z", "Mon, 02 Jan 2006 15:04:05 -0700"},
    {"RFC3339", "2006-01-02T15:04:05Z07:00"},
    {"RFC3339Nano", "2006-01-02T15:04:05.999999999Z07:00"},
}};

// Two digits as a number of at most `max`; 100 if they are none.
unsigned two_digits(const char* at, unsigned max) {
  const unsigned tens = static_cast<unsigned char>(at[0]) - unsigned{'0'};
  const unsigned ones = static_cast<unsigned char>(at[1]) - unsigned{'0'};
  const unsigned value = tens * 10 + ones;
  return tens > 9 || ones > 9 || value > max ? 100 : value;
}

// ".123456789" at `at`: nanoseconds, and `at` behind it. False: a separator without digits.
bool read_fraction(const char*& at, const char* end, std::int32_t& nanos) {
  if (at == end || (*at != '.' && *at != ',')) return true;
  const char* digit = ++at;
  std::int32_t value = 0;
  int count = 0;
  for (; digit != end && *digit >= '0' && *digit <= '9'; ++digit) {
    if (count == 9) continue;
    value = value * 10 + (*digit - '0');
    ++count;
  }
  if (digit == at) return false;
  for (; count < 9; ++count) value *= 10;
  nanos = value;
  at = digit;
  return true;
}

}  // namespace

void GoTime::set_zone(std::string_view name) noexcept {
  zone_bytes = static_cast<std::uint8_t>(std::min(name.size(), zone_text.size()));
  std::copy_n(name.data(), zone_bytes, zone_text.data());
}

std::optional<std::int64_t> GoTime::unix_ns() const noexcept {
  std::int64_t ns = 0;
  // A second before the first that fits, plus its nanoseconds, may still fit: add from the other
  // side.
  const bool negative = seconds < 0;
  const std::int64_t whole = negative ? seconds + 1 : seconds;
  const std::int64_t part = negative ? nanos - kNsPerSecond : nanos;
  if (__builtin_mul_overflow(whole, kNsPerSecond, &ns)) return std::nullopt;
  if (__builtin_add_overflow(ns, part, &ns)) return std::nullopt;
  return ns;
}

GoTime GoTime::at(std::int64_t seconds, std::int32_t nanos, const TimeZone& place) {
  const TimeZone::Period period = place.at(seconds);
  GoTime time;
  time.seconds = seconds;
  time.nanos = nanos;
  time.offset = period.offset;
  time.place = &place;
  time.set_zone(period.abbreviation);
  return time;
}

GoTime GoTime::at_ns(std::int64_t unix_ns, const TimeZone& place) {
  std::int64_t seconds = unix_ns / kNsPerSecond;
  std::int64_t nanos = unix_ns % kNsPerSecond;
  if (nanos < 0) {
    nanos += kNsPerSecond;
    --seconds;
  }
  return at(seconds, static_cast<std::int32_t>(nanos), place);
}

GoTime GoTime::plus_years(std::int64_t years) const {
  const std::int64_t wall = seconds + offset;
  const CivilTime civil = civil_from_seconds(wall);
  // days_from_civil counts days past the end of a month into the next, which is what Go does.
  const std::int64_t moved = days_from_civil(civil.year + years, civil.month, civil.day) * 86400 +
                             civil.hour * 3600 + civil.minute * 60 + civil.second;
  if (place != nullptr) return at(place->from_wall(moved), nanos, *place);
  GoTime time = *this;
  time.seconds = moved - offset;
  return time;
}

std::optional<std::string_view> named_go_layout(std::string_view name) {
  for (const auto& [known, layout] : kNamed) {
    if (known == name) return layout;
  }
  return std::nullopt;
}

GoLayout GoLayout::compile(std::string_view layout) {
  GoLayout compiled;
  compiled.text_ = layout;
  compiled.elements_ = go_time::cut_layout(layout);
  compiled.is_rfc3339_ =
      layout == named_go_layout("RFC3339") || layout == named_go_layout("RFC3339Nano");
  return compiled;
}

std::optional<GoTime> parse_rfc3339(std::string_view text) {
  // 2006-01-02T15:04:05[.fraction](Z|+07:00)
  if (text.size() < 20) return std::nullopt;
  const char* at = text.data();
  const char* end = at + text.size();
  if (at[4] != '-' || at[7] != '-' || at[10] != 'T' || at[13] != ':' || at[16] != ':')
    return std::nullopt;
  const unsigned century = two_digits(at, 99);
  const unsigned year_of_century = two_digits(at + 2, 99);
  const unsigned month = two_digits(at + 5, 12);
  const unsigned day = two_digits(at + 8, 31);
  const unsigned hour = two_digits(at + 11, 23);
  const unsigned minute = two_digits(at + 14, 59);
  const unsigned second = two_digits(at + 17, 59);
  const unsigned worst = std::max({century, year_of_century, month, day, hour, minute, second});
  if (worst == 100 || month == 0 || day == 0) return std::nullopt;
  const unsigned year = century * 100 + year_of_century;
  if (day > 28) {
    constexpr std::uint8_t kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    if (day > kDays[month - 1] + unsigned{month == 2 && is_leap}) return std::nullopt;
  }
  GoTime time;
  at += 19;
  if (!read_fraction(at, end, time.nanos)) return std::nullopt;
  if (end - at == 1 && *at == 'Z') {
    time.place = &TimeZone::utc();
    time.set_zone("UTC");
  } else if (end - at == 6 && (*at == '+' || *at == '-') && at[3] == ':') {
    const unsigned hours = two_digits(at + 1, 23);
    const unsigned minutes = two_digits(at + 4, 59);
    if (std::max(hours, minutes) == 100) return std::nullopt;
    time.offset = static_cast<std::int32_t>(hours * 3600 + minutes * 60) * (*at == '-' ? -1 : 1);
  } else {
    return std::nullopt;
  }
  const std::int64_t days = days_from_civil(year, static_cast<int>(month), static_cast<int>(day));
  time.seconds = days * 86400 + hour * 3600 + minute * 60 + second - time.offset;
  return time;
}

}  // namespace tailrace
