// Finds the capturing groups of a Go regular expression, without understanding the rest of it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tailrace::regex {

struct ScannedGroup {
  std::size_t open = 0;  // offset of "("
  std::size_t body = 0;  // offset behind "(", "(?P<name>" or "(?<name>"
  std::string name;      // "" if it has none
};

// All capturing groups in the order of their numbers. kInvalid for names that Go refuses; other
// faults are left to the engine that compiles the expression.
Result<std::vector<ScannedGroup>> scan_groups(std::string_view expression);

// The expression in RE2's syntax, with only the groups for which keep[i] is set left capturing,
// without names.
std::string rewrite_groups(std::string_view expression, const std::vector<ScannedGroup>& groups,
                           const std::vector<bool>& keep);

// Whether `\C` (one byte, which Go does not know) stands in the expression.
bool has_byte_escape(std::string_view expression);

}  // namespace tailrace::regex
