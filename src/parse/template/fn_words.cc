// Functions that look at words and their case.
//
// snakecase and kebabcase cut a text into runs of one kind (capitals, letters, digits, punctuation,
// connectors) and decide at each border whether a connector goes in:
//
//   HTTPServer -> http_server   the last capital before small letters belongs to them
//   http2xx    -> http_2xx      digits before letters start a word together with them
//   Bld4Floor  -> bld4_floor    digits before anything else end the word before them
//
// Letters are told by their case mapping and by ranges, which is exact for ASCII, Latin, Greek and
// Cyrillic.
#include "base/text.h"
#include "base/unicode_case.h"
#include "parse/template/strings.h"

namespace tailrace::tmpl {
namespace {

bool is_upper(char32_t c) { return to_lower(c) != c && to_upper(c) == c; }
bool is_lower(char32_t c) { return to_upper(c) != c && to_lower(c) == c; }
bool is_connector(char32_t c) { return c == '-' || c == '_' || is_white(c); }
bool is_number(char32_t c) {
  return (c >= '0' && c <= '9') || c == 0xB2 || c == 0xB3 || c == 0xB9 || (c >= 0xBC && c <= 0xBE);
}
bool is_punctuation(char32_t c) {
  if (c < 0x80)
    return c != 0 && std::string_view("!\"#%&'()*,-./:;?@[\\]_{}").find(static_cast<char>(c)) !=
                         std::string_view::npos;
  return c == 0xA1 || c == 0xA7 || c == 0xAB || c == 0xB6 || c == 0xB7 || c == 0xBB || c == 0xBF ||
         (c >= 0x2010 && c <= 0x2027) ||
         (c >= 0x2030 && c <= 0x205E && c != 0x2044 && c != 0x2052) || (c >= 0x3001 && c <= 0x3003);
}
// Letters that have a case, as the library sees it.
bool is_letter(char32_t c) { return is_upper(c) || is_lower(c); }

enum class Kind : std::uint8_t {
  kNone,
  kNumber,
  kCapitals,
  kLetters,
  kConnector,
  kPunctuation,
  kOther
};

struct Word {
  Kind kind = Kind::kNone;
  std::u32string_view text;
};

// Cuts the next word off `rest`.
Word next_word(std::u32string_view& rest) {
  if (rest.empty()) return {};
  std::size_t end = 1;
  const auto run = [&](auto&& belongs) {
    while (end < rest.size() && belongs(rest[end])) ++end;
  };
  const auto is_small = [](char32_t c) { return is_letter(c) && !is_upper(c); };
  Kind kind = Kind::kOther;
  const char32_t first = rest[0];
  if (is_connector(first)) {
    kind = Kind::kConnector;
    run(is_connector);
  } else if (is_punctuation(first)) {
    kind = Kind::kPunctuation;
    run(is_punctuation);
  } else if (is_upper(first)) {
    kind = Kind::kCapitals;
    if (end < rest.size() && is_upper(rest[end])) {
      run(is_upper);
      if (end < rest.size() && is_letter(rest[end])) --end;
    } else {
      run(is_small);
    }
  } else if (is_letter(first)) {
    kind = Kind::kLetters;
    run(is_small);
  } else if (is_number(first)) {
    kind = Kind::kNumber;
    run(is_number);
  } else {
    run([](char32_t c) {
      return !is_connector(c) && !is_letter(c) && !is_number(c) && !is_punctuation(c);
    });
  }
  const Word word{kind, rest.substr(0, end)};
  rest.remove_prefix(end);
  return word;
}

std::u32string characters_of(std::string_view text) {
  std::u32string out;
  for (std::size_t at = 0; at < text.size();) out += decode_utf8(text, at);
  return out;
}
std::string text_of(std::u32string_view characters) {
  std::string out;
  for (const char32_t c : characters) append_utf8(out, c);
  return out;
}

class LowerCase {
 public:
  LowerCase(std::u32string_view text, char32_t connector) : rest_(text), connector_(connector) {}

  std::u32string run() {
    word_ = next_word(rest_);
    while (!rest_.empty()) {
      if (word_.kind != Kind::kConnector) append(word_);
      const Word last = word_;
      word_ = next_word(rest_);
      switch (last.kind) {
        case Kind::kNumber:
          append_letters_and_numbers();
          connect_unless_punctuation();
          break;
        case Kind::kConnector:
          append(last);
          break;
        case Kind::kPunctuation:
          break;
        default:
          behind_letters();
          break;
      }
    }
    append(word_);
    return out_;
  }

 private:
  static bool is_letters_or_number(Kind kind) {
    return kind == Kind::kLetters || kind == Kind::kNumber;
  }

  void append(const Word& word) {
    for (const char32_t c : word.text) {
      if (word.kind == Kind::kConnector) {
        out_ += connector_;
      } else {
        out_ += word.kind == Kind::kCapitals ? to_lower(c) : c;
      }
    }
  }
  void append_letters_and_numbers() {
    while (is_letters_or_number(word_.kind)) {
      append(word_);
      word_ = next_word(rest_);
    }
  }
  void connect_unless_punctuation() {
    const bool needs_none = word_.kind == Kind::kNone || word_.kind == Kind::kPunctuation ||
                            word_.kind == Kind::kConnector;
    if (!needs_none) out_ += connector_;
  }
  void behind_letters() {
    if (word_.kind != Kind::kNumber) {
      if (word_.kind != Kind::kConnector && word_.kind != Kind::kPunctuation) out_ += connector_;
      return;
    }
    if (rest_.empty()) return;
    const Word number = word_;
    word_ = next_word(rest_);
    if (word_.kind != Kind::kLetters) {
      append(number);
      if (word_.kind != Kind::kConnector && word_.kind != Kind::kPunctuation) out_ += connector_;
      return;
    }
    out_ += connector_;
    append(number);
    append_letters_and_numbers();
    connect_unless_punctuation();
  }

  std::u32string_view rest_;
  char32_t connector_;
  Word word_;
  std::u32string out_;
};

Value connected(Call& call, char32_t connector) {
  const std::u32string text = characters_of(call.text(0));
  return call.give(text_of(LowerCase(text, connector).run()));
}
Result<Value> do_snakecase(Call& call) { return connected(call, '_'); }
Result<Value> do_kebabcase(Call& call) { return connected(call, '-'); }

// FirstLetters of words that connectors divide; a word in capitals only becomes Capitalised.
Result<Value> do_camelcase(Call& call) {
  const std::u32string text = characters_of(call.text(0));
  std::u32string out;
  std::size_t at = 0;
  while (at < text.size() && is_connector(text[at])) out += text[at++];
  if (at == text.size()) {
    if (!out.empty()) out += out.back();  // as the library has it
    return call.give(text_of(out));
  }
  bool started_upper = is_upper(text[at]);
  char32_t current = to_upper(text[at]);
  for (++at; at < text.size(); ++at) {
    const char32_t before = current;
    current = text[at];
    if (is_connector(current) && is_connector(before)) {
      out += before;
    } else if (is_connector(before)) {
      started_upper = is_upper(current);
      current = to_upper(current);
    } else {
      if (started_upper && is_upper(current)) {
        current = to_lower(current);
      } else {
        started_upper = false;
      }
      out += before;
    }
  }
  out += current;
  return call.give(text_of(out));
}

// The first letter of each word in title case, as strings.Title: words are letters, digits and
// underscores.
Result<Value> do_title(Call& call) {
  std::u32string text = characters_of(call.text(0));
  char32_t before = ' ';
  for (char32_t& c : text) {
    const bool is_in_word = before < 0x80 ? is_letter(before) || is_number(before) || before == '_'
                                          : !is_white(before) && !is_punctuation(before);
    before = c;
    if (!is_in_word) c = to_title(c);
  }
  return call.give(text_of(text));
}

Result<Value> do_untitle(Call& call) {
  std::u32string text = characters_of(call.text(0));
  bool is_start = true;
  for (char32_t& c : text) {
    if (is_white(c)) {
      is_start = true;
    } else if (is_start) {
      c = to_lower(c);
      is_start = false;
    }
  }
  return call.give(text_of(text));
}

Result<Value> do_swapcase(Call& call) {
  std::u32string text = characters_of(call.text(0));
  bool is_start = true;
  for (char32_t& c : text) {
    if (is_upper(c)) {
      c = to_lower(c);
      is_start = false;
    } else if (is_lower(c)) {
      c = is_start ? to_title(c) : to_upper(c);
      is_start = false;
    } else {
      is_start = is_white(c);
    }
  }
  return call.give(text_of(text));
}

// These two take bytes for characters, as the library does: what is not ASCII comes out as Latin-1.
Result<Value> do_initials(Call& call) {
  std::string out;
  bool is_start = true;
  for (const char byte : call.text(0)) {
    const char32_t c = static_cast<unsigned char>(byte);
    if (is_white(c)) {
      is_start = true;
    } else if (is_start) {
      append_utf8(out, c);
      is_start = false;
    }
  }
  return call.give(out);
}
Result<Value> do_nospace(Call& call) {
  std::string out;
  bool has_white = false;
  for (const char byte : call.text(0)) {
    const char32_t c = static_cast<unsigned char>(byte);
    has_white = has_white || is_white(c);
    if (!is_white(c)) append_utf8(out, c);
  }
  return has_white ? call.give(out) : call[0];
}

constexpr Function kFunctions[] = {
    {"camelcase", "s", do_camelcase}, {"initials", "s", do_initials},
    {"kebabcase", "s", do_kebabcase}, {"nospace", "s", do_nospace},
    {"snakecase", "s", do_snakecase}, {"swapcase", "s", do_swapcase},
    {"title", "s", do_title},         {"untitle", "s", do_untitle},
};

}  // namespace

std::span<const Function> word_functions() { return kFunctions; }

}  // namespace tailrace::tmpl
