// Upper, lower and title case of Unicode text, exactly as Go's packages unicode and strings map it:
// one character to one character, no locale, no special cases (the German sharp s stays).
#pragma once

#include <string>
#include <string_view>

namespace tailrace {

// unicode.ToUpper, unicode.ToLower, unicode.ToTitle.
char32_t to_upper(char32_t character) noexcept;
char32_t to_lower(char32_t character) noexcept;
char32_t to_title(char32_t character) noexcept;

// strings.ToUpper, strings.ToLower: every byte that is not UTF-8 becomes U+FFFD.
std::string to_upper(std::string_view text);
std::string to_lower(std::string_view text);

}  // namespace tailrace
