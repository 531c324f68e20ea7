// Quantities that appear in queries and in label values; sizes are those of parse/byte_size.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "parse/byte_size.h"

namespace tailrace::logql {

// Longest range, offset and step, about 31 years: sums of a few of them and a time fit in 64 bits.
inline constexpr std::int64_t kDurationMaxNs = 1'000'000'000'000'000'000;

// "1h30m", "1d", "1.5s": Prometheus' durations, or Go's. In ns.
std::optional<std::int64_t> parse_any_duration(std::string_view text);

}  // namespace tailrace::logql
