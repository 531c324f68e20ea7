// RepairedText: a text with every byte that is not UTF-8 replaced by U+FFFD, and the way back to
// its offsets.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tailrace::regex {

class RepairedText {
 public:
  explicit RepairedText(std::string_view original);

  std::string_view text() const noexcept { return text_; }
  // Offset in text() of the character that stands at, or contains, `offset` of the original.
  std::size_t forward(std::size_t offset) const;
  // Offset in the original of a character boundary of text().
  std::size_t back(std::size_t offset) const;

 private:
  // Each invalid byte of the original became three: texts with faults are rare, faults in them few.
  std::string text_;
  std::vector<std::size_t> faults_;  // offsets in text_ of the replacements, ascending
};

// A view whose data() is not null: where null means "took no part", empty texts must not be
// mistaken for it.
inline constexpr char kEmptyText[] = "";
inline std::string_view never_null(std::string_view text) noexcept {
  return text.data() == nullptr ? std::string_view(kEmptyText, 0) : text;
}

bool is_ascii(std::string_view text) noexcept;

}  // namespace tailrace::regex
