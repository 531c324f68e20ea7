#include "parse/time/layout_element.h"

#include <array>
#include <limits>
#include <utility>

namespace tailrace::go_time {
namespace {

struct Word {
  std::string_view text;
  Code code;
  bool ends_word = false;  // a small letter behind it makes it plain text
};

// Longer words stand before their beginnings.
constexpr std::array kWords = {
    Word{"January", Code::kLongMonth},
    Word{"Jan", Code::kMonth, true},
    Word{"Monday", Code::kLongWeekDay},
    Word{"Mon", Code::kWeekDay, true},
    Word{"MST", Code::kZoneName},
    Word{"01", Code::kZeroMonth},
    Word{"02", Code::kZeroDay},
    Word{"03", Code::kZeroHour12},
    Word{"04", Code::kZeroMinute},
    Word{"05", Code::kZeroSecond},
    Word{"06", Code::kYear},
    Word{"002", Code::kZeroYearDay},
    Word{"15", Code::kHour},
    Word{"1", Code::kNumMonth},
    Word{"2006", Code::kLongYear},
    Word{"2", Code::kDay},
    Word{"__2", Code::kUnderYearDay},
    Word{"3", Code::kHour12},
    Word{"4", Code::kMinute},
    Word{"5", Code::kSecond},
    Word{"PM", Code::kUpperPm},
    Word{"pm", Code::kLowerPm},
    Word{"-070000", Code::kZoneSeconds},
    Word{"-07:00:00", Code::kZoneColonSeconds},
    Word{"-0700", Code::kZone},
    Word{"-07:00", Code::kZoneColon},
    Word{"-07", Code::kZoneShort},
    Word{"Z070000", Code::kIsoSeconds},
    Word{"Z07:00:00", Code::kIsoColonSeconds},
    Word{"Z0700", Code::kIsoZone},
    Word{"Z07:00", Code::kIsoColon},
    Word{"Z07", Code::kIsoShort},
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// A fraction at the start of `rest` (".000", ",999"); digits 0 if there is none.
Element read_fraction(std::string_view rest) {
  if (rest.size() < 2 || (rest[0] != '.' && rest[0] != ',')) return {};
  const char digit = rest[1];
  if (digit != '0' && digit != '9') return {};
  std::size_t end = 1;
  while (end < rest.size() && rest[end] == digit) ++end;
  if (end < rest.size() && is_digit(rest[end])) return {};
  if (end - 1 > std::numeric_limits<std::uint8_t>::max()) return {};
  const Code code = digit == '0' ? Code::kFraction0 : Code::kFraction9;
  return {code, static_cast<std::uint8_t>(end - 1), rest[0], 0, 0};
}

// The element at the start of `rest` and its length; length 0: plain text.
std::pair<Element, std::size_t> read_element(std::string_view rest) {
  if (const Element fraction = read_fraction(rest); fraction.digits > 0) {
    return {fraction, std::size_t{fraction.digits} + 1};
  }
  if (rest.starts_with("_2") && !rest.starts_with("_2006")) {
    return {Element{.code = Code::kUnderDay}, 2};
  }
  for (const Word& word : kWords) {
    if (!rest.starts_with(word.text)) continue;
    const std::string_view behind = rest.substr(word.text.size());
    if (word.ends_word && !behind.empty() && behind[0] >= 'a' && behind[0] <= 'z') continue;
    return {Element{.code = word.code}, word.text.size()};
  }
  return {};
}

}  // namespace

std::vector<Element> cut_layout(std::string_view layout) {
  std::vector<Element> elements;
  std::size_t literal = 0;
  const auto add = [&](Element element, std::size_t at) {
    element.literal_start = static_cast<std::uint32_t>(literal);
    element.literal_bytes = static_cast<std::uint32_t>(at - literal);
    elements.push_back(element);
  };
  for (std::size_t at = 0; at < layout.size();) {
    const auto [element, bytes] = read_element(layout.substr(at));
    if (bytes == 0) {
      ++at;
      continue;
    }
    add(element, at);
    at += bytes;
    literal = at;
  }
  add(Element{}, layout.size());
  return elements;
}

}  // namespace tailrace::go_time
