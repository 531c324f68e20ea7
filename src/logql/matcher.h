// Matcher: a compiled condition on one label's value.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "logql/syntax.h"
#include "parse/go_regex.h"

namespace tailrace::logql {

class Matcher {
 public:
  // Regexes are anchored at both ends. kInvalid with the place if the regex does not compile.
  static Result<Matcher> compile(const MatcherSyntax& syntax);

  const std::string& name() const noexcept { return name_; }
  MatchOp op() const noexcept { return op_; }
  // The value of `=` and `!=`, the expression of the others.
  const std::string& value() const noexcept { return value_; }

  // `value` is empty for a label that is not there.
  bool matches(std::string_view value) const;

 private:
  Matcher(const MatcherSyntax& syntax, std::optional<GoRegex> regex)
      : name_(syntax.name), op_(syntax.op), value_(syntax.value), regex_(std::move(regex)) {}

  std::string name_;
  MatchOp op_;
  std::string value_;
  std::optional<GoRegex> regex_;  // null: compare with value_
};

// Errors say where: "1:9: error parsing regexp: ...".
Result<std::vector<Matcher>> compile_matchers(const std::vector<MatcherSyntax>& syntax);
// The same for queries, in Loki's words: "parse error : error parsing regexp: ...".
Result<std::vector<Matcher>> compile_query_matchers(const std::vector<MatcherSyntax>& syntax);

}  // namespace tailrace::logql
