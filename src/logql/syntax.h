// Syntax: what the parser makes of a query, before anything is compiled. Plain values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "logql/lexer.h"

namespace tailrace::logql {

enum class MatchOp : std::uint8_t { kEqual, kNotEqual, kRegex, kNotRegex };  // = != =~ !~

// One condition on a label: job=~"nginx|apache".
struct MatcherSyntax {
  std::string name;
  MatchOp op = MatchOp::kEqual;
  std::string value;
  Place value_place;
};

enum class LineFilterOp : std::uint8_t {
  kContains,
  kNotContains,
  kRegex,
  kNotRegex,
  kPattern,
  kNotPattern,
};  // |= != |~ !~ |> !>

// A text behind a line filter's sign: "error", or ip("10.0.0.0/8").
struct LineFilterOperand {
  std::string text;
  Place place;
  bool is_ip = false;
};

// One condition on the line: |= "error". With alternatives: |= "a" or "b" asks for one of them,
// != "a" or "b" for none.
struct LineFilterSyntax {
  LineFilterOp op = LineFilterOp::kContains;
  std::string text;
  Place text_place;
  bool is_ip = false;
  std::vector<LineFilterOperand> others;
};

// {a="b", c=~"d"} |= "e" !~ "f"
struct SelectorSyntax {
  std::vector<MatcherSyntax> matchers;  // never empty
  std::vector<LineFilterSyntax> filters;
};

}  // namespace tailrace::logql
