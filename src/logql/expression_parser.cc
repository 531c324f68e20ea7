#include "logql/expression_parser.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "base/text.h"
#include "base/units.h"
#include "logql/binary_math.h"
#include "logql/quantity.h"
#include "logql/query_parser.h"
#include "parse/go_number.h"

namespace tailrace::logql {
namespace {

constexpr std::array<std::pair<std::string_view, RangeOp>, 15> kRangeOps = {{
    {"count_over_time", RangeOp::kCount},
    {"rate", RangeOp::kRate},
    {"bytes_over_time", RangeOp::kBytes},
    {"bytes_rate", RangeOp::kBytesRate},
    {"absent_over_time", RangeOp::kAbsent},
    {"sum_over_time", RangeOp::kSum},
    {"avg_over_time", RangeOp::kAvg},
    {"min_over_time", RangeOp::kMin},
    {"max_over_time", RangeOp::kMax},
    {"first_over_time", RangeOp::kFirst},
    {"last_over_time", RangeOp::kLast},
    {"quantile_over_time", RangeOp::kQuantile},
    {"stddev_over_time", RangeOp::kStddev},
    {"stdvar_over_time", RangeOp::kStdvar},
    {"rate_counter", RangeOp::kRateCounter},
}};

constexpr std::array<std::pair<std::string_view, VectorOp>, 11> kVectorOps = {{
    {"sum", VectorOp::kSum},
    {"avg", VectorOp::kAvg},
    {"min", VectorOp::kMin},
    {"max", VectorOp::kMax},
    {"count", VectorOp::kCount},
    {"topk", VectorOp::kTopk},
    {"bottomk", VectorOp::kBottomk},
    {"sort", VectorOp::kSort},
    {"sort_desc", VectorOp::kSortDesc},
    {"stddev", VectorOp::kStddev},
    {"stdvar", VectorOp::kStdvar},
}};

struct BinaryOpInfo {
  std::string_view sign;
  BinaryOp op;
  int precedence;
};
constexpr std::array<BinaryOpInfo, 15> kBinaryOps = {{
    {"or", BinaryOp::kOr, 1},
    {"and", BinaryOp::kAnd, 2},
    {"unless", BinaryOp::kUnless, 2},
    {"==", BinaryOp::kEqual, 3},
    {"!=", BinaryOp::kNotEqual, 3},
    {">", BinaryOp::kGreater, 3},
    {">=", BinaryOp::kGreaterOrEqual, 3},
    {"<", BinaryOp::kLess, 3},
    {"<=", BinaryOp::kLessOrEqual, 3},
    {"+", BinaryOp::kAdd, 4},
    {"-", BinaryOp::kSubtract, 4},
    {"*", BinaryOp::kMultiply, 5},
    {"/", BinaryOp::kDivide, 5},
    {"%", BinaryOp::kModulo, 5},
    {"^", BinaryOp::kPower, 6},
}};

const BinaryOpInfo* binary_op(const Token& token) {
  if (token.kind != TokenKind::kPunctuation && token.kind != TokenKind::kIdentifier) return nullptr;
  for (const BinaryOpInfo& info : kBinaryOps) {
    const bool is_word = info.precedence <= 2;
    if (is_word != (token.kind == TokenKind::kIdentifier)) continue;
    if (is_word ? equals_ignoring_case(token.text, info.sign) : token.text == info.sign)
      return &info;
  }
  return nullptr;
}

template <class Table>
auto find_op(const Table& table, std::string_view word)
    -> std::optional<decltype(table[0].second)> {
  for (const auto& [name, op] : table) {
    if (equals_ignoring_case(word, name)) return op;
  }
  return std::nullopt;
}

template <class Node>
MetricPtr make_metric(Node node) {
  auto out = std::make_unique<Metric>();
  out->node = std::move(node);
  return out;
}

bool needs_unwrap(RangeOp op) { return op >= RangeOp::kSum; }
bool takes_unwrap(RangeOp op) {
  return op >= RangeOp::kSum || op == RangeOp::kRate || op == RangeOp::kAbsent;
}
bool takes_grouping(RangeOp op) {
  return op == RangeOp::kAvg || op == RangeOp::kMin || op == RangeOp::kMax ||
         op == RangeOp::kFirst || op == RangeOp::kLast || op == RangeOp::kQuantile ||
         op == RangeOp::kStddev || op == RangeOp::kStdvar;
}

// What follows a word makes it a function: f(...), f by (...).
bool is_applied(const Token& next) {
  return next.is("(") ||
         (next.kind == TokenKind::kIdentifier &&
          (equals_ignoring_case(next.text, "by") || equals_ignoring_case(next.text, "without")));
}

Error rule(std::string text) {
  return Error{ErrorCode::kInvalid, "parse error : " + std::move(text)};
}

}  // namespace

std::string_view range_op_name(RangeOp op) {
  return std::find_if(kRangeOps.begin(), kRangeOps.end(),
                      [&](const auto& each) { return each.second == op; })
      ->first;
}
std::string_view vector_op_name(VectorOp op) {
  return std::find_if(kVectorOps.begin(), kVectorOps.end(),
                      [&](const auto& each) { return each.second == op; })
      ->first;
}

bool ExpressionParser::at_word(std::string_view word) const {
  return parser_.peek().kind == TokenKind::kIdentifier &&
         equals_ignoring_case(parser_.peek().text, word);
}
bool ExpressionParser::take_word(std::string_view word) {
  if (!at_word(word)) return false;
  parser_.take();
  return true;
}

Result<void> ExpressionParser::enter() {
  if (++depth_ <= kQueryDepthMax) return {};
  return parser_.error_at(parser_.peek().place, "the query is nested too deeply (more than " +
                                                    std::to_string(kQueryDepthMax) + " levels)");
}

Result<std::string> ExpressionParser::identifier(std::string_view what) {
  if (!parser_.at_name())
    return parser_.unexpected(std::string("IDENTIFIER (") + std::string(what) + ")");
  return parser_.take().text;
}

Result<double> ExpressionParser::number() {
  const bool negative = parser_.take_if("-");
  if (!negative) parser_.take_if("+");
  if (parser_.peek().kind != TokenKind::kNumber) return parser_.unexpected("NUMBER");
  const std::optional<double> value = parse_go_float(parser_.peek().text);
  if (!value) return parser_.unexpected("NUMBER");
  parser_.take();
  return negative ? -*value : *value;
}

Result<Query> ExpressionParser::whole() {
  TAILRACE_TRY(Query query, expression(0));
  if (parser_.peek().kind != TokenKind::kEnd) return parser_.unexpected("$end");
  return query;
}

Result<Query> ExpressionParser::expression(int precedence_min) {
  TAILRACE_CHECK(enter());
  TAILRACE_TRY(Query left, primary());
  int links = 0;
  while (const BinaryOpInfo* info = binary_op(parser_.peek())) {
    if (info->precedence < precedence_min) break;
    // A chain of operators makes a tree that is as deep as it is long.
    if (++links > kQueryDepthMax)
      return parser_.error_at(parser_.peek().place, "too many operators in one expression");
    parser_.take();
    Binary binary;
    binary.op = info->op;
    TAILRACE_CHECK(binary_modifiers(binary));
    const bool right_associative = info->op == BinaryOp::kPower;
    TAILRACE_TRY(Query right, expression(info->precedence + (right_associative ? 0 : 1)));
    for (const auto& [side, leg] : {std::pair("left", &left), std::pair("right", &right)}) {
      if (!std::holds_alternative<MetricPtr>(*leg))
        return rule(std::string("unexpected type for ") + side + " leg of binary operation (" +
                    std::string(info->sign) + "): a log query has no values");
    }
    binary.right = std::move(std::get<MetricPtr>(right));
    binary.left = std::move(std::get<MetricPtr>(left));
    const auto* a = std::get_if<Number>(&binary.left->node);
    const auto* b = std::get_if<Number>(&binary.right->node);
    if (a && b) {
      if (is_set_op(binary.op))
        return rule("unexpected literal for left leg of logical/set binary operation (" +
                    std::string(info->sign) + "): " + double_text(a->value));
      left = make_metric(Number{apply_to_numbers(binary.op, a->value, b->value)});
      continue;
    }
    if (is_set_op(binary.op) && (a || b)) {
      return rule(std::string("unexpected literal for ") + (a ? "left" : "right") +
                  " leg of logical/set binary operation (" + std::string(info->sign) +
                  "): " + double_text((a ? a : b)->value));
    }
    left = make_metric(std::move(binary));
  }
  --depth_;
  return left;
}

Result<MetricPtr> ExpressionParser::metric_operand(int precedence_min) {
  TAILRACE_TRY(Query query, expression(precedence_min));
  if (auto* metric = std::get_if<MetricPtr>(&query)) return std::move(*metric);
  return parser_.error_at(parser_.peek().place,
                          "syntax error: a log query has no values: aggregate it first, as in "
                          "count_over_time({...}[1m])");
}

Result<Query> ExpressionParser::primary() {
  const Token& token = parser_.peek();
  if (token.is("(")) {
    parser_.take();
    TAILRACE_TRY(Query inner, expression(0));
    TAILRACE_CHECK(parser_.expect(")", "behind an expression"));
    return inner;
  }
  if (token.is("{")) {
    LogQuery log;
    TAILRACE_TRY(log.matchers, parser_.matchers());
    while (at_stage()) {
      if (at_unwrap())
        return parser_.error_at(
            parser_.peek_next().place,
            "syntax error: unexpected unwrap, it belongs into a range aggregation");
      TAILRACE_TRY(StageSyntax next, stage());
      log.stages.push_back(std::move(next));
    }
    if (parser_.peek().is("["))
      return parser_.error_at(
          parser_.peek().place,
          "syntax error: unexpected RANGE, a range needs an aggregation around it");
    return Query(std::move(log));
  }
  if (token.kind == TokenKind::kNumber || token.is("-") || token.is("+")) {
    TAILRACE_TRY(const double value, number());
    return Query(make_metric(Number{value}));
  }
  // Without something to work on the name of a function is a name, which nothing begins with.
  if (token.kind == TokenKind::kIdentifier && is_applied(parser_.peek_next())) {
    if (const auto op = find_op(kRangeOps, token.text)) {
      parser_.take();
      TAILRACE_TRY(MetricPtr metric, range_aggregation(*op));
      return Query(std::move(metric));
    }
    if (const auto op = find_op(kVectorOps, token.text)) {
      parser_.take();
      TAILRACE_TRY(MetricPtr metric, vector_aggregation(*op));
      return Query(std::move(metric));
    }
    if (take_word("label_replace")) {
      TAILRACE_TRY(MetricPtr metric, label_replace());
      return Query(std::move(metric));
    }
    if (take_word("vector")) {
      TAILRACE_TRY(MetricPtr metric, vector_of_number());
      return Query(std::move(metric));
    }
  }
  return parser_.unexpected("{ or ( or a number or a function");
}

Result<MetricPtr> ExpressionParser::range_aggregation(RangeOp op) {
  RangeAggregation out;
  out.op = op;
  TAILRACE_CHECK(parser_.expect("(", "behind the function"));
  if (parser_.peek().kind == TokenKind::kNumber || parser_.peek().is("-") ||
      parser_.peek().is("+")) {
    const Place place = parser_.peek().place;
    TAILRACE_TRY(out.parameter, number());
    if (op != RangeOp::kQuantile)
      return parser_.error_at(place, "parameter " + double_text(*out.parameter) +
                                         " not supported for operation " +
                                         std::string(range_op_name(op)));
    TAILRACE_CHECK(parser_.expect(",", "behind the parameter"));
  }
  if (op == RangeOp::kQuantile && !out.parameter)
    return rule("parameter required for operation quantile_over_time");
  TAILRACE_TRY(LogRange range, log_range());
  if (!range.range_ns) return parser_.unexpected("RANGE");
  TAILRACE_CHECK(parser_.expect(")", "behind the range"));
  TAILRACE_TRY(out.grouping, grouping());
  if (out.grouping && !takes_grouping(op))
    return rule("grouping not allowed for " + std::string(range_op_name(op)) + " aggregation");
  if (range.unwrap && !takes_unwrap(op))
    return rule("invalid aggregation " + std::string(range_op_name(op)) + " with unwrap");
  if (!range.unwrap && needs_unwrap(op))
    return rule("invalid aggregation " + std::string(range_op_name(op)) + " without unwrap");
  out.log = std::move(range.log);
  out.unwrap = std::move(range.unwrap);
  out.range_ns = *range.range_ns;
  out.offset_ns = range.offset_ns;
  return make_metric(std::move(out));
}

Result<ExpressionParser::LogRange> ExpressionParser::log_range() {
  TAILRACE_CHECK(enter());
  LogRange out;
  if (parser_.take_if("(")) {
    TAILRACE_TRY(out, log_range());
    TAILRACE_CHECK(parser_.expect(")", "behind a log query"));
  } else {
    TAILRACE_TRY(out.log.matchers, parser_.matchers());
  }
  while (true) {
    if (parser_.peek().is("[") && !out.range_ns) {
      TAILRACE_CHECK(range_and_offset(out));
    } else if (at_unwrap() && !out.unwrap) {
      TAILRACE_TRY(out.unwrap, unwrap());
    } else if (at_stage() && !out.unwrap) {
      TAILRACE_TRY(StageSyntax next, stage());
      out.log.stages.push_back(std::move(next));
    } else if (parser_.peek().is("|") && out.unwrap && !at_unwrap()) {
      parser_.take();
      TAILRACE_TRY(LabelFilterSyntax filter, label_filter());
      out.unwrap->filters.push_back(std::move(filter));
    } else {
      break;
    }
  }
  --depth_;
  return out;
}

Result<void> ExpressionParser::range_and_offset(LogRange& range) {
  parser_.take();  // [
  const Token token = parser_.peek();
  const Result<std::int64_t> ns = parse_prometheus_duration(token.text);
  const bool readable = token.kind == TokenKind::kDuration || token.kind == TokenKind::kNumber;
  if (!readable || !ns) {
    std::string text;
    while (!parser_.peek().is("]") && parser_.peek().kind != TokenKind::kEnd &&
           parser_.peek().kind != TokenKind::kError)
      text += parser_.take().text;
    return parser_.error_at(token.place, "not a valid duration string: \"" + text + "\"");
  }
  if (*ns <= 0) return parser_.error_at(token.place, "a range must be longer than nothing");
  if (*ns > kDurationMaxNs) return parser_.error_at(token.place, "this range is too long");
  parser_.take();
  TAILRACE_CHECK(parser_.expect("]", "behind the duration"));
  range.range_ns = *ns;
  if (!take_word("offset")) return {};
  const bool negative = parser_.take_if("-");
  const std::optional<std::int64_t> offset = parse_any_duration(parser_.peek().text);
  if (parser_.peek().kind != TokenKind::kDuration || !offset) return parser_.unexpected("DURATION");
  if (*offset > kDurationMaxNs)
    return parser_.error_at(parser_.peek().place, "this offset is too long");
  parser_.take();
  range.offset_ns = negative ? -*offset : *offset;
  return {};
}

Result<MetricPtr> ExpressionParser::vector_aggregation(VectorOp op) {
  VectorAggregation out;
  out.op = op;
  const bool takes_count = op == VectorOp::kTopk || op == VectorOp::kBottomk;
  TAILRACE_TRY(out.grouping, grouping());
  TAILRACE_CHECK(parser_.expect("(", "behind the function"));
  const bool has_parameter =
      parser_.peek().kind == TokenKind::kNumber && parser_.peek_next().is(",");
  if (has_parameter) {
    TAILRACE_TRY(const double value, number());
    parser_.take();
    if (!takes_count)
      return rule("unsupported parameter for operation " + std::string(vector_op_name(op)) + "(" +
                  double_text(value) + ",");
    if (value != std::floor(value) || value <= 0 || value > 1e9)
      return rule("invalid parameter " + std::string(vector_op_name(op)) + "(" +
                  double_text(value) + ",");
    out.parameter = static_cast<std::int64_t>(value);
  } else if (takes_count) {
    return rule("parameter required for operation " + std::string(vector_op_name(op)));
  }
  TAILRACE_TRY(out.inner, metric_operand(0));
  TAILRACE_CHECK(parser_.expect(")", "behind an aggregation"));
  if (!out.grouping) {
    TAILRACE_TRY(out.grouping, grouping());
  }
  if (out.grouping && (op == VectorOp::kSort || op == VectorOp::kSortDesc))
    return rule("grouping not allowed for " + std::string(vector_op_name(op)) + " aggregation");
  return make_metric(std::move(out));
}

Result<std::optional<Grouping>> ExpressionParser::grouping() {
  const bool by = at_word("by");
  if (!by && !at_word("without")) return std::optional<Grouping>();
  parser_.take();
  Grouping out;
  out.without = !by;
  TAILRACE_TRY(out.names, names_in_brackets());
  std::sort(out.names.begin(), out.names.end());
  out.names.erase(std::unique(out.names.begin(), out.names.end()), out.names.end());
  return std::optional<Grouping>(std::move(out));
}

Result<std::vector<std::string>> ExpressionParser::names_in_brackets() {
  std::vector<std::string> out;
  TAILRACE_CHECK(parser_.expect("(", "before label names"));
  if (parser_.take_if(")")) return out;
  do {
    TAILRACE_TRY(std::string name, identifier("a label name"));
    out.push_back(std::move(name));
  } while (parser_.take_if(","));
  TAILRACE_CHECK(parser_.expect(")", "behind label names"));
  return out;
}

Result<void> ExpressionParser::binary_modifiers(Binary& binary) {
  if (at_word("bool")) {
    if (!is_comparison(binary.op))
      return parser_.unexpected("an expression; bool is for comparisons");
    parser_.take();
    binary.returns_bool = true;
  }
  if (!at_word("on") && !at_word("ignoring")) return {};
  binary.on = at_word("on");
  parser_.take();
  TAILRACE_TRY(binary.labels, names_in_brackets());
  const bool left = at_word("group_left");
  if (!left && !at_word("group_right")) return {};
  if (is_set_op(binary.op))
    return parser_.unexpected("an expression; no grouping is allowed for set operations");
  parser_.take();
  binary.card = left ? Binary::Card::kManyToOne : Binary::Card::kOneToMany;
  // The brackets of group_left() are optional, so an expression in brackets may follow.
  if (parser_.peek().is("(") &&
      (parser_.peek_next().kind == TokenKind::kIdentifier || parser_.peek_next().is(")"))) {
    TAILRACE_TRY(binary.include, names_in_brackets());
  }
  return {};
}

Result<MetricPtr> ExpressionParser::label_replace() {
  LabelReplace out;
  TAILRACE_CHECK(parser_.expect("(", "behind `label_replace`"));
  TAILRACE_TRY(out.inner, metric_operand(0));
  TAILRACE_CHECK(parser_.expect(",", "before the new label's name"));
  TAILRACE_TRY(out.destination, parser_.string_value("as the new label's name"));
  TAILRACE_CHECK(parser_.expect(",", "before the replacement"));
  TAILRACE_TRY(out.replacement, parser_.string_value("as the replacement"));
  TAILRACE_CHECK(parser_.expect(",", "before the source label"));
  TAILRACE_TRY(out.source, parser_.string_value("as the source label"));
  TAILRACE_CHECK(parser_.expect(",", "before the regular expression"));
  TAILRACE_TRY(out.expression, parser_.string_value("as the regular expression"));
  TAILRACE_CHECK(parser_.expect(")", "behind the regular expression"));
  return make_metric(std::move(out));
}

Result<MetricPtr> ExpressionParser::vector_of_number() {
  TAILRACE_CHECK(parser_.expect("(", "behind `vector`"));
  TAILRACE_TRY(const double value, number());
  TAILRACE_CHECK(parser_.expect(")", "behind the number"));
  return make_metric(VectorOfNumber{value});
}

}  // namespace tailrace::logql
