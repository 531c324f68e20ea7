// The level of a line: what becomes its detected_level.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace tailrace {

// Labels, metadata and fields that say a level, the first one that is there counts.
std::span<const std::string_view> level_label_names();

// trace, debug, info, warn, error, critical or fatal for their usual spellings; others as they are,
// "" for "".
std::string_view normal_level(std::string_view value);

// From a field of a JSON or logfmt line, else from words in it; "unknown" if nothing says so. A
// literal.
std::string_view level_of_line(std::string_view line);

}  // namespace tailrace
