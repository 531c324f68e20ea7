// LineFilter: a compiled condition on the text of a line.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "logql/syntax.h"
#include "parse/go_regex.h"

namespace tailrace::logql {

class LineFilter {
 public:
  // Regexes are not anchored; one that is plain text is searched for as text. kInvalid with the
  // place if it does not compile.
  static Result<LineFilter> compile(const LineFilterSyntax& syntax);

  bool matches(std::string_view line) const;

 private:
  LineFilter(bool wanted, std::string literal, std::optional<GoRegex> regex)
      : wanted_(wanted), literal_(std::move(literal)), regex_(std::move(regex)) {}

  bool wanted_;  // whether the text must be there, or must not
  std::string literal_;
  std::optional<GoRegex> regex_;  // null: search for literal_
};

Result<std::vector<LineFilter>> compile_line_filters(const std::vector<LineFilterSyntax>& syntax);

// Whether all of them hold; asked from left to right.
bool all_match(const std::vector<LineFilter>& filters, std::string_view line);

}  // namespace tailrace::logql
