// All matches of a GoRegex, and what Go builds on them: replace, split, find all.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parse/go_regex.h"

namespace tailrace {

// Walks over the matches as Go's FindAll does: they do not overlap, and an empty match right behind
// the one before it does not count. `text` and `regex` outlive the walk.
//
//   RegexMatches matches(regex, text);
//   while (matches.next()) use(matches.found()[0]);
class RegexMatches {
 public:
  RegexMatches(const GoRegex& regex, std::string_view text);

  // Begins again with another text, without giving up its room.
  void restart(std::string_view text) {
    text_ = text;
    at_ = 0;
    last_end_ = std::string_view::npos;
  }

  bool next();
  const std::vector<std::string_view>& found() const noexcept { return found_; }

 private:
  const GoRegex& regex_;
  std::string_view text_;
  std::vector<std::string_view> found_;
  std::size_t at_ = 0;
  std::size_t last_end_ = std::string_view::npos;
};

// Appends `replacement` to `out` with $1, ${1}, $name, ${name} replaced by groups of `found` and $$
// by $, as Go's Regexp.Expand does. The regex must have been compiled with GroupsKept::kAll.
void expand_replacement(const GoRegex& regex, std::string_view replacement,
                        const std::vector<std::string_view>& found, std::string& out);

std::string regex_replace_all(const GoRegex& regex, std::string_view text,
                              std::string_view replacement);
std::string regex_replace_all_literal(const GoRegex& regex, std::string_view text,
                                      std::string_view replacement);
// At most `count_max` whole matches; negative: all.
std::vector<std::string_view> regex_find_all(const GoRegex& regex, std::string_view text,
                                             int count_max);
// Go's Regexp.Split: at most `count_max` pieces; 0: none; negative: all.
std::vector<std::string_view> regex_split(const GoRegex& regex, std::string_view text,
                                          int count_max);
std::string regex_quote_meta(std::string_view text);

}  // namespace tailrace
