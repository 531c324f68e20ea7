// Ast: a LogQL query as plain values, before anything is compiled.
//
//   Query = LogQuery                         {job="a"} |= "x" | json
//         | Metric (a tree)                  sum by (level) (rate({job="a"}[1m])) / 2
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "logql/syntax.h"

namespace tailrace::logql {

// json a="x.y[0]"; without a path the name is the path.
struct ExtractSyntax {
  std::string name;
  std::string path;
};
struct JsonSyntax {
  std::vector<ExtractSyntax> extracts;  // none: everything
};
struct LogfmtSyntax {
  bool strict = false;
  bool keep_empty = false;
  std::vector<ExtractSyntax> extracts;
};
struct RegexpSyntax {
  std::string expression;
};
struct PatternSyntax {
  std::string pattern;
};
struct UnpackSyntax {};
struct DecolorizeSyntax {};
struct LineFormatSyntax {
  std::string text;
};
struct LabelFormatSyntax {
  struct Item {
    std::string name;
    std::string value;  // a label's name, or a template
    bool is_rename = false;
  };
  std::vector<Item> items;
};
// A name, or a matcher: then it applies only if the value matches.
struct NamedSyntax {
  std::string name;
  std::optional<MatcherSyntax> matcher;
};
struct DropSyntax {
  std::vector<NamedSyntax> names;
};
struct KeepSyntax {
  std::vector<NamedSyntax> names;
};

enum class CompareOp : std::uint8_t {
  kEqual,
  kNotEqual,
  kGreater,
  kGreaterOrEqual,
  kLess,
  kLessOrEqual
};

// level="warn" or dur > 5ms and (size >= 1KB)
struct LabelFilterSyntax {
  enum class Kind : std::uint8_t { kMatcher, kNumber, kDuration, kBytes, kIp, kAnd, kOr };
  Kind kind = Kind::kMatcher;
  MatcherSyntax matcher;  // kMatcher
  std::string name;       // the others but kAnd and kOr
  CompareOp op = CompareOp::kEqual;
  double number = 0;                    // kNumber; kDuration: seconds; kBytes: bytes
  std::int64_t duration_ns = 0;         // kDuration
  std::uint64_t bytes = 0;              // kBytes
  std::string text;                     // kIp
  std::vector<LabelFilterSyntax> both;  // kAnd, kOr: two
};

using StageSyntax = std::variant<LineFilterSyntax, JsonSyntax, LogfmtSyntax, RegexpSyntax,
                                 PatternSyntax, UnpackSyntax, LabelFilterSyntax, LineFormatSyntax,
                                 LabelFormatSyntax, DropSyntax, KeepSyntax, DecolorizeSyntax>;

struct LogQuery {
  std::vector<MatcherSyntax> matchers;
  std::vector<StageSyntax> stages;
};

enum class UnwrapConversion : std::uint8_t { kNumber, kBytes, kDuration };
struct UnwrapSyntax {
  std::string label;
  UnwrapConversion conversion = UnwrapConversion::kNumber;
  std::vector<LabelFilterSyntax> filters;  // behind it; they see conversion errors
};

struct Grouping {
  bool without = false;
  std::vector<std::string> names;  // sorted, unique
};

enum class RangeOp : std::uint8_t {
  kCount,
  kRate,
  kBytes,
  kBytesRate,
  kAbsent,  // of lines
  kSum,
  kAvg,
  kMin,
  kMax,
  kFirst,
  kLast,
  kQuantile,
  kStddev,
  kStdvar,
  kRateCounter,  // of unwrapped values
};
enum class VectorOp : std::uint8_t {
  kSum,
  kAvg,
  kMin,
  kMax,
  kCount,
  kTopk,
  kBottomk,
  kSort,
  kSortDesc,
  kStddev,
  kStdvar
};
enum class BinaryOp : std::uint8_t {
  kOr,
  kAnd,
  kUnless,
  kEqual,
  kNotEqual,
  kGreater,
  kGreaterOrEqual,
  kLess,
  kLessOrEqual,
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kModulo,
  kPower,
};
constexpr bool is_set_op(BinaryOp op) { return op <= BinaryOp::kUnless; }
constexpr bool is_comparison(BinaryOp op) {
  return op >= BinaryOp::kEqual && op <= BinaryOp::kLessOrEqual;
}

struct Metric;
using MetricPtr = std::unique_ptr<Metric>;

struct RangeAggregation {
  RangeOp op = RangeOp::kCount;
  std::optional<double> parameter;  // kQuantile
  LogQuery log;
  std::optional<UnwrapSyntax> unwrap;
  std::int64_t range_ns = 0;
  std::int64_t offset_ns = 0;
  std::optional<Grouping> grouping;
};
struct VectorAggregation {
  VectorOp op = VectorOp::kSum;
  std::int64_t parameter = 0;  // kTopk, kBottomk
  std::optional<Grouping> grouping;
  MetricPtr inner;
};
struct Binary {
  enum class Card : std::uint8_t { kOneToOne, kManyToOne, kOneToMany };
  BinaryOp op = BinaryOp::kAdd;
  bool returns_bool = false;
  bool on = false;  // match by `labels`; else by all but them
  std::vector<std::string> labels;
  Card card = Card::kOneToOne;
  std::vector<std::string> include;
  MetricPtr left;
  MetricPtr right;
};
struct LabelReplace {
  MetricPtr inner;
  std::string destination;
  std::string replacement;
  std::string source;
  std::string expression;
};
struct Number {
  double value = 0;
};
struct VectorOfNumber {
  double value = 0;
};

struct Metric {
  std::variant<RangeAggregation, VectorAggregation, Binary, LabelReplace, Number, VectorOfNumber>
      node;
};

using Query = std::variant<LogQuery, MetricPtr>;

std::string_view range_op_name(RangeOp op);
std::string_view vector_op_name(VectorOp op);

}  // namespace tailrace::logql
