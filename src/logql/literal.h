// Expressions that are nothing but text need no regex engine, and most others have some text in
// them.
#pragma once

#include <string>
#include <string_view>

namespace tailrace::logql {

// Whether `expression` has no character that means something to a regex, so that it matches exactly
// itself.
inline bool is_literal_regex(std::string_view expression) noexcept {
  return expression.find_first_of("\\.+*?()|[]{}^$") == std::string_view::npos;
}

// The longest text that is in everything that a (valid, not anchored) regex matches, as far as that
// can be seen without trying hard: groups, classes and alternatives end a text. "" if there is
// none.
std::string required_literal(std::string_view expression);

}  // namespace tailrace::logql
