// Unicode classes, as Go writes them, for RE2.
//
// Go takes the names of categories and scripts in any case, with or without blanks, hyphens and
// underscores, the long names of categories (\p{Letter}, \p{uppercase letter}), and a few sets that
// are neither. RE2 knows the short names of categories and the scripts, spelt as Unicode spells
// them.
#pragma once

#include <string>
#include <string_view>

namespace tailrace::regex {

// `expression` with such classes as RE2 knows them. What is no class of Go's stays, for RE2 to
// complain.
std::string rewrite_unicode_classes(std::string_view expression);

}  // namespace tailrace::regex
