#include "parse/regex/syntax.h"

#include <algorithm>

#include "base/text.h"

namespace tailrace::regex {
namespace {

constexpr int kDepthMax = 50;
constexpr int kCountMax = 1000;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

void add_range(Bytes& bytes, int first, int last) {
  for (int c = first; c <= last; ++c) bytes.set(static_cast<std::size_t>(c));
}

// A set of characters: of ASCII each, of the others all or none.
struct Class {
  Bytes ascii;
  bool is_wide = false;
  bool is_folded = false;

  void add(const Class& other) {
    ascii |= other.ascii;
    is_wide = is_wide || other.is_wide;
    is_folded = is_folded || other.is_folded;
  }
  void negate() {
    for (std::size_t c = 0; c < 128; ++c) ascii.flip(c);
    is_wide = !is_wide;
  }
  // Both cases of every letter; k and s have a third form beyond ASCII.
  void fold() {
    for (std::size_t c = 'a'; c <= 'z'; ++c) {
      if (!ascii[c] && !ascii[c - 32]) continue;
      ascii.set(c);
      ascii.set(c - 32);
      is_folded = is_folded || c == 'k' || c == 's';
    }
  }
};

// \d \w \s and their complements.
std::optional<Class> perl_class(char letter) {
  Class out;
  switch (letter | 0x20) {
    case 'd':
      add_range(out.ascii, '0', '9');
      break;
    case 'w':
      add_range(out.ascii, '0', '9');
      add_range(out.ascii, 'a', 'z');
      add_range(out.ascii, 'A', 'Z');
      out.ascii.set('_');
      break;
    case 's':
      for (const char c : {'\t', '\n', '\f', '\r', ' '}) out.ascii.set(static_cast<std::size_t>(c));
      break;
    default:
      return std::nullopt;
  }
  if (letter < 'a') out.negate();
  return out;
}

std::optional<Class> posix_class(std::string_view name) {
  struct Known {
    std::string_view name, ranges;  // pairs of first and last
  };
  constexpr Known kKnown[] = {
      {"alnum", "09AZaz"}, {"alpha", "AZaz"}, {"blank", "\t\t  "},  {"digit", "09"},
      {"graph", "!~"},     {"lower", "az"},   {"print", " ~"},      {"punct", "!/:@[`{~"},
      {"space", "\t\r  "}, {"upper", "AZ"},   {"word", "09AZaz__"}, {"xdigit", "09AFaf"},
  };
  const bool is_negated = name.starts_with('^');
  if (is_negated) name.remove_prefix(1);
  for (const Known& known : kKnown) {
    if (known.name != name) continue;
    Class out;
    for (std::size_t i = 0; i < known.ranges.size(); i += 2)
      add_range(out.ascii, known.ranges[i], known.ranges[i + 1]);
    if (is_negated) out.negate();
    return out;
  }
  return std::nullopt;
}

class SyntaxReader {
 public:
  explicit SyntaxReader(std::string_view text) : rest_(text) {}

  std::optional<std::vector<Sequence>> run() {
    std::vector<Sequence> out;
    if (!alternatives(out) || !rest_.empty()) return std::nullopt;
    return out;
  }

 private:
  bool take(char c) {
    if (rest_.empty() || rest_[0] != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  bool alternatives(std::vector<Sequence>& out) {
    if (++depth_ > kDepthMax) return false;
    do {
      out.emplace_back();
      if (!sequence(out.back())) return false;
    } while (take('|'));
    --depth_;
    return true;
  }

  bool sequence(Sequence& out) {
    while (!rest_.empty() && rest_[0] != '|' && rest_[0] != ')') {
      const std::size_t before = out.size();
      if (!piece(out)) return false;
      // A flag group adds nothing; nothing can be repeated then.
      if (!quantifiers(out, before)) return false;
    }
    return true;
  }

  bool piece(Sequence& out) {
    const char c = rest_[0];
    switch (c) {
      case '(':
        return group(out);
      case '[':
        return bracket_class(out);
      case '*':
      case '+':
      case '?':
        return false;
      case '^':
        rest_.remove_prefix(1);
        out.push_back({.kind = Piece::Kind::kTextStart});
        return true;
      case '$':
        rest_.remove_prefix(1);
        out.push_back({.kind = Piece::Kind::kTextEnd});
        return true;
      case '.': {
        rest_.remove_prefix(1);
        Class any;
        any.negate();
        if (!dot_takes_newline_) any.ascii.reset('\n');
        return add_class(out, any);
      }
      case '\\':
        return escape(out);
      case '{':  // a brace that is no counter is a character; leave the fine print to RE2
      case '}':
        return false;
      default:
        break;
    }
    return add_character(out);
  }

  // Letters in \w have forms beyond ASCII when case does not matter.
  bool folds_word(char letter) const { return ignores_case_ && (letter | 0x20) == 'w'; }

  bool add_class(Sequence& out, const Class& set) {
    Piece piece{.kind = Piece::Kind::kByte,
                .bytes = set.ascii,
                .is_wide = set.is_wide,
                .is_folded = set.is_folded};
    if (set.is_wide) add_range(piece.bytes, 128, 255);
    out.push_back(std::move(piece));
    return true;
  }

  bool add_ascii(Sequence& out, char c) {
    Class set;
    set.ascii.set(static_cast<std::size_t>(c));
    if (ignores_case_) set.fold();
    return add_class(out, set);
  }

  bool add_character(Sequence& out) {
    if (static_cast<unsigned char>(rest_[0]) < 0x80) {
      const char c = rest_[0];
      rest_.remove_prefix(1);
      return add_ascii(out, c);
    }
    if (ignores_case_) return false;
    std::size_t bytes = 0;
    bool is_valid = true;
    const char32_t character = decode_utf8(rest_, bytes, &is_valid);
    // U+FFFD also stands for faulty bytes.
    if (!is_valid || character == 0xFFFD) return false;
    // Repeated it would be a group; its bytes alone must not be.
    const std::string_view behind = rest_.substr(bytes);
    if (!behind.empty() && std::string_view("*+?{").find(behind[0]) != std::string_view::npos)
      return false;
    for (const char byte : rest_.substr(0, bytes)) {
      Piece piece;
      piece.bytes.set(static_cast<unsigned char>(byte));
      out.push_back(std::move(piece));
    }
    rest_.remove_prefix(bytes);
    return true;
  }

  // The ASCII character that an escape stands for; nothing if it is something else.
  std::optional<char> escaped_character() {
    if (rest_.size() < 2) return std::nullopt;
    const char c = rest_[1];
    if (c == 'x') {
      std::size_t at = 2;
      const bool is_braced = rest_.substr(2).starts_with('{');
      if (is_braced) ++at;
      int value = 0;
      std::size_t digits = 0;
      for (; at < rest_.size() && digits < 2; ++at, ++digits) {
        const char d = rest_[at];
        const char small = static_cast<char>(d | 0x20);
        if (is_digit(d)) {
          value = value * 16 + (d - '0');
        } else if (small >= 'a' && small <= 'f') {
          value = value * 16 + (small - 'a') + 10;
        } else {
          break;
        }
      }
      if (digits == 0 || (!is_braced && digits != 2) || value > 127) return std::nullopt;
      if (is_braced && (at >= rest_.size() || rest_[at++] != '}')) return std::nullopt;
      rest_.remove_prefix(at);
      return static_cast<char>(value);
    }
    std::optional<char> out;
    switch (c) {
      case 'a':
        out = '\a';
        break;
      case 'f':
        out = '\f';
        break;
      case 'n':
        out = '\n';
        break;
      case 'r':
        out = '\r';
        break;
      case 't':
        out = '\t';
        break;
      case 'v':
        out = '\v';
        break;
      default:
        if (is_letter(c) || is_digit(c) || static_cast<unsigned char>(c) >= 0x80)
          return std::nullopt;
        out = c;
    }
    rest_.remove_prefix(2);
    return out;
  }

  bool escape(Sequence& out) {
    if (rest_.size() < 2) return false;
    if (auto set = perl_class(rest_[1])) {
      set->is_folded = folds_word(rest_[1]);
      rest_.remove_prefix(2);
      return add_class(out, *set);
    }
    Piece::Kind kind = Piece::Kind::kByte;
    switch (rest_[1]) {
      case 'A':
        kind = Piece::Kind::kTextStart;
        break;
      case 'z':
        kind = Piece::Kind::kTextEnd;
        break;
      case 'b':
        kind = Piece::Kind::kWordEdge;
        break;
      case 'B':
        kind = Piece::Kind::kNoWordEdge;
        break;
      default:
        break;
    }
    if (kind != Piece::Kind::kByte) {
      rest_.remove_prefix(2);
      out.push_back({.kind = kind});
      return true;
    }
    const auto c = escaped_character();
    return c && add_ascii(out, *c);
  }

  bool bracket_class(Sequence& out) {
    rest_.remove_prefix(1);
    const bool is_negated = take('^');
    Class set;
    for (bool is_first = true;; is_first = false) {
      if (rest_.empty()) return false;
      if (rest_[0] == ']' && !is_first) break;
      if (rest_.starts_with("[:")) {
        const std::size_t end = rest_.find(":]");
        if (end == std::string_view::npos) return false;
        auto posix = posix_class(rest_.substr(2, end - 2));
        if (!posix) return false;
        posix->is_folded = ignores_case_;
        set.add(*posix);
        rest_.remove_prefix(end + 2);
        continue;
      }
      if (rest_.size() >= 2 && rest_[0] == '\\') {
        if (auto perl = perl_class(rest_[1])) {
          perl->is_folded = folds_word(rest_[1]);
          set.add(*perl);
          rest_.remove_prefix(2);
          continue;
        }
      }
      const auto first = class_character();
      if (!first) return false;
      char last = *first;
      if (rest_.size() >= 2 && rest_[0] == '-' && rest_[1] != ']') {
        rest_.remove_prefix(1);
        const auto end = class_character();
        if (!end || *end < *first) return false;
        last = *end;
      }
      add_range(set.ascii, *first, last);
    }
    rest_.remove_prefix(1);
    if (ignores_case_) set.fold();
    if (is_negated) set.negate();
    if (set.ascii.none() && !set.is_wide) return false;
    return add_class(out, set);
  }

  std::optional<char> class_character() {
    if (rest_.empty()) return std::nullopt;
    if (rest_[0] == '\\') return escaped_character();
    const char c = rest_[0];
    if (static_cast<unsigned char>(c) >= 0x80) return std::nullopt;
    rest_.remove_prefix(1);
    return c;
  }

  // "(?is-x:" or "(?is)", the question mark taken. `is_group` says which.
  bool flags(bool& is_group) {
    bool value = true;
    for (;;) {
      if (rest_.empty()) return false;
      const char c = rest_[0];
      rest_.remove_prefix(1);
      if (c == ')' || c == ':') {
        is_group = c == ':';
        return true;
      }
      if (c == 'i') {
        ignores_case_ = value;
      } else if (c == 's') {
        dot_takes_newline_ = value;
      } else if (c == '-' && value) {
        value = false;
      } else {
        return false;
      }
    }
  }

  bool group(Sequence& out) {
    rest_.remove_prefix(1);
    const bool outer_case = ignores_case_;
    const bool outer_dot = dot_takes_newline_;
    Piece piece{.kind = Piece::Kind::kGroup};
    if (take('?')) {
      bool is_group = false;
      if (!flags(is_group)) return false;
      if (!is_group) return true;  // the flags hold until the end of the group around
    } else {
      piece.capture = ++captures_;
    }
    if (!alternatives(piece.alternatives) || !take(')')) return false;
    ignores_case_ = outer_case;
    dot_takes_newline_ = outer_dot;
    // Brackets around one thing that capture nothing are not there.
    const bool is_plain =
        piece.capture < 0 && piece.alternatives.size() == 1 && piece.alternatives[0].size() == 1;
    if (is_plain && piece.alternatives[0][0].kind == Piece::Kind::kByte) {
      out.push_back(piece.alternatives[0][0]);
    } else {
      out.push_back(std::move(piece));
    }
    return true;
  }

  // "{2}", "{2,}", "{2,5}" at the start of the rest.
  bool counts(int& min, int& max) {
    rest_.remove_prefix(1);
    const auto number = [&](int& value) {
      if (rest_.size() > 1 && rest_[0] == '0' && is_digit(rest_[1]))
        return false;  // "{02}" is plain text
      value = 0;
      std::size_t digits = 0;
      for (; !rest_.empty() && is_digit(rest_[0]) && digits < 5; ++digits) {
        value = value * 10 + (rest_[0] - '0');
        rest_.remove_prefix(1);
      }
      return digits > 0 && value <= kCountMax;
    };
    if (!number(min)) return false;
    max = min;
    if (take(',')) {
      max = kUnlimited;
      if (!rest_.empty() && rest_[0] != '}' && (!number(max) || max < min)) return false;
    }
    return take('}');
  }

  bool quantifiers(Sequence& out, std::size_t before) {
    if (rest_.empty() || std::string_view("*+?{").find(rest_[0]) == std::string_view::npos)
      return true;
    if (out.size() != before + 1) return false;
    int min = 0;
    int max = kUnlimited;
    switch (rest_[0]) {
      case '*':
        rest_.remove_prefix(1);
        break;
      case '+':
        rest_.remove_prefix(1);
        min = 1;
        break;
      case '?':
        rest_.remove_prefix(1);
        max = 1;
        break;
      default:
        if (!counts(min, max)) return false;
    }
    const bool is_greedy = !take('?');
    // A second operator is an error in Go.
    if (!rest_.empty() && std::string_view("*+?{").find(rest_[0]) != std::string_view::npos)
      return false;
    Piece inner = std::move(out.back());
    out.pop_back();
    Piece piece{.kind = Piece::Kind::kRepeat, .is_greedy = is_greedy, .min = min, .max = max};
    if (inner.kind == Piece::Kind::kByte) {
      piece.of_bytes = true;
      piece.bytes = inner.bytes;
      piece.is_wide = inner.is_wide;
      piece.is_folded = inner.is_folded;
    } else if (inner.kind == Piece::Kind::kGroup) {
      piece.alternatives.push_back({std::move(inner)});
      const bool is_optional = max == 1;
      if (!is_optional && may_be_empty(piece.alternatives[0])) return false;
    } else {
      return false;
    }
    out.push_back(std::move(piece));
    return true;
  }

  std::string_view rest_;
  int depth_ = 0;
  int captures_ = 0;
  bool ignores_case_ = false;
  bool dot_takes_newline_ = false;
};

}  // namespace

bool may_be_empty(const Sequence& sequence) {
  return std::ranges::all_of(sequence, [](const Piece& piece) {
    if (piece.kind == Piece::Kind::kByte) return false;
    if (piece.kind == Piece::Kind::kRepeat && piece.min == 0) return true;
    if (piece.kind == Piece::Kind::kRepeat && piece.of_bytes) return false;
    if (piece.alternatives.empty()) return true;
    return std::ranges::any_of(piece.alternatives, may_be_empty);
  });
}

std::optional<std::vector<Sequence>> parse_syntax(std::string_view expression) {
  return SyntaxReader(expression).run();
}

}  // namespace tailrace::regex
