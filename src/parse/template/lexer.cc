#include "parse/template/lexer.h"

#include <algorithm>

#include "base/text.h"
#include "parse/template/quoted.h"

namespace tailrace::tmpl {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

bool is_blank(char c) { return kBlanks.find(c) != std::string_view::npos; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
// Names may hold letters of any script; what is not ASCII counts as a letter.
bool is_name_character(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  Result<std::vector<Token>> run() {
    bool trims_start = false;
    for (;;) {
      const std::size_t open = text_.find("{{", at_);
      const std::string_view literal = text_.substr(at_, open - at_);
      const bool trims_end = open != std::string_view::npos && has_trim_mark(open + 2);
      add_text(literal, trims_start, trims_end);
      advance_to(std::min(open, text_.size()));
      if (open == std::string_view::npos) break;
      TAILRACE_CHECK(read_action(trims_end, trims_start));
    }
    add(TokenKind::kEnd, {});
    return std::move(tokens_);
  }

 private:
  // "- " behind {{: the blank belongs to the mark.
  bool has_trim_mark(std::size_t at) const {
    return at + 1 < text_.size() && text_[at] == '-' && is_blank(text_[at + 1]);
  }

  void advance_to(std::size_t at) {
    line_ += static_cast<int>(std::count(text_.begin() + static_cast<std::ptrdiff_t>(at_),
                                         text_.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
    at_ = at;
  }
  void add(TokenKind kind, std::string text) { tokens_.push_back({kind, line_, std::move(text)}); }

  void add_text(std::string_view text, bool trims_start, bool trims_end) {
    if (trims_start) text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
    if (trims_end) text = text.substr(0, text.find_last_not_of(kBlanks) + 1);
    if (!text.empty()) add(TokenKind::kText, std::string(text));
  }

  // "{{ ... }}" at at_; `trims` becomes whether the text behind loses its first blanks.
  Result<void> read_action(bool has_mark, bool& trims) {
    const std::size_t inside = at_ + 2 + (has_mark ? 1 : 0);
    std::size_t comment = inside;
    while (has_mark && comment < text_.size() && is_blank(text_[comment])) ++comment;
    if (text_.substr(comment).starts_with("/*")) return skip_comment(comment, trims);
    add(TokenKind::kOpen, "{{");
    advance_to(inside);
    parens_ = 0;
    while (at_ < text_.size()) {
      const std::string_view rest = text_.substr(at_);
      const bool closes_trimmed =
          is_blank(rest[0]) && rest.substr(rest.find_first_not_of(kBlanks) == std::string_view::npos
                                               ? rest.size()
                                               : rest.find_first_not_of(kBlanks))
                                   .starts_with("-}}");
      if (rest.starts_with("}}") || closes_trimmed) {
        if (parens_ > 0) return template_error(line_, "unclosed left paren");
        const std::size_t end = text_.find("}}", at_);
        advance_to(end + 2);
        trims = closes_trimmed;
        add(TokenKind::kClose, "}}");
        return {};
      }
      TAILRACE_CHECK(read_token(rest));
    }
    return template_error(line_, "unclosed action");
  }

  Result<void> skip_comment(std::size_t at, bool& trims) {
    const std::size_t end = text_.find("*/", at + 2);
    if (end == std::string_view::npos) return template_error(line_, "unclosed comment");
    std::size_t behind = end + 2;
    trims = false;
    if (behind < text_.size() && is_blank(text_[behind])) {
      const std::size_t mark = text_.find_first_not_of(kBlanks, behind);
      if (mark != std::string_view::npos && text_.substr(mark).starts_with("-}}")) {
        behind = mark + 1;
        trims = true;
      }
    }
    if (!text_.substr(behind).starts_with("}}")) {
      return template_error(line_, "comment ends before closing delimiter");
    }
    advance_to(behind + 2);
    return {};
  }

  Result<void> read_token(std::string_view rest) {
    const char c = rest[0];
    if (is_blank(c)) return take(TokenKind::kSpace, rest.find_first_not_of(kBlanks), rest);
    if (rest.starts_with(":=")) return take(TokenKind::kDeclare, 2, rest);
    if (c == '=') return take(TokenKind::kAssign, 1, rest);
    if (c == '|') return take(TokenKind::kPipe, 1, rest);
    if (c == ',') return take(TokenKind::kComma, 1, rest);
    if (c == '(') {
      ++parens_;
      return take(TokenKind::kOpenParen, 1, rest);
    }
    if (c == ')') {
      if (--parens_ < 0) return template_error(line_, "unexpected right paren");
      return take(TokenKind::kCloseParen, 1, rest);
    }
    if (c == '"' || c == '`' || c == '\'') return read_quoted(rest);
    if (c == '$') return read_word(TokenKind::kVariable, rest, 1);
    if (c == '.' && (rest.size() < 2 || !is_digit(rest[1]))) {
      if (rest.size() < 2 || !is_name_character(rest[1])) return take(TokenKind::kDot, 1, rest);
      return read_word(TokenKind::kField, rest, 1);
    }
    if (c == '+' || c == '-' || c == '.' || is_digit(c)) return read_number(rest);
    if (is_name_character(c)) return read_word(TokenKind::kName, rest, 0);
    std::string shown;
    std::size_t bytes = 0;
    decode_utf8(rest, bytes);
    append_go_quoted(shown, rest.substr(0, bytes));
    return template_error(line_, "unexpected " + shown + " in the action");
  }

  Result<void> take(TokenKind kind, std::size_t bytes, std::string_view rest) {
    bytes = std::min(bytes, rest.size());
    add(kind, std::string(rest.substr(0, bytes)));
    advance_to(at_ + bytes);
    return {};
  }

  // What may stand right behind a name, a variable or a field.
  static bool ends_word(std::string_view rest) {
    return rest.empty() || is_blank(rest[0]) ||
           std::string_view(".,|:=()").find(rest[0]) != std::string_view::npos ||
           rest.starts_with("}}");
  }

  Result<void> read_word(TokenKind kind, std::string_view rest, std::size_t start) {
    std::size_t end = start;
    while (end < rest.size() && is_name_character(rest[end])) ++end;
    if (!ends_word(rest.substr(end))) {
      return template_error(line_,
                            "bad character in \"" + std::string(rest.substr(0, end + 1)) + "\"");
    }
    std::string word(
        rest.substr(kind == TokenKind::kField ? 1 : 0, end - (kind == TokenKind::kField ? 1 : 0)));
    if (kind == TokenKind::kName && (word == "true" || word == "false")) kind = TokenKind::kBool;
    if (kind == TokenKind::kName && word == "nil") kind = TokenKind::kNil;
    add(kind, std::move(word));
    advance_to(at_ + end);
    return {};
  }

  Result<void> read_number(std::string_view rest) {
    std::size_t end = 1;
    while (end < rest.size()) {
      const char c = rest[end];
      const bool is_sign = (c == '+' || c == '-') &&
                           std::string_view("eEpP").find(rest[end - 1]) != std::string_view::npos &&
                           !(rest.starts_with("0x") && (rest[end - 1] | 0x20) == 'e');
      if (!is_name_character(c) && c != '.' && !is_sign) break;
      ++end;
    }
    return take(TokenKind::kNumber, end, rest);
  }

  Result<void> read_quoted(std::string_view rest) {
    const char quote = rest[0];
    std::size_t end = 1;
    while (end < rest.size() && rest[end] != quote) {
      if (quote != '`') {
        if (rest[end] == '\n') break;
        if (rest[end] == '\\') ++end;
      }
      ++end;
    }
    if (end >= rest.size() || rest[end] != quote) {
      return template_error(line_, quote == '`'   ? "unterminated raw quoted string"
                                   : quote == '"' ? "unterminated quoted string"
                                                  : "unterminated character constant");
    }
    const std::string_view body = rest.substr(1, end - 1);
    std::string text(body);
    if (quote == '`') {
      std::erase(text, '\r');
    } else {
      const auto plain = unquote_body(body, quote);
      if (!plain)
        return template_error(line_, "invalid syntax in " + std::string(rest.substr(0, end + 1)));
      text = *plain;
    }
    add(quote == '\'' ? TokenKind::kCharacter : TokenKind::kString, std::move(text));
    advance_to(at_ + end + 1);
    return {};
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int line_ = 1;
  int parens_ = 0;
  std::vector<Token> tokens_;
};

}  // namespace

Error template_error(int line, std::string_view what) {
  return {ErrorCode::kInvalid, "line " + std::to_string(line) + ": " + std::string(what)};
}

Result<std::vector<Token>> tokenize(std::string_view text) { return Lexer(text).run(); }

}  // namespace tailrace::tmpl
