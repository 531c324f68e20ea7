#include "logql/parser.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/text.h"

namespace tailrace::logql {
namespace {

std::optional<MatchOp> match_op(const Token& token) {
  if (token.is("=")) return MatchOp::kEqual;
  if (token.is("!=")) return MatchOp::kNotEqual;
  if (token.is("=~")) return MatchOp::kRegex;
  if (token.is("!~")) return MatchOp::kNotRegex;
  return std::nullopt;
}

std::optional<LineFilterOp> line_filter_op(const Token& token) {
  if (token.is("|=")) return LineFilterOp::kContains;
  if (token.is("!=")) return LineFilterOp::kNotContains;
  if (token.is("|~")) return LineFilterOp::kRegex;
  if (token.is("!~")) return LineFilterOp::kNotRegex;
  if (token.is("|>")) return LineFilterOp::kPattern;
  if (token.is("!>")) return LineFilterOp::kNotPattern;
  return std::nullopt;
}

// Words that are never names in Loki's queries. Names of functions are names where no function
// stands.
bool is_keyword(std::string_view word) {
  constexpr std::string_view kKeywords[] = {
      "by",         "without",      "bool",        "offset", "on",      "ignoring",
      "group_left", "or",           "and",         "unless", "json",    "keep",
      "regexp",     "group_right",  "logfmt",      "unpack", "pattern", "decolorize",
      "drop",       "label_format", "line_format", "unwrap"};
  return std::any_of(std::begin(kKeywords), std::end(kKeywords),
                     [&](std::string_view each) { return equals_ignoring_case(word, each); });
}

// A token as Loki's grammar calls it.
std::string token_name(const Token& token) {
  switch (token.kind) {
    case TokenKind::kEnd:
      return "$end";
    case TokenKind::kString:
    case TokenKind::kRawString:
      return "STRING";
    case TokenKind::kNumber:
      return "NUMBER";
    case TokenKind::kDuration:
      return "DURATION";
    case TokenKind::kIdentifier:
      return is_keyword(token.text) ? token.text : "IDENTIFIER " + token.text;
    case TokenKind::kError:
    case TokenKind::kPunctuation:
      break;
  }
  return token.text;
}

std::string quoted(std::string_view text) { return "`" + std::string(text) + "`"; }

}  // namespace

Token Parser::take() {
  Token token = tokens_[at_];
  if (at_ + 1 < tokens_.size()) ++at_;
  return token;
}

bool Parser::take_if(std::string_view punctuation) {
  if (!peek().is(punctuation)) return false;
  take();
  return true;
}

bool Parser::is_name(const Token& token) const {
  if (token.kind != TokenKind::kIdentifier) return false;
  return !options_.query || options_.keyword_names || !is_keyword(token.text);
}

Result<void> Parser::expect(std::string_view punctuation, std::string_view where) {
  if (take_if(punctuation)) return {};
  return unexpected(quoted(punctuation) + " " + std::string(where));
}

Error Parser::unexpected(std::string_view expected) const {
  const Token& token = peek();
  if (token.kind == TokenKind::kError) return error_at(token.place, token.text);
  if (options_.query) {
    return error_at(token.place, "syntax error: unexpected " + token_name(token) + ", expecting " +
                                     std::string(expected));
  }
  return error_at(token.place,
                  "expected " + std::string(expected) + ", found " + token.described());
}

Error Parser::error_at(Place place, std::string_view what) const {
  if (!options_.query) return logql::error_at(place, what);
  return Error{ErrorCode::kInvalid, "parse error at line " + std::to_string(place.line) + ", col " +
                                        std::to_string(place.column) + ": " + std::string(what)};
}

Result<std::string> Parser::string_value(std::string_view where) {
  if (peek().kind == TokenKind::kRawString && !options_.raw_strings) {
    return error_at(
        peek().place,
        "strings in backquotes are not known here; write it in double quotes, with every "
        "backslash doubled");
  }
  if (peek().kind != TokenKind::kString && peek().kind != TokenKind::kRawString) {
    return unexpected("a string in double quotes " + std::string(where));
  }
  return take().text;
}

Result<MatcherSyntax> Parser::matcher() {
  if (!at_name()) return unexpected("a label name");
  MatcherSyntax matcher;
  matcher.name = take().text;
  const std::optional<MatchOp> op = match_op(peek());
  if (!op) return unexpected("=, !=, =~ or !~ behind the label name " + quoted(matcher.name));
  matcher.op = *op;
  const Token sign = take();
  matcher.value_place = peek().place;
  TAILRACE_TRY(matcher.value, string_value("behind " + quoted(sign.text)));
  return matcher;
}

Result<std::vector<MatcherSyntax>> Parser::matchers() {
  TAILRACE_CHECK(expect("{", "at the start of a selector"));
  std::vector<MatcherSyntax> matchers;
  if (options_.query && take_if("}")) return matchers;
  if (peek().is("}"))
    return error_at(peek().place, "a selector needs at least one matcher, such as {job=\"x\"}");
  do {
    if (options_.query && !matchers.empty() && peek().is("}")) break;
    TAILRACE_TRY(MatcherSyntax each, matcher());
    matchers.push_back(std::move(each));
  } while (take_if(","));
  TAILRACE_CHECK(expect("}", "or `,` behind a matcher"));
  return matchers;
}

bool Parser::at_line_filter() const {
  const std::optional<LineFilterOp> op = line_filter_op(peek());
  return op && (options_.query || *op <= LineFilterOp::kNotRegex);
}

Result<LineFilterSyntax> Parser::line_filter() {
  if (!at_line_filter()) return unexpected("|=, !=, |~ or !~");
  const std::optional<LineFilterOp> op = line_filter_op(peek());
  const Token sign = take();
  LineFilterSyntax filter;
  filter.op = *op;
  TAILRACE_TRY(LineFilterOperand first, line_filter_operand("behind " + quoted(sign.text)));
  filter.text = std::move(first.text);
  filter.text_place = first.place;
  filter.is_ip = first.is_ip;
  while (options_.query && peek().kind == TokenKind::kIdentifier && peek().text == "or") {
    take();
    TAILRACE_TRY(LineFilterOperand other, line_filter_operand("behind `or`"));
    filter.others.push_back(std::move(other));
  }
  return filter;
}

Result<LineFilterOperand> Parser::line_filter_operand(std::string_view where) {
  LineFilterOperand operand;
  if (options_.query && peek().kind == TokenKind::kIdentifier && peek().text == "ip") {
    take();
    TAILRACE_CHECK(expect("(", "behind `ip`"));
    operand.is_ip = true;
  }
  operand.place = peek().place;
  TAILRACE_TRY(operand.text, string_value(where));
  if (operand.is_ip) {
    TAILRACE_CHECK(expect(")", "behind the address"));
  }
  return operand;
}

Result<SelectorSyntax> Parser::selector() {
  SelectorSyntax selector;
  TAILRACE_TRY(selector.matchers, matchers());
  while (at_line_filter()) {
    TAILRACE_TRY(LineFilterSyntax filter, line_filter());
    selector.filters.push_back(std::move(filter));
  }
  return selector;
}

Result<SelectorSyntax> parse_match_selector(std::string_view text) {
  Parser parser(text, {.raw_strings = false});
  TAILRACE_TRY(SelectorSyntax selector, parser.selector());
  if (parser.peek().kind != TokenKind::kEnd) {
    return parser.unexpected("a line filter (|= != |~ !~) or the end of the selector");
  }
  return selector;
}

}  // namespace tailrace::logql
