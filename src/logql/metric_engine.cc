#include "logql/metric_engine.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "logql/binary_engine.h"
#include "logql/line_pipeline.h"
#include "logql/range_engine.h"
#include "logql/series_key.h"
#include "parse/go_regex.h"
#include "parse/go_regex_replace.h"

namespace tailrace::logql {
namespace {

// Whether op over all lines of a group is op over the groups of their series.
bool groups_at_once(VectorOp outer, const RangeAggregation& inner) {
  if (inner.grouping) return false;
  switch (outer) {
    case VectorOp::kSum:
      return inner.op == RangeOp::kCount || inner.op == RangeOp::kRate ||
             inner.op == RangeOp::kBytes || inner.op == RangeOp::kBytesRate ||
             inner.op == RangeOp::kSum;
    case VectorOp::kMin:
      return inner.op == RangeOp::kMin;
    case VectorOp::kMax:
      return inner.op == RangeOp::kMax;
    default:
      return false;
  }
}

// A set of values at one point.
double aggregate(VectorOp op, const std::vector<double>& values) {
  double value = values[0];
  double mean = values[0];
  double squares = 0;
  for (std::size_t i = 1; i < values.size(); ++i) {
    const double each = values[i];
    const double distance = each - mean;
    mean += distance / static_cast<double>(i + 1);
    squares += distance * (each - mean);
    if (op == VectorOp::kSum) value += each;
    if (op == VectorOp::kMax && (value < each || std::isnan(value))) value = each;
    if (op == VectorOp::kMin && (value > each || std::isnan(value))) value = each;
  }
  const auto count = static_cast<double>(values.size());
  switch (op) {
    case VectorOp::kAvg:
      return mean;
    case VectorOp::kCount:
      return count;
    case VectorOp::kStddev:
      return std::sqrt(squares / count);
    case VectorOp::kStdvar:
      return squares / count;
    default:
      return value;
  }
}

using Groups = std::map<Labels, std::vector<std::size_t>>;  // indexes of the group's series

Groups make_groups(const Matrix& matrix, const std::optional<Grouping>& grouping) {
  Groups out;
  for (std::size_t i = 0; i < matrix.size(); ++i)
    out[grouped(matrix[i].labels, grouping)].push_back(i);
  return out;
}

Matrix aggregate_all(VectorOp op, const Matrix& matrix, const Groups& groups, std::size_t count) {
  Matrix out;
  std::vector<double> values;
  for (const auto& [labels, members] : groups) {
    Points points(count);
    for (std::size_t k = 0; k < count; ++k) {
      values.clear();
      for (const std::size_t i : members) {
        if (matrix[i].points.has(k)) values.push_back(matrix[i].points[k]);
      }
      if (!values.empty()) points.set(k, aggregate(op, values));
    }
    out.push_back({labels, std::move(points)});
  }
  return out;
}

// topk and bottomk: other points of each series go away. NaN is the least worth keeping.
void keep_best(Matrix& matrix, const Groups& groups, std::size_t count, std::size_t kept,
               bool largest) {
  std::vector<std::pair<double, std::size_t>> values;
  for (const auto& [labels, members] : groups) {
    for (std::size_t k = 0; k < count; ++k) {
      values.clear();
      for (const std::size_t i : members) {
        if (matrix[i].points.has(k)) values.emplace_back(matrix[i].points[k], i);
      }
      if (values.size() <= kept) continue;
      std::stable_sort(values.begin(), values.end(), [&](const auto& a, const auto& b) {
        if (std::isnan(a.first) || std::isnan(b.first))
          return !std::isnan(a.first) && std::isnan(b.first);
        return largest ? a.first > b.first : a.first < b.first;
      });
      for (std::size_t n = kept; n < values.size(); ++n) matrix[values[n].second].points.remove(k);
    }
  }
}

class Evaluation {
 public:
  Evaluation(const Grid& grid, RangeRun& run) : grid_(grid), run_(run) {}

  Result<Matrix> run(const Metric& metric) {
    return std::visit([this](const auto& node) { return evaluate(node); }, metric.node);
  }

 private:
  Result<Matrix> evaluate(const RangeAggregation& node) {
    return run_range_aggregation(node, nullptr, grid_, run_);
  }

  Result<Matrix> evaluate(const VectorAggregation& node) {
    const auto* range = std::get_if<RangeAggregation>(&node.inner->node);
    if (range != nullptr && groups_at_once(node.op, *range))
      return run_range_aggregation(*range, &node.grouping, grid_, run_);
    TAILRACE_TRY(Matrix matrix, run(*node.inner));
    switch (node.op) {
      case VectorOp::kSort:
      case VectorOp::kSortDesc:
        // An order means something only for one point.
        std::stable_sort(matrix.begin(), matrix.end(), [&](const Series& a, const Series& b) {
          return node.op == VectorOp::kSort ? a.points[0] < b.points[0] : a.points[0] > b.points[0];
        });
        return matrix;
      case VectorOp::kTopk:
      case VectorOp::kBottomk:
        keep_best(matrix, make_groups(matrix, node.grouping), grid_.count,
                  static_cast<std::size_t>(node.parameter), node.op == VectorOp::kTopk);
        return matrix;
      default:
        return aggregate_all(node.op, matrix, make_groups(matrix, node.grouping), grid_.count);
    }
  }

  Result<Matrix> evaluate(const Binary& node) {
    // A literal has no labels to match.
    const auto* left_number = std::get_if<Number>(&node.left->node);
    const auto* right_number = std::get_if<Number>(&node.right->node);
    if (left_number || right_number) {
      TAILRACE_TRY(Matrix matrix, run(left_number ? *node.right : *node.left));
      return with_number(node, std::move(matrix), (left_number ? left_number : right_number)->value,
                         left_number != nullptr);
    }
    TAILRACE_TRY(Matrix left, run(*node.left));
    TAILRACE_TRY(Matrix right, run(*node.right));
    return with_matrix(node, std::move(left), std::move(right), grid_.count);
  }

  Result<Matrix> evaluate(const LabelReplace& node) {
    TAILRACE_TRY(const GoRegex regex, GoRegex::compile(node.expression, {.whole_text = true}));
    TAILRACE_TRY(Matrix matrix, run(*node.inner));
    std::vector<std::string_view> found(regex.groups().size() + 1);
    for (Series& series : matrix) {
      const std::string source(series.labels.get(node.source));
      if (!regex.search(source, found)) continue;
      std::string value;
      expand_replacement(regex, node.replacement, found, value);
      if (value.empty()) {
        series.labels.erase(node.destination);
      } else {
        series.labels.set(node.destination, value);
      }
    }
    return matrix;
  }

  Result<Matrix> evaluate(const Number& node) { return constant(node.value); }
  Result<Matrix> evaluate(const VectorOfNumber& node) { return constant(node.value); }

  Matrix constant(double value) const {
    Points points(grid_.count);
    for (std::size_t k = 0; k < grid_.count; ++k) points.set(k, value);
    Matrix out;
    out.push_back({Labels(), std::move(points)});
    return out;
  }

  const Grid& grid_;
  RangeRun& run_;
};

}  // namespace

Result<MetricResult> run_metric_query(const Metric& query, const Grid& grid, Source& source,
                                      QueryStop& stop, const MetricLimits& limits) {
  TAILRACE_CHECK(check_metric(query));
  RangeRun run{source, stop, limits, {}};
  MetricResult out;
  Evaluation evaluation(grid, run);
  TAILRACE_TRY(out.series, evaluation.run(query));
  std::erase_if(out.series, [](const Series& series) { return series.points.empty(); });
  if (out.series.size() > limits.series_max) return too_many_series(limits.series_max);
  out.stats = run.stats;
  return out;
}

Result<void> check_metric(const Metric& query) {
  if (const auto* range = std::get_if<RangeAggregation>(&query.node)) {
    TAILRACE_CHECK(compile_query_matchers(range->log.matchers));
    TAILRACE_CHECK(LinePipeline::compile(range->log.stages));
    return {};
  }
  if (const auto* vector = std::get_if<VectorAggregation>(&query.node))
    return check_metric(*vector->inner);
  if (const auto* replace = std::get_if<LabelReplace>(&query.node)) {
    const Result<GoRegex> regex = GoRegex::compile(replace->expression, {.whole_text = true});
    if (!regex)
      return Error{ErrorCode::kInvalid,
                   "parse error : invalid regex in label_replace: " + regex.error().text()};
    return check_metric(*replace->inner);
  }
  if (const auto* binary = std::get_if<Binary>(&query.node)) {
    TAILRACE_CHECK(check_metric(*binary->left));
    return check_metric(*binary->right);
  }
  return {};
}

}  // namespace tailrace::logql
