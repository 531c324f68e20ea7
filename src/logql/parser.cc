#include "logql/parser.h"

#include <optional>
#include <utility>

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
  return std::nullopt;
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

Result<void> Parser::expect(std::string_view punctuation, std::string_view where) {
  if (take_if(punctuation)) return {};
  return unexpected(quoted(punctuation) + " " + std::string(where));
}

Error Parser::unexpected(std::string_view expected) const {
  const Token& token = peek();
  if (token.kind == TokenKind::kError) return error_at(token.place, token.text);
  return error_at(token.place,
                  "expected " + std::string(expected) + ", found " + token.described());
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
  if (peek().kind != TokenKind::kIdentifier) return unexpected("a label name");
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
  if (peek().is("}"))
    return error_at(peek().place, "a selector needs at least one matcher, such as {job=\"x\"}");
  std::vector<MatcherSyntax> matchers;
  do {
    TAILRACE_TRY(MatcherSyntax each, matcher());
    matchers.push_back(std::move(each));
  } while (take_if(","));
  TAILRACE_CHECK(expect("}", "or `,` behind a matcher"));
  return matchers;
}

bool Parser::at_line_filter() const { return line_filter_op(peek()).has_value(); }

Result<LineFilterSyntax> Parser::line_filter() {
  const std::optional<LineFilterOp> op = line_filter_op(peek());
  if (!op) return unexpected("|=, !=, |~ or !~");
  const Token sign = take();
  LineFilterSyntax filter;
  filter.op = *op;
  filter.text_place = peek().place;
  TAILRACE_TRY(filter.text, string_value("behind " + quoted(sign.text)));
  return filter;
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
