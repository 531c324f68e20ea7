// The elements of Go's time layouts, and how a layout is cut into them.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace tailrace::go_time {

enum class Code : std::uint8_t {
  kEnd,
  kYear,
  kLongYear,  // 06, 2006
  kMonth,
  kLongMonth,
  kNumMonth,
  kZeroMonth,  // Jan, January, 1, 01
  kWeekDay,
  kLongWeekDay,  // Mon, Monday
  kDay,
  kUnderDay,
  kZeroDay,
  kUnderYearDay,
  kZeroYearDay,  // 2, _2, 02, __2, 002
  kHour,
  kHour12,
  kZeroHour12,  // 15, 3, 03
  kMinute,
  kZeroMinute,
  kSecond,
  kZeroSecond,  // 4, 04, 5, 05
  kUpperPm,
  kLowerPm,   // PM, pm
  kZoneName,  // MST
  kZone,
  kZoneColon,
  kZoneShort,
  kZoneSeconds,
  kZoneColonSeconds,  // -0700 -07:00 -07 -070000 -07:00:00
  kIsoZone,
  kIsoColon,
  kIsoShort,
  kIsoSeconds,
  kIsoColonSeconds,  // the same with Z for UTC
  kFraction0,
  kFraction9,  // .000, .999
};

struct Element {
  Code code = Code::kEnd;
  std::uint8_t digits = 0;                             // of fractions
  char separator = '.';                                // of fractions
  std::uint32_t literal_start = 0, literal_bytes = 0;  // what stands in front of it in the layout
};

std::vector<Element> cut_layout(std::string_view layout);

}  // namespace tailrace::go_time
