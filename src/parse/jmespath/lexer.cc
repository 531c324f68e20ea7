#include "parse/jmespath/lexer.h"

#include <optional>

#include "parse/json_value.h"

namespace tailrace::jmespath {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_name_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

struct Symbol {
  std::string_view text;
  TokenKind kind;
};
// Longer symbols stand before their beginnings.
constexpr Symbol kSymbols[] = {
    {"||", TokenKind::kOr},          {"|", TokenKind::kPipe},
    {"&&", TokenKind::kAnd},         {"&", TokenKind::kReference},
    {"!=", TokenKind::kNotEqual},    {"!", TokenKind::kNot},
    {"==", TokenKind::kEqual},       {"<=", TokenKind::kLessEqual},
    {"<", TokenKind::kLess},         {">=", TokenKind::kGreaterEqual},
    {">", TokenKind::kGreater},      {"[?", TokenKind::kFilter},
    {"[]", TokenKind::kFlatten},     {"[", TokenKind::kOpenBracket},
    {"]", TokenKind::kCloseBracket}, {"{", TokenKind::kOpenBrace},
    {"}", TokenKind::kCloseBrace},   {"(", TokenKind::kOpenParen},
    {")", TokenKind::kCloseParen},   {".", TokenKind::kDot},
    {"*", TokenKind::kStar},         {",", TokenKind::kComma},
    {":", TokenKind::kColon},        {"@", TokenKind::kCurrent},
};

// Offset of the next `quote` behind `at` that no backslash escapes.
std::optional<std::size_t> find_close(std::string_view text, std::size_t at, char quote) {
  for (; at < text.size(); ++at) {
    if (text[at] == quote) return at;
    if (text[at] == '\\' && at + 1 < text.size()) ++at;
  }
  return std::nullopt;
}

std::string without_escapes_of(std::string_view text, char quote) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size() && text[i + 1] == quote) ++i;
    out += text[i];
  }
  return out;
}

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  Result<std::vector<Token>> run() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
        ++at_;
      } else if (is_name_start(c)) {
        take_word(TokenKind::kName, [](char d) { return is_name_start(d) || is_digit(d); });
      } else if (is_digit(c) || c == '-') {
        take_word(TokenKind::kNumber, is_digit);
      } else if (c == '"' || c == '\'' || c == '`') {
        TAILRACE_CHECK(take_quoted(c));
      } else {
        TAILRACE_CHECK(take_symbol());
      }
    }
    add(TokenKind::kEnd, text_.size(), {});
    return std::move(tokens_);
  }

 private:
  void add(TokenKind kind, std::size_t at, std::string text) {
    tokens_.push_back({kind, at, std::move(text)});
  }

  template <class Belongs>
  void take_word(TokenKind kind, Belongs&& belongs) {
    const std::size_t start = at_++;
    while (at_ < text_.size() && belongs(text_[at_])) ++at_;
    add(kind, start, std::string(text_.substr(start, at_ - start)));
  }

  Result<void> take_quoted(char quote) {
    const std::size_t start = at_;
    const std::optional<std::size_t> close = find_close(text_, start + 1, quote);
    if (!close) {
      return syntax_error(text_, start, std::string("the ") + quote + " is never closed");
    }
    at_ = *close + 1;
    const std::string_view body = text_.substr(start + 1, *close - start - 1);
    if (quote == '\'') {
      add(TokenKind::kText, start, without_escapes_of(body, '\''));
    } else if (quote == '`') {
      add(TokenKind::kLiteral, start, without_escapes_of(body, '`'));
    } else {
      Arena arena;
      const auto name = parse_json(text_.substr(start, at_ - start), arena);
      if (!name) return syntax_error(text_, start, "the quoted name is no JSON string");
      add(TokenKind::kQuotedName, start, std::string(name->text()));
    }
    return {};
  }

  Result<void> take_symbol() {
    for (const Symbol& symbol : kSymbols) {
      if (!text_.substr(at_).starts_with(symbol.text)) continue;
      add(symbol.kind, at_, std::string(symbol.text));
      at_ += symbol.text.size();
      return {};
    }
    if (text_[at_] == '=') return syntax_error(text_, at_, "\"=\" is no operator, \"==\" is");
    return syntax_error(text_, at_, "unknown character");
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::vector<Token> tokens_;
};

}  // namespace

Error syntax_error(std::string_view expression, std::size_t at, std::string_view what) {
  std::string text = "at " + std::to_string(at + 1) + ": ";
  text += what;
  text += " in `";
  text += expression;
  text += '`';
  return {ErrorCode::kInvalid, std::move(text)};
}

Result<std::vector<Token>> tokenize(std::string_view expression) { return Lexer(expression).run(); }

}  // namespace tailrace::jmespath
