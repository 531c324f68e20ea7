// The part of the expression language that our own matcher understands, as a tree.
//
// Understood: characters, ASCII classes and their complements, groups, alternatives, repetitions, ^
// $ \b \B \A \z, the flags i and s. Not understood (RE2 takes these): classes with characters
// beyond ASCII, \p, \Q, octal escapes, the flags m and U, repetitions of what may be empty.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "parse/regex/byte_set.h"

namespace tailrace::regex {

inline constexpr int kUnlimited = -1;

struct Piece {
  enum class Kind : std::uint8_t {
    kByte,    // one byte of a set; of a character beyond ASCII each byte is a piece of its own
    kRepeat,  // of `alternatives` (one, non-capturing) or of `bytes`
    kGroup,   // capturing or not
    kTextStart,
    kTextEnd,
    kWordEdge,
    kNoWordEdge,
  };
  Kind kind = Kind::kByte;
  Bytes bytes = {};
  bool is_wide = false;    // the set holds every character beyond ASCII
  bool is_folded = false;  // ... or some, by ignoring case: only good for ASCII texts
  bool of_bytes = false;   // kRepeat: of `bytes`
  bool is_greedy = true;   // kRepeat
  int min = 1, max = 1;    // kRepeat
  int capture = -1;        // kGroup: 1 and up
  std::vector<std::vector<Piece>> alternatives = {};
};

using Sequence = std::vector<Piece>;

// The alternatives of the whole expression. Nothing if something in it is not understood (or is
// wrong: the other engine tells).
std::optional<std::vector<Sequence>> parse_syntax(std::string_view expression);

// Whether the pieces can match without taking a byte.
bool may_be_empty(const Sequence& sequence);

}  // namespace tailrace::regex
