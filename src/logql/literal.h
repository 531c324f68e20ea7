// Expressions that are nothing but text need no regex engine.
#pragma once

#include <string_view>

namespace tailrace::logql {

// Whether `expression` has no character that means something to a regex, so that it matches exactly
// itself.
inline bool is_literal_regex(std::string_view expression) noexcept {
  return expression.find_first_of("\\.+*?()|[]{}^$") == std::string_view::npos;
}

}  // namespace tailrace::logql
