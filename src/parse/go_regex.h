// GoRegex: Go's regular expressions (RE2 syntax, leftmost-first), asked only for the groups that
// are used.
//
// A group whose text nobody reads costs time in every engine, so compile() takes the names that
// matter and turns the other groups into plain brackets. Expressions in which each step decides the
// next by one byte (most log formats) run on a matcher of our own, all others on RE2; the answers
// are the same.
//
//   auto regex = GoRegex::compile(R"(^(\S+) (?P<status>\d{3}))",
//                                 {.keep = GroupsKept::kListed, .names = {"status"}});
//   std::array<std::string_view, 2> found;  // [0] whole match, [1] status
//   if (regex->search(line, found)) use(found[1]);
//
// Input is any bytes. Bytes that are not UTF-8 match as U+FFFD, one by one, as in Go.
// A compiled expression is immutable and may be used by many threads.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tailrace {

enum class GroupsKept : std::uint8_t {
  kAll,     // every capturing group, in the order of the expression
  kNamed,   // the named ones; of a name used twice only the last
  kListed,  // the named ones in GoRegexOptions::names; names that do not exist are left out
  kNone,    // only whether, or where, it matches
};

struct GoRegexOptions {
  GroupsKept keep = GroupsKept::kAll;
  std::vector<std::string> names = {};
  bool whole_text = false;  // ^(?s:expression)$, as relabel rules and label matchers want it
  bool own_matcher = true;  // false: always RE2; for comparing the two
};

class GoRegex {
 public:
  struct Group {
    std::string name;        // "" if it has none
    std::size_t number = 0;  // in the expression, from 1
  };

  // Errors are kInvalid, in words: "missing closing ) in `(unclosed`".
  static Result<GoRegex> compile(std::string_view expression, const GoRegexOptions& options = {});
  GoRegex(GoRegex&&) noexcept;
  GoRegex& operator=(GoRegex&&) noexcept;
  ~GoRegex();

  // The kept groups; found[i + 1] of search() belongs to groups()[i].
  const std::vector<Group>& groups() const noexcept;
  // Names of all groups in the expression by number (index 0 is the whole match, ""), kept or not.
  const std::vector<std::string>& all_names() const noexcept;
  const std::string& expression() const noexcept;

  bool matches(std::string_view text) const { return search(text, {}); }

  // The leftmost match that starts at `from` or later. found[0] is the whole match, found[i + 1]
  // the text of groups()[i], a view of `text`; a group that took no part has data() == nullptr.
  // `found` may be shorter than groups().size() + 1 (what is left out is not computed) or longer
  // (the rest is left alone).
  bool search(std::string_view text, std::span<std::string_view> found, std::size_t from = 0) const;

  // Which engine runs: for tests and benchmarks.
  bool uses_own_matcher() const noexcept;

 private:
  struct Impl;
  explicit GoRegex(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tailrace
