// Wildcard: one pattern over one text: `*` any run of characters, `?` one character, `[abc]`,
// `[a-z]`, `[^a]` and
// `[!a]` one character of a set, `\` takes the next character literally. It knows no slashes: globs
// over paths match element by element (glob.h).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace tailrace {

class Wildcard {
 public:
  // kInvalid: a [ that is not closed, an empty set, or a \ at the end.
  static Result<Wildcard> compile(std::string_view pattern);

  // Any bytes; those that are not UTF-8 count as one character each.
  bool matches(std::string_view text) const;

  // Whether it matches exactly one text, and which.
  bool is_literal() const noexcept {
    return parts_.empty() || (parts_.size() == 1 && parts_[0].kind == Kind::kText);
  }
  const std::string& literal() const noexcept;

 private:
  enum class Kind : std::uint8_t { kText, kOne, kRun, kSet };
  struct Part {
    Kind kind = Kind::kText;
    bool negated = false;
    std::string text;                                   // kText, never empty
    std::vector<std::pair<char32_t, char32_t>> ranges;  // kSet
  };

  // Takes the set whose [ has just been read. False if it is not one.
  static bool take_set(std::string_view& rest, Part& part);
  // Whether `part` (not kRun) matches at text[at]; moves `at` behind it.
  static bool step(const Part& part, std::string_view text, std::size_t& at);

  std::vector<Part> parts_;
};

}  // namespace tailrace
