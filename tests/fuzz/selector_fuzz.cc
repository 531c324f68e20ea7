// Any bytes as a selector of the match stage, and behind a zero byte as a line for it.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "logql/line_filter.h"
#include "logql/matcher.h"
#include "logql/parser.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t bytes) {
  using namespace tailrace::logql;
  const std::string_view input(reinterpret_cast<const char*>(data), bytes);
  const std::size_t end = input.find('\0');
  const std::string_view line = end == input.npos ? std::string_view{} : input.substr(end + 1);
  const auto selector = parse_match_selector(input.substr(0, end));
  if (!selector) return 0;
  if (selector->matchers.empty()) __builtin_trap();
  const auto matchers = compile_matchers(selector->matchers);
  const auto filters = compile_line_filters(selector->filters);
  if (!matchers || !filters) return 0;
  for (const Matcher& matcher : *matchers) (void)matcher.matches(line);
  (void)all_match(*filters, line);
  return 0;
}
