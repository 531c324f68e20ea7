// Program: an expression as instructions for a matcher that tries the alternatives one after the
// other, in the order that leftmost-first matching prescribes.
//
// Trying and going back is quick where it is not needed, and log formats hardly need it: a loop
// over a class that holds no byte which may follow ("[^\"]*\"", "\S+ ") can only end in one place,
// so nothing is remembered for it. Where going back takes too many steps, the matcher gives up and
// RE2 does the work in linear time.
//
// The program works on bytes. is_bytewise() says whether that is right for every text; otherwise
// only for ASCII.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "parse/regex/byte_set.h"
#include "parse/regex/syntax.h"

namespace tailrace::regex {

enum class Op : std::uint8_t {
  kLiteral,  // text: literals_[a, a + b)
  kByte,     // one byte of set a
  kRun,      // bytes of set, min to max, as many as there are; never fewer
  kGreedy,   // the same, fewer when the rest does not match
  kLazy,     // as few as the rest allows
  kSplit,    // a, and if that fails b
  kJump,     // a
  kSave,     // this place into slot a
  kTextStart,
  kTextEnd,
  kWordEdge,
  kNoWordEdge,
  kMatch,
};

struct Instruction {
  Op op = Op::kMatch;
  bool has_next = false;  // loops: the rest starts with the byte `next`
  char next = 0;
  std::uint16_t set = 0;
  std::uint32_t a = 0, b = 0;
  std::uint32_t min = 0, max = 0;  // of loops; max 0: no limit
};

enum class Outcome : std::uint8_t { kMatch, kNoMatch, kGaveUp };

class Program {
 public:
  static constexpr std::size_t kInstructionsMax = 2000;
  static constexpr std::size_t kGroupsMax = 32;

  // Nothing if the expression is not for this engine.
  static std::optional<Program> compile(std::string_view expression);

  bool is_bytewise() const noexcept { return is_bytewise_; }

  // The leftmost match at `from` or later; views of the whole match and the groups into `found`, as
  // far as there is room.
  Outcome search(std::string_view text, std::size_t from, std::span<std::string_view> found) const;

 private:
  friend class ProgramBuilder;
  struct Attempt;

  Outcome attempt(Attempt& state, const char* at) const;
  const char* next_start(const char* at, const char* end) const;

  std::vector<Instruction> code_;
  std::vector<ByteSet> sets_;
  std::string literals_;
  std::size_t slots_ = 2;
  bool is_bytewise_ = false;
  bool is_anchored_ = false;
  // Where a match may start, if it cannot be empty: a text, or a set of bytes.
  std::string prefix_;
  std::optional<ByteSet> first_;
  // A loop at the start: when an attempt failed, none can match that starts within the same run.
  std::optional<std::uint16_t> first_loop_;
  std::string required_;  // stands in every match
};

}  // namespace tailrace::regex
