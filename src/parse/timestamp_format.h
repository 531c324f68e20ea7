// TimestampFormat: the formats of Promtail's timestamp stage.
//
// Named Go layouts, "Unix" (seconds, with one fraction), "UnixMs", "UnixUs", "UnixNs", and Go
// layouts. A layout without a year takes it from the clock, minding the turn of the year.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "parse/go_time.h"

namespace tailrace {

class TimestampFormat {
 public:
  // `zone` (null: none given) counts for custom layouts only.
  static TimestampFormat compile(std::string_view format, const TimeZone* zone);

  // Nanoseconds since the Unix epoch; nothing if the text does not fit, or lies outside the years
  // 1678 to 2261. `now_ns` is asked only by layouts without a year.
  std::optional<std::int64_t> parse(std::string_view text, std::int64_t now_ns) const;

 private:
  enum class Kind : std::uint8_t { kLayout, kLayoutWithoutYear, kUnix, kUnixMs, kUnixUs, kUnixNs };
  TimestampFormat(Kind kind, std::string_view layout, const TimeZone* zone)
      : kind_(kind), zone_(zone), layout_(GoLayout::compile(layout)) {}

  Kind kind_;
  const TimeZone* zone_;  // null: UTC, and abbreviations of the process's own zone
  GoLayout layout_;
};

}  // namespace tailrace
