// The plainest evaluation of LogQL that is right: for every point all entries are looked at again.
// For comparison.
//
// Stages are those of the product (they have tests of their own); everything behind them is not.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <optional>
#include <regex>
#include <string>
#include <vector>

#include "logql/ast.h"
#include "logql/line_pipeline.h"
#include "logql/matcher.h"
#include "parse/go_number.h"

namespace tailrace::logql::naive {

struct Entry {
  Labels stream;
  std::int64_t timestamp_ns = 0;
  std::string line;
  std::vector<std::pair<std::string, std::string>> metadata;
};

using Vector = std::map<Labels, double>;

struct Line {
  std::int64_t timestamp_ns = 0;
  std::string line;
  std::map<std::string, std::string> labels;
};

// All entries in [from, to) behind the pipeline, in order of time.
inline std::vector<Line> lines_of(const LogQuery& query, const std::vector<Entry>& entries,
                                  std::int64_t from, std::int64_t to) {
  const std::vector<Matcher> matchers = compile_matchers(query.matchers).value();
  LinePipeline pipeline = LinePipeline::compile(query.stages).value();
  std::vector<Line> out;
  LineState state;
  for (const Entry& entry : entries) {
    if (entry.timestamp_ns < from || entry.timestamp_ns >= to) continue;
    bool selected = true;
    for (const Matcher& matcher : matchers)
      selected = selected && matcher.matches(entry.stream.get(matcher.name()));
    if (!selected || !all_match(pipeline.leading_filters(), entry.line)) continue;
    state.arena.reset();
    state.timestamp_ns = entry.timestamp_ns;
    state.line = entry.line;
    std::vector<MetadataView> metadata(entry.metadata.begin(), entry.metadata.end());
    state.labels.begin(entry.stream, metadata, state.arena);
    if (!pipeline.process(state)) continue;
    Line& line = out.emplace_back(Line{entry.timestamp_ns, std::string(state.line), {}});
    for (const LineLabel& label : state.labels.all()) line.labels.emplace(label.name, label.value);
    if (state.labels.has_error()) line.labels.emplace(kErrorLabel, state.labels.error());
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const Line& a, const Line& b) { return a.timestamp_ns < b.timestamp_ns; });
  return out;
}

inline Labels group(const Labels& labels, const Grouping& by) {
  Labels out;
  for (const Labels::Pair& pair : labels) {
    const bool named = std::find(by.names.begin(), by.names.end(), pair.first) != by.names.end();
    if (named != by.without) out.set(pair.first, pair.second);
  }
  return out;
}

inline double over_values(RangeOp op, const std::vector<double>& values, double parameter,
                          double seconds) {
  double sum = 0;
  for (const double value : values) sum += value;
  const auto count = static_cast<double>(values.size());
  const double mean = sum / count;
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  if (values.size() == 1) squares = 0;  // of infinity, too: its difference to itself is no number
  switch (op) {
    case RangeOp::kCount:
    case RangeOp::kBytes:
    case RangeOp::kSum:
      return sum;
    case RangeOp::kRate:
    case RangeOp::kBytesRate:
      return sum / seconds;
    case RangeOp::kAvg:
      return mean;
    case RangeOp::kMin:
      return std::accumulate(values.begin(), values.end(), values.front(),
                             [](double a, double b) { return b < a || std::isnan(a) ? b : a; });
    case RangeOp::kMax:
      return std::accumulate(values.begin(), values.end(), values.front(),
                             [](double a, double b) { return b > a || std::isnan(a) ? b : a; });
    case RangeOp::kFirst:
      return values.front();
    case RangeOp::kLast:
      return values.back();
    case RangeOp::kStdvar:
      return squares / count;
    case RangeOp::kStddev:
      return std::sqrt(squares / count);
    case RangeOp::kAbsent:
      return 1;
    case RangeOp::kQuantile: {
      std::vector<double> sorted = values;
      std::sort(sorted.begin(), sorted.end());
      const double rank = parameter * (count - 1);
      const auto low = static_cast<std::size_t>(rank);
      const std::size_t high = std::min(low + 1, sorted.size() - 1);
      return sorted[low] + (sorted[high] - sorted[low]) * (rank - std::floor(rank));
    }
    case RangeOp::kRateCounter:
      break;
  }
  return std::numeric_limits<double>::quiet_NaN();
}

inline Vector evaluate(const Metric& metric, std::int64_t t, const std::vector<Entry>& entries);

inline Vector range_at(const RangeAggregation& node, std::int64_t t,
                       const std::vector<Entry>& entries) {
  const std::int64_t end = t - node.offset_ns;
  std::map<Labels, std::vector<double>> values;
  for (const Line& line : lines_of(node.log, entries, end - node.range_ns + 1, end + 1)) {
    double value = 1;
    if (node.op == RangeOp::kBytes || node.op == RangeOp::kBytesRate)
      value = static_cast<double>(line.line.size());
    Labels labels;
    for (const auto& [name, text] : line.labels) labels.set(name, text);
    if (node.unwrap) {
      const std::string text(labels.get(node.unwrap->label));
      if (text.empty()) continue;
      std::optional<double> number = parse_go_float(text);
      if (node.unwrap->conversion == UnwrapConversion::kBytes) {
        number = static_cast<double>(std::stoi(text));  // always B here
      } else if (node.unwrap->conversion == UnwrapConversion::kDuration) {
        number = static_cast<double>(std::stoi(text)) / 1000;  // always ms
      }
      value = number.value();
      if (!node.grouping || node.grouping->without) labels.erase(node.unwrap->label);
    }
    values[node.grouping ? group(labels, *node.grouping) : labels].push_back(value);
  }
  Vector out;
  if (node.op == RangeOp::kAbsent) {
    Labels labels;
    for (const MatcherSyntax& matcher : node.log.matchers) {
      if (matcher.op == MatchOp::kEqual) labels.set(matcher.name, matcher.value);
    }
    if (values.empty()) out[labels] = 1;
    return out;
  }
  for (const auto& [labels, of] : values)
    out[labels] = over_values(node.op, of, node.parameter.value_or(0),
                              static_cast<double>(node.range_ns) / 1e9);
  return out;
}

inline Vector vector_at(const VectorAggregation& node, std::int64_t t,
                        const std::vector<Entry>& entries) {
  const Vector inner = evaluate(*node.inner, t, entries);
  std::map<Labels, std::vector<std::pair<double, Labels>>> groups;
  for (const auto& [labels, value] : inner)
    groups[node.grouping ? group(labels, *node.grouping) : Labels()].emplace_back(value, labels);
  Vector out;
  for (auto& [labels, members] : groups) {
    std::vector<double> values;
    for (const auto& [value, of] : members) values.push_back(value);
    switch (node.op) {
      case VectorOp::kSum:
        out[labels] = over_values(RangeOp::kSum, values, 0, 1);
        break;
      case VectorOp::kAvg:
        out[labels] = over_values(RangeOp::kAvg, values, 0, 1);
        break;
      case VectorOp::kMin:
        out[labels] = over_values(RangeOp::kMin, values, 0, 1);
        break;
      case VectorOp::kMax:
        out[labels] = over_values(RangeOp::kMax, values, 0, 1);
        break;
      case VectorOp::kCount:
        out[labels] = static_cast<double>(values.size());
        break;
      case VectorOp::kStddev:
        out[labels] = over_values(RangeOp::kStddev, values, 0, 1);
        break;
      case VectorOp::kStdvar:
        out[labels] = over_values(RangeOp::kStdvar, values, 0, 1);
        break;
      case VectorOp::kTopk:
      case VectorOp::kBottomk:
        std::stable_sort(members.begin(), members.end(), [&](const auto& a, const auto& b) {
          return node.op == VectorOp::kTopk ? a.first > b.first : a.first < b.first;
        });
        for (std::size_t i = 0; i < members.size() && i < static_cast<std::size_t>(node.parameter);
             ++i)
          out[members[i].second] = members[i].first;
        break;
      case VectorOp::kSort:
      case VectorOp::kSortDesc:
        for (const auto& [value, of] : members) out[of] = value;
        break;
    }
  }
  return out;
}

inline std::optional<double> apply(const Binary& node, double a, double b, double kept) {
  bool holds = false;
  switch (node.op) {
    case BinaryOp::kAdd:
      return a + b;
    case BinaryOp::kSubtract:
      return a - b;
    case BinaryOp::kMultiply:
      return a * b;
    case BinaryOp::kDivide:
      return b == 0 ? std::nan("") : a / b;
    case BinaryOp::kModulo:
      return b == 0 ? std::nan("") : std::fmod(a, b);
    case BinaryOp::kPower:
      return std::pow(a, b);
    case BinaryOp::kEqual:
      holds = a == b;
      break;
    case BinaryOp::kNotEqual:
      holds = a != b;
      break;
    case BinaryOp::kGreater:
      holds = a > b;
      break;
    case BinaryOp::kGreaterOrEqual:
      holds = a >= b;
      break;
    case BinaryOp::kLess:
      holds = a < b;
      break;
    case BinaryOp::kLessOrEqual:
      holds = a <= b;
      break;
    default:
      break;
  }
  if (node.returns_bool) return holds ? 1 : 0;
  return holds ? std::optional(kept) : std::nullopt;
}

// group_left and group_right: every series of the `many` side with its one partner.
inline Vector many_to_one(const Binary& node, const Vector& left, const Vector& right) {
  const Grouping match{!node.on, node.labels};
  const bool swapped = node.card == Binary::Card::kOneToMany;
  Vector out;
  for (const auto& [labels, value] : swapped ? right : left) {
    for (const auto& [others, other] : swapped ? left : right) {
      if (group(labels, match) != group(others, match)) continue;
      const double a = swapped ? other : value;
      const double b = swapped ? value : other;
      const std::optional<double> result = apply(node, a, b, a);
      if (!result) continue;
      Labels named = labels;
      for (const std::string& name : node.include) {
        named.erase(name);
        if (!others.get(name).empty()) named.set(name, std::string(others.get(name)));
      }
      out[named] = *result;
    }
  }
  return out;
}

// With the standard library's regular expressions.
inline Vector replace_at(const LabelReplace& node, std::int64_t t,
                         const std::vector<Entry>& entries) {
  Vector out;
  const std::regex regex(node.expression);
  for (const auto& [given, value] : evaluate(*node.inner, t, entries)) {
    Labels labels = given;
    const std::string source(labels.get(node.source));
    std::smatch found;
    if (std::regex_match(source, found, regex)) {
      const std::string text = found.format(node.replacement);
      labels.erase(node.destination);
      if (!text.empty()) labels.set(node.destination, text);
    }
    out[labels] = value;
  }
  return out;
}

inline Vector binary_at(const Binary& node, std::int64_t t, const std::vector<Entry>& entries) {
  Vector out;
  const auto* a = std::get_if<Number>(&node.left->node);
  const auto* b = std::get_if<Number>(&node.right->node);
  if (a || b) {
    for (const auto& [labels, value] : evaluate(a ? *node.right : *node.left, t, entries)) {
      const std::optional<double> result =
          apply(node, a ? a->value : value, a ? value : b->value, value);
      if (result) out[labels] = *result;
    }
    return out;
  }
  const Vector left = evaluate(*node.left, t, entries);
  const Vector right = evaluate(*node.right, t, entries);
  const Grouping match{!node.on, node.labels};
  const auto has = [&](const Vector& in, const Labels& labels) {
    return std::any_of(in.begin(), in.end(), [&](const auto& each) {
      return group(each.first, match) == group(labels, match);
    });
  };
  if (node.op == BinaryOp::kAnd || node.op == BinaryOp::kUnless) {
    for (const auto& [labels, value] : left) {
      if (has(right, labels) == (node.op == BinaryOp::kAnd)) out[labels] = value;
    }
    return out;
  }
  if (node.op == BinaryOp::kOr) {
    out = left;
    for (const auto& [labels, value] : right) {
      if (!has(left, labels)) out[labels] = value;
    }
    return out;
  }
  if (node.card != Binary::Card::kOneToOne) return many_to_one(node, left, right);
  for (const auto& [labels, value] : left) {
    for (const auto& [others, other] : right) {
      if (group(labels, match) != group(others, match)) continue;
      const std::optional<double> result = apply(node, value, other, value);
      if (result) out[group(labels, match)] = *result;
    }
  }
  return out;
}

inline Vector evaluate(const Metric& metric, std::int64_t t, const std::vector<Entry>& entries) {
  if (const auto* range = std::get_if<RangeAggregation>(&metric.node))
    return range_at(*range, t, entries);
  if (const auto* vector = std::get_if<VectorAggregation>(&metric.node))
    return vector_at(*vector, t, entries);
  if (const auto* binary = std::get_if<Binary>(&metric.node)) return binary_at(*binary, t, entries);
  if (const auto* replace = std::get_if<LabelReplace>(&metric.node))
    return replace_at(*replace, t, entries);
  if (const auto* number = std::get_if<VectorOfNumber>(&metric.node))
    return {{Labels(), number->value}};
  if (const auto* number = std::get_if<Number>(&metric.node)) return {{Labels(), number->value}};
  return {};
}

}  // namespace tailrace::logql::naive
