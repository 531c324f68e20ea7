// Glob: patterns over paths, with the rules of Promtail's __path__:
//
//   *        any run of characters but "/", leading dots included
//   **       as a whole element: any number of directories, none too
//   ?        one character but "/"
//   [a-z]    one of; [^a] and [!a]: none of
//   {a,b/c}  alternatives; may nest
//   \        takes the next character literally
//
// expand() reads only directories that can hold a match: fixed elements cost one lookup, and all
// alternatives walk together, so each directory is read once.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/path_stamps.h"
#include "base/result.h"
#include "base/wildcard.h"

namespace tailrace {

class Glob {
 public:
  // More alternatives (multiplied out) than this are refused.
  static constexpr std::size_t kAlternativesMax = 4096;
  // Directories that one expand() may reach through symbolic links below `**`; the rest of them is
  // left out.
  static constexpr std::size_t kLinkedDirectoriesMax = 10'000;

  // A relative pattern is made absolute. kInvalid, with what is wrong: brackets or braces that are
  // not closed.
  static Result<Glob> compile(std::string_view pattern);

  // Whether `path` (absolute) is one that expand() would give if it existed.
  bool matches(std::string_view path) const;

  // The paths of all matching files: sorted, each once; no directories, no dangling links. Symbolic
  // links to directories are followed, but not into a directory that the path is already in. A
  // pattern that names an existing file literally gives that file alone, whatever brackets stand in
  // it. Directories that cannot be read hold nothing. Blocks on the disk. `stamps` is told all that
  // the answer depends on.
  std::vector<std::string> expand(PathStamps* stamps = nullptr) const;

  const std::string& pattern() const noexcept { return pattern_; }

 private:
  friend class GlobWalk;
  struct Element {
    bool any_depth = false;  // **
    Wildcard wildcard;
  };
  using Alternative = std::vector<Element>;

  std::string pattern_;  // absolute
  std::vector<Alternative> alternatives_;
};

// The files of `pattern`, which may be malformed as long as it names an existing file literally;
// else kInvalid.
Result<std::vector<std::string>> expand_glob(std::string_view pattern);

}  // namespace tailrace
