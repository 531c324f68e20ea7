#include "logql/line_filter.h"

#include <string.h>

#include <algorithm>
#include <utility>

#include "logql/ip_pattern.h"
#include "logql/line_pattern.h"
#include "logql/literal.h"

namespace tailrace::logql {

// One of: a text, a regex, a pattern, an address.
struct LineFilter::Test {
  std::string text{};  // searched for if there is nothing else
  std::optional<GoRegex> regex{};
  std::string regex_needs{};  // searched for before the regex
  std::optional<LinePattern> pattern{};
  std::optional<IpPattern> ip{};

  bool is_text() const { return !regex && !pattern && !ip; }
  bool holds(std::string_view line) const {
    if (regex) {
      return (regex_needs.empty() || find_text(line, regex_needs) != line.npos) &&
             regex->matches(line);
    }
    if (pattern) return pattern->matches_whole(line);
    if (ip) return ip->found_in(line);
    return find_text(line, text) != line.npos;
  }

  static Result<Test> compile(LineFilterOp op, const std::string& text, bool is_ip) {
    Test test;
    if (is_ip) {
      Result<IpPattern> ip = IpPattern::compile(text);
      if (!ip) return std::move(ip).error();
      test.ip = std::move(ip).value();
      return test;
    }
    if (op == LineFilterOp::kPattern || op == LineFilterOp::kNotPattern) {
      Result<LinePattern> pattern = LinePattern::compile_filter(text);
      if (!pattern) return std::move(pattern).error();
      test.pattern = std::move(pattern).value();
      return test;
    }
    const bool is_regex = op == LineFilterOp::kRegex || op == LineFilterOp::kNotRegex;
    if (!is_regex || is_literal_regex(text)) {
      test.text = text;
      return test;
    }
    Result<GoRegex> regex = GoRegex::compile(text, {.keep = GroupsKept::kNone});
    if (!regex) return std::move(regex).error();
    test.regex = std::move(regex).value();
    test.regex_needs = required_literal(text);
    return test;
  }
};

LineFilter::LineFilter(bool wanted, std::vector<Test> tests)
    : wanted_(wanted), tests_(std::move(tests)) {
  if (!wanted_ || tests_.size() != 1) return;
  const Test& test = tests_.front();
  only_required_ = test.is_text();
  if (test.pattern) {
    required_ = test.pattern->longest_literal();
  } else {
    required_ = test.regex ? test.regex_needs : test.text;
  }
}
LineFilter::LineFilter(LineFilter&&) noexcept = default;
LineFilter& LineFilter::operator=(LineFilter&&) noexcept = default;
LineFilter::~LineFilter() = default;

Result<LineFilter> LineFilter::compile(const LineFilterSyntax& syntax) {
  const bool wanted = syntax.op == LineFilterOp::kContains || syntax.op == LineFilterOp::kRegex ||
                      syntax.op == LineFilterOp::kPattern;
  std::vector<Test> tests;
  TAILRACE_TRY(Test first, Test::compile(syntax.op, syntax.text, syntax.is_ip));
  tests.push_back(std::move(first));
  for (const LineFilterOperand& other : syntax.others) {
    TAILRACE_TRY(Test test, Test::compile(syntax.op, other.text, other.is_ip));
    tests.push_back(std::move(test));
  }
  return LineFilter(wanted, std::move(tests));
}

bool LineFilter::matches(std::string_view line) const {
  for (const Test& test : tests_) {
    if (test.holds(line)) return wanted_;
  }
  return !wanted_;
}

Result<std::vector<LineFilter>> compile_line_filters(const std::vector<LineFilterSyntax>& syntax) {
  std::vector<LineFilter> filters;
  for (const LineFilterSyntax& each : syntax) {
    Result<LineFilter> filter = LineFilter::compile(each);
    if (!filter) return error_at(each.text_place, filter.error().text());
    filters.push_back(std::move(filter).value());
  }
  return filters;
}

bool all_match(const std::vector<LineFilter>& filters, std::string_view line) {
  return std::all_of(filters.begin(), filters.end(),
                     [&](const LineFilter& filter) { return filter.matches(line); });
}

std::size_t find_text(std::string_view in, std::string_view text) noexcept {
  if (text.empty()) return 0;
  if (in.empty()) return in.npos;
  const void* found = ::memmem(in.data(), in.size(), text.data(), text.size());
  return found == nullptr ? in.npos
                          : static_cast<std::size_t>(static_cast<const char*>(found) - in.data());
}

}  // namespace tailrace::logql
