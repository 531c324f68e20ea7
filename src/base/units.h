// Durations and sizes as configurations write them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tailrace {

// Go's time.ParseDuration: "1h30m", "1.5s", "300ms", "-2us"; units ns us µs ms s m h; "0" alone. In
// ns.
Result<std::int64_t> parse_go_duration(std::string_view text);
// Go's Duration.String: "1h30m0s", "1.5s", "300ms", "0s".
std::string format_go_duration(std::int64_t ns);

// Prometheus' model.Duration: integers with units y w d h m s ms, largest first, each once. In ns.
Result<std::int64_t> parse_prometheus_duration(std::string_view text);
std::string format_prometheus_duration(std::int64_t ns);

// "256kb", "1 MB", "100B", "100": 1024-based, any case, no fractions. In bytes.
Result<std::uint64_t> parse_size(std::string_view text);

}  // namespace tailrace
