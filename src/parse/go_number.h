// Numbers as Go's strconv reads them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tailrace {

// ParseFloat(text, 64): decimal and hexadecimal numbers, "inf", "nan" and their longer forms.
// Underscores may stand between digits. Nothing for anything else, and for what is too large for a
// double.
std::optional<double> parse_go_float(std::string_view text);

// ParseInt(text, base, 64); base 0 takes the base from 0x, 0o, 0b, 0 and allows underscores between
// digits.
std::optional<std::int64_t> parse_go_int(std::string_view text, int base);

}  // namespace tailrace
