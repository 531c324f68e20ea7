// Sizes as people write them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tailrace {

// "5KB", "1.5 GiB", "42": k, m, g, t, p, e are powers of 1000, ki, mi, ... of 1024; any case.
std::optional<std::uint64_t> parse_bytes(std::string_view text);

// "1.5MB", "82kB", "9B": powers of 1000, short.
std::string format_bytes(std::uint64_t bytes);

}  // namespace tailrace
