// Any bytes as an expression, and behind a zero byte as a text: our matcher and RE2 must find the
// same.
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "parse/go_regex.h"
#include "parse/go_regex_replace.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t bytes) {
  using namespace tailrace;
  const std::string_view input(reinterpret_cast<const char*>(data), bytes);
  const std::size_t end = input.find('\0');
  const std::string_view expression = input.substr(0, end);
  const std::string_view text = end == input.npos ? std::string_view{} : input.substr(end + 1);
  const auto ours = GoRegex::compile(expression);
  if (!ours) return 0;
  std::vector<std::string_view> found(ours->groups().size() + 1);
  const bool matches = ours->search(text, found);
  (void)regex_replace_all(*ours, text, "<$1>");
  // RE2 of 2022 loses a flag i in some alternatives, so those are not compared.
  const bool is_comparable =
      expression.find("(?") == expression.npos || expression.find('|') == expression.npos;
  if (!ours->uses_own_matcher() || !is_comparable) return 0;
  const auto theirs = GoRegex::compile(expression, {.own_matcher = false});
  std::vector<std::string_view> wanted(found.size());
  if (theirs->search(text, wanted) != matches) __builtin_trap();
  if (matches && found != wanted) __builtin_trap();
  return 0;
}
