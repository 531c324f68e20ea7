#include <algorithm>
#include <map>

#include "parse/regex/program.h"

namespace tailrace::regex {

namespace {

constexpr int kCopiesMax = 40;  // of a group that is repeated by count

Bytes all_bytes() { return Bytes().set(); }
bool has_high_bytes(const Bytes& bytes) { return (bytes >> 128).any(); }

// The only byte of a set.
std::optional<char> single_byte(const Bytes& bytes) {
  if (bytes.count() != 1) return std::nullopt;
  return static_cast<char>(bytes._Find_first());
}

}  // namespace

class ProgramBuilder {
 public:
  std::optional<Program> run(const std::vector<Sequence>& alternatives) {
    save(0);
    if (!emit(alternatives)) return std::nullopt;
    save(1);
    add({.op = Op::kMatch});
    if (out_.code_.size() > Program::kInstructionsMax) return std::nullopt;
    if (out_.slots_ > 2 * Program::kGroupsMax) return std::nullopt;
    out_.is_bytewise_ = is_bytewise_;
    look_ahead();
    find_start();
    if (alternatives.size() == 1) find_required(alternatives[0]);
    return std::move(out_);
  }

 private:
  // What may come at some point of the program.
  struct Ahead {
    Bytes bytes;           // the next byte
    bool may_end = false;  // the match may end here without another byte
    bool is_open = false;  // something looks at the surroundings: anything may matter
  };

  std::uint32_t here() const { return static_cast<std::uint32_t>(out_.code_.size()); }
  std::uint32_t add(const Instruction& instruction) {
    out_.code_.push_back(instruction);
    return here() - 1;
  }
  void save(std::uint32_t slot) {
    add({.op = Op::kSave, .a = slot});
    out_.slots_ = std::max<std::size_t>(out_.slots_, slot + 1);
  }
  std::uint16_t set_of(const Bytes& bytes) {
    for (std::size_t i = 0; i < out_.sets_.size(); ++i) {
      if (out_.sets_[i].bytes() == bytes) return static_cast<std::uint16_t>(i);
    }
    out_.sets_.emplace_back(bytes);
    return static_cast<std::uint16_t>(out_.sets_.size() - 1);
  }

  bool emit(const std::vector<Sequence>& alternatives) {
    std::vector<std::uint32_t> ends;
    for (std::size_t i = 0; i < alternatives.size(); ++i) {
      const bool is_last = i + 1 == alternatives.size();
      const std::uint32_t split = is_last ? 0 : add({.op = Op::kSplit, .a = here() + 1});
      if (!emit(alternatives[i])) return false;
      if (is_last) break;
      ends.push_back(add({.op = Op::kJump}));
      out_.code_[split].b = here();
    }
    for (const std::uint32_t end : ends) out_.code_[end].a = here();
    return here() <= Program::kInstructionsMax;
  }

  bool emit(const Sequence& sequence) {
    for (std::size_t i = 0; i < sequence.size();) {
      std::string literal;
      for (; i < sequence.size() && sequence[i].kind == Piece::Kind::kByte; ++i) {
        const auto byte = single_byte(sequence[i].bytes);
        if (!byte) break;
        literal += *byte;
      }
      if (!literal.empty()) {
        add({.op = Op::kLiteral,
             .a = static_cast<std::uint32_t>(out_.literals_.size()),
             .b = static_cast<std::uint32_t>(literal.size())});
        out_.literals_ += literal;
        continue;
      }
      if (!emit(sequence[i++])) return false;
    }
    return true;
  }

  bool emit(const Piece& piece) {
    if (piece.is_folded) is_bytewise_ = false;
    switch (piece.kind) {
      case Piece::Kind::kByte:
        if (piece.is_wide) is_bytewise_ = false;  // one character may be several bytes
        add({.op = Op::kByte, .set = set_of(piece.bytes)});
        return true;
      case Piece::Kind::kGroup: {
        const auto slot = static_cast<std::uint32_t>(2 * std::max(piece.capture, 0));
        if (piece.capture > 0) save(slot);
        if (!emit(piece.alternatives)) return false;
        if (piece.capture > 0) save(slot + 1);
        return true;
      }
      case Piece::Kind::kRepeat:
        return piece.of_bytes ? emit_loop(piece) : emit_repeat(piece);
      case Piece::Kind::kTextStart:
        add({.op = Op::kTextStart});
        return true;
      case Piece::Kind::kTextEnd:
        add({.op = Op::kTextEnd});
        return true;
      case Piece::Kind::kWordEdge:
        add({.op = Op::kWordEdge});
        return true;
      case Piece::Kind::kNoWordEdge:
        is_bytewise_ = false;  // holds within characters too
        add({.op = Op::kNoWordEdge});
        return true;
    }
    return false;
  }

  bool emit_loop(const Piece& piece) {
    if (piece.max == 0) return true;
    if (piece.is_wide && (piece.min > 1 || piece.max != kUnlimited)) is_bytewise_ = false;
    add({.op = piece.is_greedy ? Op::kGreedy : Op::kLazy,
         .set = set_of(piece.bytes),
         .min = static_cast<std::uint32_t>(piece.min),
         .max = piece.max == kUnlimited ? 0 : static_cast<std::uint32_t>(piece.max)});
    return true;
  }

  std::uint32_t add_split(bool prefers_next) {
    return add({.op = Op::kSplit, .b = prefers_next ? 1U : 0U});
  }
  // Sets where a split leads besides the instruction behind it.
  void close_split(std::uint32_t at, std::uint32_t exit) {
    const bool prefers_next = out_.code_[at].b == 1;
    out_.code_[at].a = prefers_next ? at + 1 : exit;
    out_.code_[at].b = prefers_next ? exit : at + 1;
  }

  bool emit_repeat(const Piece& piece) {
    const Sequence& body = piece.alternatives[0];
    if (piece.min > kCopiesMax || piece.max > kCopiesMax) return false;
    for (int i = 0; i < piece.min; ++i) {
      if (!emit(body)) return false;
    }
    if (piece.max == kUnlimited) {
      const std::uint32_t split = add_split(piece.is_greedy);
      if (!emit(body)) return false;
      add({.op = Op::kJump, .a = split});
      close_split(split, here());
      return true;
    }
    std::vector<std::uint32_t> splits;
    for (int i = piece.min; i < piece.max; ++i) {
      splits.push_back(add_split(piece.is_greedy));
      if (!emit(body)) return false;
    }
    for (const std::uint32_t split : splits) close_split(split, here());
    return true;
  }

  void collect(std::uint32_t at, Ahead& ahead, std::vector<bool>& seen) const {
    for (;;) {
      if (seen[at]) return;
      seen[at] = true;
      const Instruction& instruction = out_.code_[at];
      switch (instruction.op) {
        case Op::kLiteral:
          ahead.bytes.set(static_cast<unsigned char>(out_.literals_[instruction.a]));
          return;
        case Op::kByte:
          ahead.bytes |= out_.sets_[instruction.set].bytes();
          return;
        case Op::kRun:
        case Op::kGreedy:
        case Op::kLazy:
          ahead.bytes |= out_.sets_[instruction.set].bytes();
          if (instruction.min > 0) return;
          ++at;
          continue;
        case Op::kSplit:
          collect(instruction.b, ahead, seen);
          [[fallthrough]];
        case Op::kJump:
          at = instruction.a;
          continue;
        case Op::kSave:
          ++at;
          continue;
        case Op::kTextEnd:
          return;  // nothing may follow
        case Op::kTextStart:
        case Op::kWordEdge:
        case Op::kNoWordEdge:
          ahead.is_open = true;
          return;
        case Op::kMatch:
          ahead.may_end = true;
          return;
      }
    }
  }
  Ahead ahead_of(std::uint32_t at) const {
    Ahead ahead;
    std::vector<bool> seen(out_.code_.size());
    collect(at, ahead, seen);
    return ahead;
  }

  // Finds for each loop what may follow: whether it can end in one place only, which byte to look
  // for, and whether working on bytes is right.
  void look_ahead() {
    for (std::uint32_t at = 0; at < here(); ++at) {
      Instruction& loop = out_.code_[at];
      if (loop.op != Op::kGreedy && loop.op != Op::kLazy) continue;
      const Ahead ahead = ahead_of(at + 1);
      const Bytes& bytes = out_.sets_[loop.set].bytes();
      const bool is_wide = has_high_bytes(bytes);
      const bool ends_on_ascii = !ahead.is_open && !has_high_bytes(ahead.bytes);
      const bool ends_lazily = loop.op == Op::kLazy && ahead.may_end;
      if (is_wide && (!ends_on_ascii || ends_lazily)) out_.is_bytewise_ = false;
      const bool ends_once = !ahead.is_open && (ahead.bytes & bytes).none();
      if (loop.op == Op::kGreedy && ends_once) {
        loop.op = Op::kRun;
      } else if (loop.op == Op::kLazy && ends_once && !ahead.may_end && loop.max == 0) {
        loop.op = Op::kRun;
      }
      const auto next = single_byte(ahead.bytes);
      if (next && !ahead.is_open && !ahead.may_end && !may_stop_at_end(at + 1)) {
        loop.has_next = true;
        loop.next = *next;
      }
    }
  }

  // Whether "$" can be reached without a byte: then the rest need not start with one.
  bool may_stop_at_end(std::uint32_t at) const {
    std::vector<bool> seen(out_.code_.size());
    return reaches_text_end(at, seen);
  }
  bool reaches_text_end(std::uint32_t at, std::vector<bool>& seen) const {
    for (;;) {
      if (seen[at]) return false;
      seen[at] = true;
      const Instruction& instruction = out_.code_[at];
      switch (instruction.op) {
        case Op::kTextEnd:
          return true;
        case Op::kSplit:
          if (reaches_text_end(instruction.b, seen)) return true;
          [[fallthrough]];
        case Op::kJump:
          at = instruction.a;
          continue;
        case Op::kSave:
          ++at;
          continue;
        case Op::kRun:
        case Op::kGreedy:
        case Op::kLazy:
          if (instruction.min > 0) return false;
          ++at;
          continue;
        default:
          return false;
      }
    }
  }

  void find_start() {
    std::uint32_t at = 0;
    while (out_.code_[at].op == Op::kSave) ++at;
    const Instruction& first = out_.code_[at];
    if (first.op == Op::kTextStart) {
      out_.is_anchored_ = true;
      return;
    }
    if (first.op == Op::kLiteral) {
      out_.prefix_ = out_.literals_.substr(first.a, first.b);
      return;
    }
    const bool is_loop = first.op == Op::kRun || first.op == Op::kGreedy || first.op == Op::kLazy;
    if (is_loop && first.max == 0) out_.first_loop_ = first.set;
    const Ahead ahead = ahead_of(0);
    const bool may_be_nothing = ahead.is_open || ahead.may_end || may_stop_at_end(0);
    if (!may_be_nothing && ahead.bytes != all_bytes()) out_.first_.emplace(ahead.bytes);
  }

  // The longest text that every match must hold, from the top level of the expression.
  void find_required(const Sequence& sequence) {
    std::string run;
    for (const Piece& piece : sequence) {
      const auto byte = piece.kind == Piece::Kind::kByte ? single_byte(piece.bytes) : std::nullopt;
      if (byte) {
        run += *byte;
        if (run.size() > out_.required_.size()) out_.required_ = run;
      } else {
        run.clear();
      }
    }
    if (out_.required_ == out_.prefix_) out_.required_.clear();
  }

  Program out_;
  bool is_bytewise_ = true;
};

std::optional<Program> Program::compile(std::string_view expression) {
  const auto alternatives = parse_syntax(expression);
  if (!alternatives) return std::nullopt;
  return ProgramBuilder().run(*alternatives);
}

}  // namespace tailrace::regex
