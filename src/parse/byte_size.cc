#include "parse/byte_size.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <utility>

#include "base/text.h"
#include "parse/go_number.h"

namespace tailrace {
namespace {

constexpr std::array<std::pair<std::string_view, double>, 26> kUnits = {{
    {"", 1},         {"b", 1},        {"k", 1e3},      {"kb", 1e3},     {"ki", 0x1p10},
    {"kib", 0x1p10}, {"m", 1e6},      {"mb", 1e6},     {"mi", 0x1p20},  {"mib", 0x1p20},
    {"g", 1e9},      {"gb", 1e9},     {"gi", 0x1p30},  {"gib", 0x1p30}, {"t", 1e12},
    {"tb", 1e12},    {"ti", 0x1p40},  {"tib", 0x1p40}, {"p", 1e15},     {"pb", 1e15},
    {"pi", 0x1p50},  {"pib", 0x1p50}, {"e", 1e18},     {"eb", 1e18},    {"ei", 0x1p60},
    {"eib", 0x1p60},
}};

}  // namespace

std::optional<std::uint64_t> parse_bytes(std::string_view text) {
  std::size_t digits = 0;
  while (digits < text.size() && ((text[digits] >= '0' && text[digits] <= '9') ||
                                  text[digits] == '.' || text[digits] == ','))
    ++digits;
  std::string number;
  for (const char c : text.substr(0, digits))
    if (c != ',') number += c;
  const std::optional<double> value = parse_go_float(number);
  if (!value) return std::nullopt;
  const std::string unit = ascii_lower(trim_space(text.substr(digits)));
  for (const auto& [name, factor] : kUnits) {
    if (unit != name) continue;
    const double bytes = *value * factor;
    if (bytes >= 0x1p64) return std::nullopt;
    return static_cast<std::uint64_t>(bytes);
  }
  return std::nullopt;
}

std::string format_bytes(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 7> kNames = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
  if (bytes < 10) return std::to_string(bytes) + "B";
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; value >= 1000 && unit + 1 < kNames.size(); ++unit) value /= 1000;
  value = std::floor(value * 10 + 0.5) / 10;
  char out[32];
  std::snprintf(out, sizeof out, value < 10 ? "%.1f" : "%.0f", value);
  return out + std::string(kNames[unit]);
}

}  // namespace tailrace
