// DayNumber: the UTC days by which the store divides everything.
#pragma once

#include <cstdint>

namespace tailrace {

using DayNumber = std::int32_t;  // days since the Unix epoch, UTC
DayNumber day_of(std::int64_t timestamp_ns) noexcept;
std::int64_t day_start_ns(DayNumber day) noexcept;

}  // namespace tailrace
