#include "parse/regex/program.h"

#include <array>
#include <cstring>

namespace tailrace::regex {
namespace {

constexpr std::size_t kStackMax = 256;
// Bytes that loops walk over count as steps too, so that the work stays linear.
constexpr std::size_t kBytesPerStep = 64;

bool is_word(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

// Where to go on when the way taken so far fails. Without initial values: a stack of them is made
// for each search and hardly used.
struct Choice {
  enum class Kind : std::uint8_t { kBranch, kFewer, kMore, kRestore };
  Kind kind;
  std::uint32_t at;   // instruction; kRestore: slot
  const char* place;  // kRestore: what stood in the slot
  const char* limit;  // kFewer: the least; kMore: the most
};

// The last place in [least, most] at which a loop may end so that `next` stands there.
const char* find_last(const char* least, const char* most, const char* end, char next) {
  const auto room = static_cast<std::size_t>(most - least) + (most == end ? 0 : 1);
  return static_cast<const char*>(memrchr(least, next, room));
}
// The first such place.
const char* find_first(const char* least, const char* most, const char* end, char next) {
  const auto room = static_cast<std::size_t>(most - least) + (most == end ? 0 : 1);
  return static_cast<const char*>(std::memchr(least, next, room));
}

}  // namespace

struct Program::Attempt {
  const char* begin;
  const char* end;
  std::array<const char*, 2 * kGroupsMax> slots;
  std::array<Choice, kStackMax> stack;
  std::size_t steps_left;
};

Outcome Program::attempt(Attempt& state, const char* at) const {
  const char* const end = state.end;
  std::size_t depth = 0;
  std::uint32_t pc = 0;
  for (;;) {
    const Instruction& now = code_[pc];
    bool fails = false;
    switch (now.op) {
      case Op::kLiteral:
        if (static_cast<std::size_t>(end - at) < now.b ||
            std::memcmp(at, literals_.data() + now.a, now.b) != 0) {
          fails = true;
        } else {
          at += now.b;
          ++pc;
        }
        break;
      case Op::kByte:
        if (at == end || !sets_[now.set].has(*at)) {
          fails = true;
        } else {
          ++at;
          ++pc;
        }
        break;
      case Op::kRun:
      case Op::kGreedy:
      case Op::kLazy: {
        const auto left = static_cast<std::size_t>(end - at);
        const char* const most = now.max == 0 || left < now.max ? end : at + now.max;
        const char* const stop = sets_[now.set].skip(at, most);
        const auto taken = static_cast<std::size_t>(stop - at);
        const std::size_t cost = taken / kBytesPerStep;
        if (state.steps_left < cost) return Outcome::kGaveUp;
        state.steps_left -= cost;
        if (taken < now.min) {
          fails = true;
          break;
        }
        ++pc;
        if (now.op == Op::kRun) {
          at = stop;
          break;
        }
        const char* const least = at + now.min;
        const bool is_greedy = now.op == Op::kGreedy;
        at = is_greedy ? stop : least;
        if (now.has_next) {
          at = is_greedy ? find_last(least, stop, end, now.next)
                         : find_first(least, stop, end, now.next);
          if (at == nullptr) {
            fails = true;
            break;
          }
        }
        if (at == (is_greedy ? least : stop)) break;  // no other place is left
        if (depth == kStackMax) return Outcome::kGaveUp;
        state.stack[depth++] = is_greedy ? Choice{Choice::Kind::kFewer, pc - 1, at, least}
                                         : Choice{Choice::Kind::kMore, pc - 1, at, stop};
        break;
      }
      case Op::kSplit:
        if (depth == kStackMax) return Outcome::kGaveUp;
        state.stack[depth++] = {Choice::Kind::kBranch, now.b, at, nullptr};
        pc = now.a;
        break;
      case Op::kJump:
        pc = now.a;
        break;
      case Op::kSave:
        // With no choice left open there is nothing to go back to.
        if (depth > 0) {
          if (depth == kStackMax) return Outcome::kGaveUp;
          state.stack[depth++] = {Choice::Kind::kRestore, now.a, state.slots[now.a], nullptr};
        }
        state.slots[now.a] = at;
        ++pc;
        break;
      case Op::kTextStart:
        fails = at != state.begin;
        ++pc;
        break;
      case Op::kTextEnd:
        fails = at != end;
        ++pc;
        break;
      case Op::kWordEdge:
      case Op::kNoWordEdge: {
        const bool before = at != state.begin && is_word(at[-1]);
        const bool behind = at != end && is_word(*at);
        fails = (before != behind) != (now.op == Op::kWordEdge);
        ++pc;
        break;
      }
      case Op::kMatch:
        return Outcome::kMatch;
    }
    while (fails) {
      if (depth == 0) return Outcome::kNoMatch;
      if (state.steps_left-- == 0) return Outcome::kGaveUp;
      Choice& choice = state.stack[depth - 1];
      switch (choice.kind) {
        case Choice::Kind::kRestore:
          state.slots[choice.at] = choice.place;
          --depth;
          continue;
        case Choice::Kind::kBranch:
          pc = choice.at;
          at = choice.place;
          --depth;
          break;
        case Choice::Kind::kFewer:
        case Choice::Kind::kMore: {
          const Instruction& loop = code_[choice.at];
          const bool is_fewer = choice.kind == Choice::Kind::kFewer;
          at = is_fewer ? choice.place - 1 : choice.place + 1;
          if (loop.has_next) {
            at = is_fewer ? find_last(choice.limit, at, end, loop.next)
                          : find_first(at, choice.limit, end, loop.next);
          }
          if (at == nullptr) {
            --depth;
            continue;
          }
          pc = choice.at + 1;
          choice.place = at;
          if (at == choice.limit) --depth;
          break;
        }
      }
      fails = false;
    }
  }
}

// The first place in [at, end] where a match may start; null if there is none.
const char* Program::next_start(const char* at, const char* end) const {
  if (!prefix_.empty()) {
    return static_cast<const char*>(
        memmem(at, static_cast<std::size_t>(end - at), prefix_.data(), prefix_.size()));
  }
  if (!first_) return at;
  while (at != end && !first_->has(*at)) ++at;
  return at == end ? nullptr : at;
}

Outcome Program::search(std::string_view text, std::size_t from,
                        std::span<std::string_view> found) const {
  if (is_anchored_ && from != 0) return Outcome::kNoMatch;
  Attempt state;  // not cleared: slots are set below, the stack when used
  state.begin = text.data();
  state.end = text.data() + text.size();
  state.steps_left = 16 * text.size() + 1000;
  if (!is_anchored_ && !required_.empty() &&
      memmem(state.begin + from, text.size() - from, required_.data(), required_.size()) ==
          nullptr) {
    return Outcome::kNoMatch;
  }
  for (const char* at = state.begin + from;;) {
    if (!is_anchored_) at = next_start(at, state.end);
    if (at == nullptr) return Outcome::kNoMatch;
    for (std::size_t i = 0; i < slots_; ++i) state.slots[i] = nullptr;
    const Outcome outcome = attempt(state, at);
    if (outcome == Outcome::kGaveUp) return outcome;
    if (outcome == Outcome::kMatch) break;
    if (is_anchored_ || at == state.end) return Outcome::kNoMatch;
    const char* behind_run = first_loop_ ? sets_[*first_loop_].skip(at, state.end) : at;
    at = behind_run > at ? behind_run : at + 1;
    if (state.steps_left-- == 0) return Outcome::kGaveUp;
  }
  for (std::size_t i = 0; i < found.size() && 2 * i < slots_; ++i) {
    const char* start = state.slots[2 * i];
    const char* stop = state.slots[2 * i + 1];
    const bool took_part = start != nullptr && stop != nullptr;
    found[i] = took_part ? std::string_view(start, static_cast<std::size_t>(stop - start))
                         : std::string_view();
  }
  return Outcome::kMatch;
}

}  // namespace tailrace::regex
