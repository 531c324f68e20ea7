// LineFilter: a compiled condition on the text of a line.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "logql/syntax.h"
#include "parse/go_regex.h"

namespace tailrace::logql {

class IpPattern;
class LinePattern;

class LineFilter {
 public:
  // Regexes are not anchored; one that is plain text is searched for as text. kInvalid if it
  // does not compile.
  static Result<LineFilter> compile(const LineFilterSyntax& syntax);
  LineFilter(LineFilter&&) noexcept;
  LineFilter& operator=(LineFilter&&) noexcept;
  ~LineFilter();

  bool matches(std::string_view line) const;

  // A text that every line that matches has in it; "" if none is known. Whole blocks of lines are
  // searched for it before any line is looked at.
  const std::string& required_text() const noexcept { return required_; }
  // Whether a line matches exactly if it has required_text() in it.
  bool is_required_text() const noexcept { return only_required_; }

 private:
  struct Test;  // one operand
  LineFilter(bool wanted, std::vector<Test> tests);

  bool wanted_;  // whether one of the tests must hold, or none may
  std::vector<Test> tests_;
  std::string required_;
  bool only_required_ = false;
};

Result<std::vector<LineFilter>> compile_line_filters(const std::vector<LineFilterSyntax>& syntax);

// Whether all of them hold; asked from left to right.
bool all_match(const std::vector<LineFilter>& filters, std::string_view line);

// Where `text` begins in `in`, or npos; quicker than find(), which stops at every first letter.
std::size_t find_text(std::string_view in, std::string_view text) noexcept;

}  // namespace tailrace::logql
