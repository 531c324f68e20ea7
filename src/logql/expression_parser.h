// ExpressionParser: recursive descent over the whole grammar. For query_parser.cc; use
// parse_query().
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "logql/ast.h"
#include "logql/parser.h"

namespace tailrace::logql {

class ExpressionParser {
 public:
  explicit ExpressionParser(std::string_view text)
      : parser_(text, {.raw_strings = true, .query = true}) {}

  // One query and the end of the text.
  Result<Query> whole();

 private:
  // Range of an aggregation, while it is being read: the parts may come in several orders.
  struct LogRange {
    LogQuery log;
    std::optional<UnwrapSyntax> unwrap;
    std::optional<std::int64_t> range_ns;
    std::int64_t offset_ns = 0;
  };

  bool at_word(std::string_view word) const;  // an identifier, in any case
  bool take_word(std::string_view word);
  Result<void> enter();  // one level deeper
  Result<std::string> identifier(std::string_view what);
  Result<double> number();

  // expression.cc
  Result<Query> expression(int precedence_min);
  Result<Query> primary();
  Result<MetricPtr> metric_operand(int precedence_min);
  Result<MetricPtr> range_aggregation(RangeOp op);
  Result<MetricPtr> vector_aggregation(VectorOp op);
  Result<MetricPtr> label_replace();
  Result<MetricPtr> vector_of_number();
  Result<void> binary_modifiers(Binary& binary);
  Result<std::optional<Grouping>> grouping();
  Result<std::vector<std::string>> names_in_brackets();
  Result<LogRange> log_range();
  Result<void> range_and_offset(LogRange& range);

  // stage_parser.cc
  bool at_stage() const { return parser_.at_line_filter() || parser_.peek().is("|"); }
  Result<StageSyntax> stage();
  Result<StageSyntax> logfmt();
  Result<std::vector<ExtractSyntax>> extracts();
  Result<StageSyntax> label_format();
  Result<std::vector<NamedSyntax>> named_list();
  Result<UnwrapSyntax> unwrap();
  bool at_unwrap() const;
  Result<LabelFilterSyntax> label_filter();
  Result<LabelFilterSyntax> label_filter_and();
  Result<LabelFilterSyntax> label_filter_rest();
  Result<LabelFilterSyntax> label_filter_one();
  Result<void> one_more_filter();
  Result<LabelFilterSyntax> label_comparison(std::string name);

  Parser parser_;
  int depth_ = 0;
  int filter_links_ = 0;  // and, or between label filters
};

}  // namespace tailrace::logql
