// The year of a time that was written without one: this year, unless the two lie on the two sides
// of a new year.
#pragma once

#include <cstdint>

#include "parse/go_time.h"

namespace tailrace {

// `time` is of year 0, as GoLayout leaves it. Today is asked of the process's own zone.
GoTime with_missing_year(const GoTime& time, std::int64_t now_ns);

}  // namespace tailrace
