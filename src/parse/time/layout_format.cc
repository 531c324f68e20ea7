// Writing a time by a layout.
#include <algorithm>

#include "parse/go_time.h"

namespace tailrace {
namespace {

using go_time::Code;
using go_time::Element;

void append_number(std::string& out, std::int64_t value, std::size_t width, char pad = '0') {
  if (value < 0) {
    out += '-';
    value = -value;
  }
  const std::string digits = std::to_string(value);
  out.append(width > digits.size() ? width - digits.size() : 0, pad);
  out += digits;
}

void append_fraction(std::string& out, const Element& element, std::int32_t nanos) {
  std::string digits = std::to_string(nanos);
  digits.insert(0, 9 - digits.size(), '0');
  digits.resize(std::min<std::size_t>(element.digits, 9));
  digits.append(element.digits - digits.size(), '0');
  if (element.code == Code::kFraction9) {
    while (!digits.empty() && digits.back() == '0') digits.pop_back();
    if (digits.empty()) return;
  }
  out += element.separator;
  out += digits;
}

struct OffsetForm {
  bool colon = false, minutes = true, seconds = false;
};

void append_offset(std::string& out, std::int32_t offset, OffsetForm form) {
  const std::int32_t minutes = offset / 60;  // a part of a minute does not make the sign
  out += minutes < 0 ? '-' : '+';
  append_number(out, std::abs(minutes) / 60, 2);
  if (form.colon) out += ':';
  if (form.minutes) append_number(out, std::abs(minutes) % 60, 2);
  if (!form.seconds) return;
  if (form.colon) out += ':';
  append_number(out, std::abs(offset) % 60, 2);
}

int twelve_hours(int hour) { return hour % 12 == 0 ? 12 : hour % 12; }

void append_zone(std::string& out, Code code, std::int32_t offset) {
  switch (code) {
    case Code::kIsoColon:
    case Code::kZoneColon:
      return append_offset(out, offset, {.colon = true});
    case Code::kIsoShort:
    case Code::kZoneShort:
      return append_offset(out, offset, {.minutes = false});
    case Code::kIsoSeconds:
    case Code::kZoneSeconds:
      return append_offset(out, offset, {.seconds = true});
    case Code::kIsoColonSeconds:
    case Code::kZoneColonSeconds:
      return append_offset(out, offset, {.colon = true, .seconds = true});
    default:
      return append_offset(out, offset, {});
  }
}

void append_element(std::string& out, const Element& element, const CivilTime& civil,
                    const GoTime& time) {
  switch (element.code) {
    case Code::kEnd:
      return;
    case Code::kYear:
      return append_number(out, std::max<std::int64_t>(civil.year, 0) % 100, 2);
    case Code::kLongYear:
      return append_number(out, civil.year, 4);
    case Code::kMonth:
      out += month_name(civil.month).substr(0, 3);
      return;
    case Code::kLongMonth:
      out += month_name(civil.month);
      return;
    case Code::kNumMonth:
      return append_number(out, civil.month, 0);
    case Code::kZeroMonth:
      return append_number(out, civil.month, 2);
    case Code::kWeekDay:
      out += weekday_name(civil.weekday).substr(0, 3);
      return;
    case Code::kLongWeekDay:
      out += weekday_name(civil.weekday);
      return;
    case Code::kDay:
      return append_number(out, civil.day, 0);
    case Code::kUnderDay:
      return append_number(out, civil.day, 2, ' ');
    case Code::kZeroDay:
      return append_number(out, civil.day, 2);
    case Code::kUnderYearDay:
      return append_number(out, civil.year_day, 3, ' ');
    case Code::kZeroYearDay:
      return append_number(out, civil.year_day, 3);
    case Code::kHour:
      return append_number(out, civil.hour, 2);
    case Code::kHour12:
      return append_number(out, twelve_hours(civil.hour), 0);
    case Code::kZeroHour12:
      return append_number(out, twelve_hours(civil.hour), 2);
    case Code::kMinute:
      return append_number(out, civil.minute, 0);
    case Code::kZeroMinute:
      return append_number(out, civil.minute, 2);
    case Code::kSecond:
      return append_number(out, civil.second, 0);
    case Code::kZeroSecond:
      return append_number(out, civil.second, 2);
    case Code::kUpperPm:
      out += civil.hour >= 12 ? "PM" : "AM";
      return;
    case Code::kLowerPm:
      out += civil.hour >= 12 ? "pm" : "am";
      return;
    case Code::kIsoZone:
    case Code::kIsoColon:
    case Code::kIsoShort:
    case Code::kIsoSeconds:
    case Code::kIsoColonSeconds:
      if (time.offset == 0) {
        out += 'Z';
        return;
      }
      return append_zone(out, element.code, time.offset);
    case Code::kZone:
    case Code::kZoneColon:
    case Code::kZoneShort:
    case Code::kZoneSeconds:
    case Code::kZoneColonSeconds:
      return append_zone(out, element.code, time.offset);
    case Code::kZoneName:
      if (time.zone_bytes == 0) return append_offset(out, time.offset, {});
      out += time.zone();
      return;
    case Code::kFraction0:
    case Code::kFraction9:
      return append_fraction(out, element, time.nanos);
  }
}

}  // namespace

void GoLayout::format(const GoTime& time, std::string& out) const {
  const CivilTime civil = civil_from_seconds(time.seconds + time.offset);
  for (const Element& element : elements_) {
    out.append(text_, element.literal_start, element.literal_bytes);
    append_element(out, element, civil, time);
  }
}

}  // namespace tailrace
