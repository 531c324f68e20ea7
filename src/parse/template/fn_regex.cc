// Regular expressions: the expression comes first. A bad one is an error of the execution, but for
// regexMatch, which then says no. Otherwise the must... forms differ in nothing here.
#include <algorithm>

#include "parse/go_regex_replace.h"
#include "parse/template/strings.h"

namespace tailrace::tmpl {
namespace {

Result<Value> do_must_match(Call& call) {
  TAILRACE_TRY(const GoRegex* regex, call.run.regex(call.text(0)));
  return Value::of_bool(regex->matches(call.text(1)));
}
Result<Value> do_match(Call& call) { return do_must_match(call).value_or(Value::of_bool(false)); }

Result<Value> do_find(Call& call) {
  TAILRACE_TRY(const GoRegex* regex, call.run.regex(call.text(0)));
  std::string_view found[1];
  if (!regex->search(call.text(1), found)) return Value::of_text("");
  return Value::of_text(found[0]);
}

int count_of(std::int64_t count) {
  return static_cast<int>(std::clamp<std::int64_t>(count, -1, INT32_MAX));
}

Result<Value> do_find_all(Call& call) {
  TAILRACE_TRY(const GoRegex* regex, call.run.regex(call.text(0)));
  const auto found = regex_find_all(*regex, call.text(1), count_of(call.integer(2)));
  return found.empty() ? call.run.heap.null_list(Kind::kString) : text_list(call, found);
}
Result<Value> do_split(Call& call) {
  TAILRACE_TRY(const GoRegex* regex, call.run.regex(call.text(0)));
  if (call.integer(2) == 0) return call.run.heap.null_list(Kind::kString);
  return text_list(call, regex_split(*regex, call.text(1), count_of(call.integer(2))));
}
Result<Value> do_replace_all(Call& call) {
  TAILRACE_TRY(const GoRegex* regex, call.run.regex(call.text(0)));
  const std::string out = regex_replace_all(*regex, call.text(1), call.text(2));
  TAILRACE_CHECK(check_size(call, out.size()));
  return call.give(out);
}
Result<Value> do_replace_all_literal(Call& call) {
  TAILRACE_TRY(const GoRegex* regex, call.run.regex(call.text(0)));
  const std::string out = regex_replace_all_literal(*regex, call.text(1), call.text(2));
  TAILRACE_CHECK(check_size(call, out.size()));
  return call.give(out);
}
Result<Value> do_quote_meta(Call& call) { return call.give(regex_quote_meta(call.text(0))); }

constexpr Function kFunctions[] = {
    {"mustRegexFind", "ss", do_find},
    {"mustRegexFindAll", "ssi", do_find_all},
    {"mustRegexMatch", "ss", do_must_match},
    {"mustRegexReplaceAll", "sss", do_replace_all},
    {"mustRegexReplaceAllLiteral", "sss", do_replace_all_literal},
    {"mustRegexSplit", "ssi", do_split},
    {"regexFind", "ss", do_find},
    {"regexFindAll", "ssi", do_find_all},
    {"regexMatch", "ss", do_match},
    {"regexQuoteMeta", "s", do_quote_meta},
    {"regexReplaceAll", "sss", do_replace_all},
    {"regexReplaceAllLiteral", "sss", do_replace_all_literal},
    {"regexSplit", "ssi", do_split},
};

}  // namespace

std::span<const Function> regex_functions() { return kFunctions; }

}  // namespace tailrace::tmpl
