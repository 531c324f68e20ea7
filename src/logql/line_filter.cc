#include "logql/line_filter.h"

#include <string.h>

#include <algorithm>
#include <utility>

#include "logql/literal.h"

namespace tailrace::logql {
namespace {

bool contains(std::string_view line, std::string_view text) {
  // memmem, not find(): it does not stop at every first letter.
  return text.empty() ||
         (!line.empty() && ::memmem(line.data(), line.size(), text.data(), text.size()));
}

}  // namespace

Result<LineFilter> LineFilter::compile(const LineFilterSyntax& syntax) {
  const bool wanted = syntax.op == LineFilterOp::kContains || syntax.op == LineFilterOp::kRegex;
  const bool is_regex = syntax.op == LineFilterOp::kRegex || syntax.op == LineFilterOp::kNotRegex;
  if (!is_regex || is_literal_regex(syntax.text))
    return LineFilter(wanted, syntax.text, std::nullopt);
  Result<GoRegex> regex = GoRegex::compile(syntax.text, {.keep = GroupsKept::kNone});
  if (!regex) return error_at(syntax.text_place, regex.error().text());
  return LineFilter(wanted, {}, std::move(regex).value());
}

bool LineFilter::matches(std::string_view line) const {
  return (regex_ ? regex_->matches(line) : contains(line, literal_)) == wanted_;
}

Result<std::vector<LineFilter>> compile_line_filters(const std::vector<LineFilterSyntax>& syntax) {
  std::vector<LineFilter> filters;
  for (const LineFilterSyntax& each : syntax) {
    TAILRACE_TRY(LineFilter filter, LineFilter::compile(each));
    filters.push_back(std::move(filter));
  }
  return filters;
}

bool all_match(const std::vector<LineFilter>& filters, std::string_view line) {
  return std::all_of(filters.begin(), filters.end(),
                     [&](const LineFilter& filter) { return filter.matches(line); });
}

}  // namespace tailrace::logql
