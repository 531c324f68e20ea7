// Reading a time by a layout. Go's rules, which are looser than the layout looks: hours take one
// digit, a fraction may follow the seconds without being asked for, weekdays are checked for
// spelling only.
#include <algorithm>

#include "parse/go_time.h"

namespace tailrace {
namespace {

using go_time::Code;
using go_time::Element;

bool is_digit(std::string_view text, std::size_t at) {
  return at < text.size() && text[at] >= '0' && text[at] <= '9';
}
bool is_leap(std::int64_t year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }
int days_before(int month) {
  constexpr int kBefore[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365};
  return kBefore[month - 1];
}
int days_in(int month, std::int64_t year) {
  if (month == 2) return is_leap(year) ? 29 : 28;
  return days_before(month + 1) - days_before(month);
}

// What the text has said so far; -1: nothing.
struct Parsed {
  std::int64_t year = 0;
  int month = -1, day = -1, year_day = -1;
  int hour = 0, minute = 0, second = 0, nanos = 0;
  bool is_pm = false, is_am = false, is_utc = false, has_offset = false;
  int offset = 0;
  std::string_view zone_name;
};

// Cursor over the text. Every take_...() says whether it found what it wanted.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  bool at_end() const { return rest_.empty(); }

  // A blank in the layout stands for any run of blanks.
  bool take_literal(std::string_view literal) {
    while (!literal.empty()) {
      if (literal[0] == ' ') {
        if (!rest_.empty() && rest_[0] != ' ') return false;
        literal.remove_prefix(std::min(literal.find_first_not_of(' '), literal.size()));
        rest_.remove_prefix(std::min(rest_.find_first_not_of(' '), rest_.size()));
        continue;
      }
      if (rest_.empty() || rest_[0] != literal[0]) return false;
      literal.remove_prefix(1);
      rest_.remove_prefix(1);
    }
    return true;
  }

  bool take(const Element& element, Code next, Parsed& parsed) {
    switch (element.code) {
      case Code::kEnd:
        return true;
      case Code::kYear:
        return take_short_year(parsed);
      case Code::kLongYear:
        return take_long_year(parsed);
      case Code::kMonth:
        return take_name(month_name, 1, 12, 3, parsed.month);
      case Code::kLongMonth:
        return take_name(month_name, 1, 12, 0, parsed.month);
      case Code::kNumMonth:
      case Code::kZeroMonth:
        return take_number(element.code == Code::kZeroMonth, 1, 12, parsed.month);
      case Code::kWeekDay:
        return take_weekday(3);
      case Code::kLongWeekDay:
        return take_weekday(0);
      case Code::kUnderDay:
        skip_blank();
        [[fallthrough]];
      case Code::kDay:
      case Code::kZeroDay:
        return take_number(element.code == Code::kZeroDay, 0, 99, parsed.day);
      case Code::kUnderYearDay:
        skip_blank();
        skip_blank();
        [[fallthrough]];
      case Code::kZeroYearDay:
        return take_year_day(element.code == Code::kZeroYearDay, parsed.year_day);
      case Code::kHour:
        return take_number(false, 0, 23, parsed.hour);
      case Code::kHour12:
      case Code::kZeroHour12:
        return take_number(element.code == Code::kZeroHour12, 0, 12, parsed.hour);
      case Code::kMinute:
      case Code::kZeroMinute:
        return take_number(element.code == Code::kZeroMinute, 0, 59, parsed.minute);
      case Code::kSecond:
      case Code::kZeroSecond:
        if (!take_number(element.code == Code::kZeroSecond, 0, 59, parsed.second)) return false;
        if (next == Code::kFraction0 || next == Code::kFraction9) return true;
        return take_optional_fraction(parsed);
      case Code::kUpperPm:
        return take_half("AM", "PM", parsed);
      case Code::kLowerPm:
        return take_half("am", "pm", parsed);
      case Code::kZoneName:
        return take_zone_name(parsed);
      case Code::kIsoZone:
      case Code::kIsoColon:
      case Code::kIsoShort:
      case Code::kIsoSeconds:
      case Code::kIsoColonSeconds:
        if (!rest_.empty() && rest_[0] == 'Z') {
          rest_.remove_prefix(1);
          parsed.is_utc = true;
          return true;
        }
        [[fallthrough]];
      case Code::kZone:
      case Code::kZoneColon:
      case Code::kZoneShort:
      case Code::kZoneSeconds:
      case Code::kZoneColonSeconds:
        return take_offset(element.code, parsed);
      case Code::kFraction0:
        return take_fraction(std::size_t{element.digits} + 1, parsed);
      case Code::kFraction9:
        return take_optional_fraction(parsed);
    }
    return false;
  }

 private:
  void skip_blank() {
    if (!rest_.empty() && rest_[0] == ' ') rest_.remove_prefix(1);
  }

  // One or two digits, exactly two if `fixed`.
  bool take_number(bool fixed, int min, int max, int& value) {
    if (!is_digit(rest_, 0)) return false;
    const bool two = is_digit(rest_, 1);
    if (!two && fixed) return false;
    value = two ? (rest_[0] - '0') * 10 + (rest_[1] - '0') : rest_[0] - '0';
    rest_.remove_prefix(two ? 2 : 1);
    return value >= min && value <= max;
  }

  bool take_year_day(bool fixed, int& value) {
    std::size_t digits = 0;
    value = 0;
    for (; digits < 3 && is_digit(rest_, digits); ++digits)
      value = value * 10 + (rest_[digits] - '0');
    if (digits == 0 || (fixed && digits != 3)) return false;
    rest_.remove_prefix(digits);
    return true;
  }

  // Two characters; a sign is one of them, as Go's number reader has it.
  bool take_short_year(Parsed& parsed) {
    if (rest_.size() < 2 || !is_digit(rest_, 1)) return false;
    int year = rest_[1] - '0';
    if (is_digit(rest_, 0)) {
      year += (rest_[0] - '0') * 10;
    } else if (rest_[0] == '-') {
      year = -year;
    } else if (rest_[0] != '+') {
      return false;
    }
    parsed.year = year + (year >= 69 ? 1900 : 2000);
    rest_.remove_prefix(2);
    return true;
  }

  bool take_long_year(Parsed& parsed) {
    parsed.year = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      if (!is_digit(rest_, i)) return false;
      parsed.year = parsed.year * 10 + (rest_[i] - '0');
    }
    rest_.remove_prefix(4);
    return true;
  }

  // A name from a table in any case, or its first `bytes` letters.
  template <class Names>
  bool take_name(Names&& names, int first, int last, std::size_t bytes, int& value) {
    for (int i = first; i <= last; ++i) {
      const std::string_view name = names(i).substr(0, bytes == 0 ? std::string_view::npos : bytes);
      if (rest_.size() < name.size()) continue;
      const auto same = [](char a, char b) { return (a | 0x20) == (b | 0x20); };
      if (!std::equal(name.begin(), name.end(), rest_.begin(), same)) continue;
      value = i;
      rest_.remove_prefix(name.size());
      return true;
    }
    return false;
  }

  bool take_weekday(std::size_t bytes) {
    int ignored = 0;
    return take_name(weekday_name, 0, 6, bytes, ignored);
  }

  bool take_half(std::string_view am, std::string_view pm, Parsed& parsed) {
    if (rest_.starts_with(pm)) {
      parsed.is_pm = true;
    } else if (rest_.starts_with(am)) {
      parsed.is_am = true;
    } else {
      return false;
    }
    rest_.remove_prefix(2);
    return true;
  }

  // `bytes` bytes: separator and digits. Digits behind the ninth are cut.
  bool take_fraction(std::size_t bytes, Parsed& parsed) {
    if (rest_.size() < bytes || (rest_[0] != '.' && rest_[0] != ',')) return false;
    std::string_view digits = rest_.substr(1, std::min<std::size_t>(bytes, 10) - 1);
    rest_.remove_prefix(bytes);
    int scale = 1;
    for (std::size_t i = digits.size(); i < 9; ++i) scale *= 10;
    bool negative = false;
    if (digits[0] == '-' || digits[0] == '+') {  // Go's number reader again
      negative = digits[0] == '-';
      digits.remove_prefix(1);
      if (digits.empty()) return false;
    }
    int value = 0;
    for (std::size_t i = 0; i < digits.size(); ++i) {
      if (!is_digit(digits, i)) return false;
      value = value * 10 + (digits[i] - '0');
    }
    parsed.nanos = value * scale;
    return !negative || value == 0;
  }

  bool take_optional_fraction(Parsed& parsed) {
    if (rest_.size() < 2 || (rest_[0] != '.' && rest_[0] != ',') || !is_digit(rest_, 1))
      return true;
    std::size_t end = 2;
    while (is_digit(rest_, end)) ++end;
    return take_fraction(end, parsed);
  }

  bool take_offset(Code code, Parsed& parsed) {
    struct Form {
      std::size_t bytes, minutes_at, seconds_at;  // 0: not there
    };
    Form form{5, 3, 0};
    if (code == Code::kZoneColon || code == Code::kIsoColon) form = {6, 4, 0};
    if (code == Code::kZoneShort || code == Code::kIsoShort) form = {3, 0, 0};
    if (code == Code::kZoneSeconds || code == Code::kIsoSeconds) form = {7, 3, 5};
    if (code == Code::kZoneColonSeconds || code == Code::kIsoColonSeconds) form = {9, 4, 7};
    if (rest_.size() < form.bytes) return false;
    if (form.minutes_at == 4 && rest_[3] != ':') return false;
    if (form.seconds_at == 7 && rest_[6] != ':') return false;
    const auto two_digits = [&](std::size_t at, int max) {
      if (at == 0) return 0;
      if (!is_digit(rest_, at) || !is_digit(rest_, at + 1)) return -1;
      const int value = (rest_[at] - '0') * 10 + (rest_[at + 1] - '0');
      return value <= max ? value : -1;
    };
    const int hours = two_digits(1, 24);  // 24:60:60 is as far as people go
    const int minutes = two_digits(form.minutes_at, 60);
    const int seconds = two_digits(form.seconds_at, 60);
    if (hours < 0 || minutes < 0 || seconds < 0) return false;
    if (rest_[0] != '+' && rest_[0] != '-') return false;
    const int offset = (hours * 60 + minutes) * 60 + seconds;
    parsed.has_offset = true;
    parsed.offset = rest_[0] == '-' ? -offset : offset;
    rest_.remove_prefix(form.bytes);
    return true;
  }

  // "+h", "-hh" at `at` with at most 23 hours: how many bytes, 0 if it is not there.
  std::size_t signed_hours(std::size_t at) const {
    if (at >= rest_.size() || (rest_[at] != '+' && rest_[at] != '-')) return 0;
    std::size_t end = at + 1;
    int value = 0;
    for (; is_digit(rest_, end); ++end) value = std::min(value * 10 + (rest_[end] - '0'), 1000);
    return end == at + 1 || value > 23 ? 0 : end - at;
  }

  std::size_t zone_name_bytes() const {
    if (rest_.size() < 3) return 0;
    if (rest_.starts_with("ChST") || rest_.starts_with("MeST")) return 4;
    if (rest_.starts_with("GMT")) return 3 + signed_hours(3);
    if (rest_[0] == '+' || rest_[0] == '-') return signed_hours(0);
    std::size_t capitals = 0;
    while (capitals < 6 && capitals < rest_.size() && rest_[capitals] >= 'A' &&
           rest_[capitals] <= 'Z') {
      ++capitals;
    }
    if (capitals == 3) return 3;
    if (capitals == 4) return rest_[3] == 'T' || rest_.starts_with("WITA") ? 4 : 0;
    if (capitals == 5) return rest_[4] == 'T' ? 5 : 0;
    return 0;
  }

  bool take_zone_name(Parsed& parsed) {
    if (rest_.starts_with("UTC")) {
      parsed.is_utc = true;
      rest_.remove_prefix(3);
      return true;
    }
    const std::size_t bytes = zone_name_bytes();
    if (bytes == 0) return false;
    parsed.zone_name = rest_.substr(0, bytes);
    rest_.remove_prefix(bytes);
    return true;
  }

  std::string_view rest_;
};

// Day of the year to month and day, which must agree with those given.
bool settle_year_day(Parsed& parsed) {
  int month = 0;
  int day = 0;
  int year_day = parsed.year_day;
  if (is_leap(parsed.year)) {
    if (year_day == 31 + 29) {
      month = 2;
      day = 29;
    } else if (year_day > 31 + 29) {
      --year_day;
    }
  }
  if (year_day < 1 || year_day > 365) return false;
  if (month == 0) {
    month = (year_day - 1) / 31 + 1;
    if (days_before(month + 1) < year_day) ++month;
    day = year_day - days_before(month);
  }
  if (parsed.month >= 0 && parsed.month != month) return false;
  if (parsed.day >= 0 && parsed.day != day) return false;
  parsed.month = month;
  parsed.day = day;
  return true;
}

bool settle_date(Parsed& parsed) {
  if (parsed.is_pm && parsed.hour < 12) parsed.hour += 12;
  if (parsed.is_am && parsed.hour == 12) parsed.hour = 0;
  if (parsed.year_day >= 0) {
    if (!settle_year_day(parsed)) return false;
  } else {
    if (parsed.month < 0) parsed.month = 1;
    if (parsed.day < 0) parsed.day = 1;
  }
  return parsed.day >= 1 && parsed.day <= days_in(parsed.month, parsed.year);
}

GoTime fixed_time(std::int64_t seconds, const Parsed& parsed, int offset) {
  GoTime time;
  time.seconds = seconds;
  time.nanos = parsed.nanos;
  time.offset = offset;
  time.set_zone(parsed.zone_name);
  return time;
}

GoTime settle_zone(const Parsed& parsed, const TimeZone& zone, const TimeZone& known) {
  const std::int64_t wall = days_from_civil(parsed.year, parsed.month, parsed.day) * 86400 +
                            parsed.hour * 3600 + parsed.minute * 60 + parsed.second;
  if (parsed.is_utc) return GoTime::at(wall, parsed.nanos, TimeZone::utc());
  if (parsed.has_offset) {
    const std::int64_t seconds = wall - parsed.offset;
    const TimeZone::Period period = known.at(seconds);
    const bool is_known = period.offset == parsed.offset &&
                          (parsed.zone_name.empty() || parsed.zone_name == period.abbreviation);
    if (is_known) return GoTime::at(seconds, parsed.nanos, known);
    return fixed_time(seconds, parsed, parsed.offset);
  }
  if (!parsed.zone_name.empty()) {
    if (const auto offset = known.offset_of(parsed.zone_name, wall)) {
      return GoTime::at(wall - *offset, parsed.nanos, known);
    }
    // Unknown: the wall time is taken for UTC, even of "GMT+3", which only shows its offset when
    // printed.
    int shown = 0;
    if (parsed.zone_name.size() > 3 && parsed.zone_name.starts_with("GMT")) {
      for (const char c : parsed.zone_name.substr(4)) shown = shown * 10 + (c - '0');
      if (parsed.zone_name[3] == '-') shown = -shown;
    }
    return fixed_time(wall, parsed, shown * 3600);
  }
  return GoTime::at(zone.from_wall(wall), parsed.nanos, zone);
}

}  // namespace

std::optional<GoTime> GoLayout::parse(std::string_view text, const TimeZone& zone,
                                      const TimeZone& known) const {
  if (is_rfc3339_) {
    // A numeric zone that is also the offset of `known` makes its name; only printing could tell.
    if (std::optional<GoTime> quick = parse_rfc3339(text)) {
      if (quick->place != nullptr || &known == &TimeZone::utc()) return quick;
      if (known.at(quick->seconds).offset == quick->offset) {
        return GoTime::at(quick->seconds, quick->nanos, known);
      }
      return quick;
    }
  }
  Parsed parsed;
  Reader reader(text);
  for (std::size_t i = 0; i < elements_.size(); ++i) {
    const Element& element = elements_[i];
    const std::string_view literal =
        std::string_view(text_).substr(element.literal_start, element.literal_bytes);
    if (!reader.take_literal(literal)) return std::nullopt;
    const Code next = i + 1 < elements_.size() ? elements_[i + 1].code : Code::kEnd;
    // "05" asks whether a fraction stands next in the layout, text between them or not.
    if (!reader.take(element, next, parsed)) return std::nullopt;
  }
  if (!reader.at_end() || !settle_date(parsed)) return std::nullopt;
  return settle_zone(parsed, zone, known);
}

}  // namespace tailrace
