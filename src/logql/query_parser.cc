#include "logql/query_parser.h"

#include <algorithm>
#include <array>
#include <utility>

#include "logql/expression_parser.h"
#include "logql/matcher.h"

namespace tailrace::logql {
namespace {

Error too_long(std::size_t bytes) {
  return Error{ErrorCode::kInvalid, "parse error : input size too long (" + std::to_string(bytes) +
                                        " > " + std::to_string(kQueryBytesMax) + ")"};
}

// Whether the matcher says anything: {a=~".*"} accepts streams without the label.
Result<bool> accepts_empty(const MatcherSyntax& syntax) {
  TAILRACE_TRY(const Matcher matcher, Matcher::compile(syntax));
  return matcher.matches("");
}

Result<void> check_selector(const std::vector<MatcherSyntax>& matchers) {
  for (const MatcherSyntax& each : matchers) {
    Result<bool> empty = accepts_empty(each);
    if (!empty) return Error{ErrorCode::kInvalid, "parse error : " + empty.error().text()};
    if (!*empty) return {};
  }
  return Error{
      ErrorCode::kInvalid,
      "parse error : queries require at least one regexp or equality matcher that does not have an "
      "empty-compatible value. For instance, app=~\".*\" does not meet this requirement, but "
      "app=~\".+\" will"};
}

Result<void> check_selectors(const Metric& metric) {
  if (const auto* range = std::get_if<RangeAggregation>(&metric.node))
    return check_selector(range->log.matchers);
  if (const auto* vector = std::get_if<VectorAggregation>(&metric.node))
    return check_selectors(*vector->inner);
  if (const auto* replace = std::get_if<LabelReplace>(&metric.node))
    return check_selectors(*replace->inner);
  if (const auto* binary = std::get_if<Binary>(&metric.node)) {
    TAILRACE_CHECK(check_selectors(*binary->left));
    return check_selectors(*binary->right);
  }
  return {};
}

}  // namespace

Result<Query> parse_query(std::string_view text) {
  if (text.size() > kQueryBytesMax) return too_long(text.size());
  if (text.empty())
    return Error{ErrorCode::kInvalid, "parse error : syntax error: unexpected $end"};
  ExpressionParser parser(text);
  TAILRACE_TRY(Query query, parser.whole());
  if (const auto* log = std::get_if<LogQuery>(&query)) {
    TAILRACE_CHECK(check_selector(log->matchers));
  } else {
    TAILRACE_CHECK(check_selectors(*std::get<MetricPtr>(query)));
  }
  return query;
}

Result<LogQuery> parse_log_query(std::string_view text) {
  TAILRACE_TRY(Query query, parse_query(text));
  if (auto* log = std::get_if<LogQuery>(&query)) return std::move(*log);
  return Error{ErrorCode::kInvalid, "only log queries are supported here"};
}

Result<std::vector<MatcherSyntax>> parse_selector(std::string_view text) {
  if (text.size() > kQueryBytesMax) return too_long(text.size());
  Parser parser(text, {.raw_strings = true, .query = true});
  const Error too_much{ErrorCode::kInvalid, "only label matchers are supported"};
  if (!parser.peek().is("{") && parse_query(text)) return too_much;
  TAILRACE_TRY(std::vector<MatcherSyntax> matchers, parser.matchers());
  if (parser.at_line_filter() || parser.peek().is("|")) return too_much;
  if (parser.peek().kind != TokenKind::kEnd) return parser.unexpected("$end");
  return matchers;
}

}  // namespace tailrace::logql
