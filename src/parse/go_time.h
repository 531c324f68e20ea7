// GoLayout: times as text, by Go's layouts ("2006-01-02 15:04:05"), compiled once into elements.
//
// Parsing and formatting follow Go's time.ParseInLocation and Time.Format. RFC 3339 texts, by far
// the most common, take a path of their own.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parse/time_zone.h"

namespace tailrace {

// A moment, with the offset and zone name it was written in.
struct GoTime {
  std::int64_t seconds = 0;  // Unix
  std::int32_t nanos = 0;    // [0, 1e9)
  std::int32_t offset = 0;   // seconds east of UTC
  std::array<char, 8> zone_text{};
  std::uint8_t zone_bytes = 0;

  std::string_view zone() const noexcept { return {zone_text.data(), zone_bytes}; }
  void set_zone(std::string_view name) noexcept;
  // Nanoseconds since the Unix epoch; nothing outside the years 1678 to 2261, which do not fit.
  std::optional<std::int64_t> unix_ns() const noexcept;
  static GoTime at(std::int64_t seconds, std::int32_t nanos, const TimeZone& zone);
  static GoTime at_ns(std::int64_t unix_ns, const TimeZone& zone);
};

// A date and time of day on somebody's wall.
struct CivilTime {
  std::int64_t year = 1970;
  int month = 1, day = 1;  // from 1
  int hour = 0, minute = 0, second = 0;
  int weekday = 4;   // 0 is Sunday
  int year_day = 1;  // from 1
};
CivilTime civil_from_seconds(std::int64_t wall_seconds) noexcept;
std::int64_t days_from_civil(std::int64_t year, int month, int day) noexcept;
std::string_view month_name(int month) noexcept;      // 1: "January"
std::string_view weekday_name(int weekday) noexcept;  // 0: "Sunday"

class GoLayout {
 public:
  // Every text is a layout. `layout` may be a name such as "RFC3339Nano" only if looked up with
  // named_go_layout() first.
  static GoLayout compile(std::string_view layout);

  const std::string& text() const noexcept { return text_; }

  // A text without zone is taken as of `zone`. Nothing if it does not fit wholly. Never allocates.
  std::optional<GoTime> parse(std::string_view text, const TimeZone& zone) const;
  // Why it does not fit, in words; slow.
  std::string explain(std::string_view text, const TimeZone& zone) const;
  void format(const GoTime& time, std::string& out) const;

 private:
  struct Element {
    std::uint8_t code = 0;                               // an element of go_time_element.h
    std::uint8_t digits = 0;                             // of fractions
    char separator = '.';                                // of fractions
    std::uint32_t literal_start = 0, literal_bytes = 0;  // what stands in front, within text_
  };
  struct Parsed;
  const char* parse_element(const Element& element, Parsed& parsed, std::string_view& rest) const;
  const char* parse_into(std::string_view text, const TimeZone& zone, GoTime& out) const;

  std::string text_;
  std::vector<Element> elements_;  // the last has code 0 and holds the trailing literal
  bool is_rfc3339_ = false;
};

// "ANSIC", "UnixDate", "RubyDate", "RFC822", "RFC822Z", "RFC850", "RFC1123", "RFC1123Z", "RFC3339",
// "RFC3339Nano": the layout of that name.
std::optional<std::string_view> named_go_layout(std::string_view name);

// RFC 3339 with any fraction, strict on T and Z, comma allowed as in Go. The quick path of
// GoLayout.
std::optional<GoTime> parse_rfc3339(std::string_view text);

}  // namespace tailrace
