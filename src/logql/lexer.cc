#include "logql/lexer.h"

#include <array>

#include "base/text.h"
#include "logql/quantity.h"

namespace tailrace::logql {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Longest first, so that the first that fits is the right one.
constexpr std::array<std::string_view, 33> kPunctuation = {
    "|=", "|~", "|>", "!=", "!~", "!>", "=~", "==", ">=", "<=", "{", "}", "(", ")", "[", "]", ",",
    "=",  "|",  "<",  ">",  "+",  "-",  "*",  "/",  "%",  "^",  ".", ":", "@", "!", "#", ";"};

// The value of an escape behind the backslash at text[at]; moves `at` behind it. False: no such
// escape.
bool read_escape(std::string_view text, std::size_t& at, std::string& out) {
  constexpr std::string_view kNames = "abfnrtv\\\"";
  constexpr std::string_view kValues = "\a\b\f\n\r\t\v\\\"";
  if (at >= text.size()) return false;
  const char name = text[at++];
  if (const std::size_t known = kNames.find(name); known != kNames.npos) {
    out += kValues[known];
    return true;
  }
  const auto number = [&](std::size_t digits, int base) -> std::int64_t {
    if (at + digits > text.size()) return -1;
    std::int64_t value = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      const int digit = hex_digit(text[at++]);
      if (digit < 0 || digit >= base) return -1;
      value = value * base + digit;
    }
    return value;
  };
  if (name >= '0' && name <= '7') {
    --at;
    const std::int64_t value = number(3, 8);
    if (value < 0 || value > 255) return false;
    out += static_cast<char>(value);
    return true;
  }
  if (name == 'x') {
    const std::int64_t value = number(2, 16);
    if (value < 0) return false;
    out += static_cast<char>(value);
    return true;
  }
  if (name == 'u' || name == 'U') {
    const std::int64_t value = number(name == 'u' ? 4 : 8, 16);
    if (value < 0 || value > 0x10ffff || (value >= 0xd800 && value < 0xe000)) return false;
    append_utf8(out, static_cast<char32_t>(value));
    return true;
  }
  return false;
}

class Lexer {
 public:
  explicit Lexer(std::string_view query) : query_(query) {}

  std::vector<Token> run() {
    std::vector<Token> tokens;
    do {
      tokens.push_back(next());
    } while (tokens.back().kind != TokenKind::kEnd && tokens.back().kind != TokenKind::kError);
    return tokens;
  }

 private:
  bool at_end() const { return at_ >= query_.size(); }

  void advance(std::size_t to) {
    for (; at_ < to; ++at_) {
      if (query_[at_] == '\n') {
        ++place_.line;
        place_.column = 1;
      } else if ((static_cast<unsigned char>(query_[at_]) & 0xc0) != 0x80) {
        ++place_.column;  // the first byte of a character
      }
    }
  }

  Token next() {
    skip_blank();
    Token token{.kind = TokenKind::kEnd, .text = {}, .place = place_, .offset = at_};
    if (at_end()) return token;
    const char first = query_[at_];
    if (is_letter(first)) {
      take_word(token, TokenKind::kIdentifier);
    } else if (is_digit(first) ||
               (first == '.' && at_ + 1 < query_.size() && is_digit(query_[at_ + 1]))) {
      take_number(token);
    } else if (first == '"') {
      take_string(token);
    } else if (first == '`') {
      take_raw_string(token);
    } else {
      take_punctuation(token);
    }
    return token;
  }

  void skip_blank() {
    while (!at_end()) {
      if (is_space(query_[at_])) {
        advance(at_ + 1);
      } else if (query_[at_] == '#') {  // a comment, to the end of the line
        const std::size_t end = query_.find('\n', at_);
        advance(end == query_.npos ? query_.size() : end);
      } else {
        return;
      }
    }
  }

  void take(Token& token, TokenKind kind, std::size_t end) {
    token.kind = kind;
    token.text = query_.substr(at_, end - at_);
    advance(end);
  }

  void take_word(Token& token, TokenKind kind) {
    std::size_t end = at_;
    while (end < query_.size() && (is_letter(query_[end]) || is_digit(query_[end]))) ++end;
    take(token, kind, end);
  }

  void take_number(Token& token) {
    std::size_t end = at_;
    std::size_t number_end = at_;
    bool letters = false;
    while (end < query_.size()) {
      const char c = query_[end];
      if (!letters) number_end = end;
      const bool exponent =
          !letters && (c == 'e' || c == 'E') && end + 1 < query_.size() &&
          (is_digit(query_[end + 1]) || query_[end + 1] == '-' || query_[end + 1] == '+');
      if (exponent) {
        end += 2;
        continue;
      }
      const bool micro = query_.substr(end, 2) == "\xc2\xb5";  // the sign in µs
      if (!is_digit(c) && c != '.' && !is_letter(c) && !micro) break;
      letters = letters || is_letter(c) || micro;
      end += micro ? 2 : 1;
    }
    if (!letters) return take(token, TokenKind::kNumber, end);
    // Letters that make no quantity of it are the next word: 20or.
    const std::string_view text = query_.substr(at_, end - at_);
    if (parse_any_duration(text) || parse_bytes(text))
      return take(token, TokenKind::kDuration, end);
    take(token, TokenKind::kNumber, number_end);
  }

  void take_string(Token& token) {
    std::size_t at = at_ + 1;
    while (at < query_.size() && query_[at] != '"' && query_[at] != '\n') {
      if (query_[at] != '\\') {
        token.text += query_[at++];
        continue;
      }
      const std::size_t escape = at++;
      if (read_escape(query_, at, token.text)) continue;
      advance(escape);
      token.kind = TokenKind::kError;
      token.place = place_;
      token.text = "unknown escape sequence `" + std::string(query_.substr(escape, 2)) +
                   "` in a string; a backslash is written \\\\";
      return;
    }
    if (at >= query_.size() || query_[at] != '"') {
      token.kind = TokenKind::kError;
      token.text = "this string does not end";
      return;
    }
    token.kind = TokenKind::kString;
    advance(at + 1);
  }

  void take_raw_string(Token& token) {
    const std::size_t end = query_.find('`', at_ + 1);
    if (end == query_.npos) {
      token.kind = TokenKind::kError;
      token.text = "this string does not end";
      return;
    }
    token.kind = TokenKind::kRawString;
    token.text = query_.substr(at_ + 1, end - at_ - 1);
    advance(end + 1);
  }

  void take_punctuation(Token& token) {
    for (std::string_view each : kPunctuation) {
      if (query_.substr(at_, each.size()) == each) {
        take(token, TokenKind::kPunctuation, at_ + each.size());
        return;
      }
    }
    std::size_t end = at_;
    decode_utf8(query_, end);
    token.kind = TokenKind::kError;
    token.text = "unexpected character ";
    append_go_quoted(token.text, query_.substr(at_, end - at_));
  }

  std::string_view query_;
  std::size_t at_ = 0;
  Place place_;
};

}  // namespace

std::string Token::described() const {
  switch (kind) {
    case TokenKind::kEnd:
      return "the end of the query";
    case TokenKind::kError:
      return text;
    case TokenKind::kString:
    case TokenKind::kRawString: {
      std::string out = "string ";
      append_go_quoted(out, text);
      return out;
    }
    case TokenKind::kIdentifier:
    case TokenKind::kNumber:
    case TokenKind::kDuration:
    case TokenKind::kPunctuation:
      break;
  }
  return "`" + text + "`";
}

std::vector<Token> tokenize(std::string_view query) { return Lexer(query).run(); }

Error error_at(Place place, std::string_view what) {
  return Error{ErrorCode::kInvalid, std::string(what)}.in(std::to_string(place.line) + ":" +
                                                          std::to_string(place.column));
}

}  // namespace tailrace::logql
