#include "parse/cri.h"

namespace tailrace {
namespace {

// Takes a word and the blank behind it. Words hold no white space of any kind (vertical tab is
// none, as \S sees it).
std::optional<std::string_view> take_word(std::string_view& rest) noexcept {
  const std::size_t end = rest.find(' ');
  if (end == 0 || end == std::string_view::npos) return std::nullopt;
  const std::string_view word = rest.substr(0, end);
  if (word.find_first_of("\t\n\f\r") != std::string_view::npos) return std::nullopt;
  rest.remove_prefix(end + 1);
  return word;
}

}  // namespace

std::optional<CriLine> parse_cri(std::string_view line) noexcept {
  const auto time = take_word(line);
  if (!time) return std::nullopt;
  const auto stream = take_word(line);
  if (!stream || (*stream != "stdout" && *stream != "stderr")) return std::nullopt;
  const auto flags = take_word(line);
  if (!flags) return std::nullopt;
  return CriLine{*time, *stream, *flags, line};
}

}  // namespace tailrace
