#include "logql/matcher.h"

#include <utility>

#include "logql/literal.h"

namespace tailrace::logql {

Result<Matcher> Matcher::compile(const MatcherSyntax& syntax) {
  const bool is_regex = syntax.op == MatchOp::kRegex || syntax.op == MatchOp::kNotRegex;
  if (!is_regex || is_literal_regex(syntax.value)) return Matcher(syntax, std::nullopt);
  Result<GoRegex> regex =
      GoRegex::compile(syntax.value, {.keep = GroupsKept::kNone, .whole_text = true});
  if (!regex) return std::move(regex).error();
  return Matcher(syntax, std::move(regex).value());
}

bool Matcher::matches(std::string_view value) const {
  const bool found = regex_ ? regex_->matches(value) : value == value_;
  return found == (op_ == MatchOp::kEqual || op_ == MatchOp::kRegex);
}

Result<std::vector<Matcher>> compile_matchers(const std::vector<MatcherSyntax>& syntax) {
  std::vector<Matcher> matchers;
  for (const MatcherSyntax& each : syntax) {
    Result<Matcher> matcher = Matcher::compile(each);
    if (!matcher) return error_at(each.value_place, matcher.error().text());
    matchers.push_back(std::move(matcher).value());
  }
  return matchers;
}

Result<std::vector<Matcher>> compile_query_matchers(const std::vector<MatcherSyntax>& syntax) {
  std::vector<Matcher> matchers;
  for (const MatcherSyntax& each : syntax) {
    Result<Matcher> matcher = Matcher::compile(each);
    if (!matcher) return Error{ErrorCode::kInvalid, "parse error : " + matcher.error().text()};
    matchers.push_back(std::move(matcher).value());
  }
  return matchers;
}

}  // namespace tailrace::logql
