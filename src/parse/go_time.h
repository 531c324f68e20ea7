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

#include "parse/time/layout_element.h"
#include "parse/time_zone.h"

namespace tailrace {

// A moment, with the offset and zone name it was written in.
struct GoTime {
  std::int64_t seconds = 0;  // Unix
  std::int32_t nanos = 0;    // [0, 1e9)
  std::int32_t offset = 0;   // seconds east of UTC
  // The place whose rules apply; null for a fixed offset (a numeric zone, an unknown abbreviation).
  const TimeZone* place = nullptr;
  std::array<char, 15> zone_text{};
  std::uint8_t zone_bytes = 0;

  std::string_view zone() const noexcept { return {zone_text.data(), zone_bytes}; }
  void set_zone(std::string_view name) noexcept;
  // Nanoseconds since the Unix epoch; nothing outside the years 1678 to 2261, which do not fit.
  std::optional<std::int64_t> unix_ns() const noexcept;
  static GoTime at(std::int64_t seconds, std::int32_t nanos, const TimeZone& place);
  static GoTime at_ns(std::int64_t unix_ns, const TimeZone& place);
  // The same wall clock and place, some years later; 29 February becomes 1 March where there is
  // none.
  GoTime plus_years(std::int64_t years) const;
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
  std::optional<GoTime> parse(std::string_view text, const TimeZone& zone) const {
    return parse(text, zone, zone);
  }
  // Abbreviations are looked up in another zone. Go's time.Parse is parse(text, utc(), local()).
  std::optional<GoTime> parse(std::string_view text, const TimeZone& zone,
                              const TimeZone& known) const;
  void format(const GoTime& time, std::string& out) const;

 private:
  std::string text_;
  std::vector<go_time::Element> elements_;  // the last is kEnd and brings the trailing literal
  bool is_rfc3339_ = false;
};

// "ANSIC", "UnixDate", "RubyDate", "RFC822", "RFC822Z", "RFC850", "RFC1123", "RFC1123Z", "RFC3339",
// "RFC3339Nano": the layout of that name.
std::optional<std::string_view> named_go_layout(std::string_view name);

// RFC 3339 with any fraction, strict on T and Z, comma allowed as in Go. The quick path of
// GoLayout.
std::optional<GoTime> parse_rfc3339(std::string_view text);

}  // namespace tailrace
