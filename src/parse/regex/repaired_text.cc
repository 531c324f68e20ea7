#include "parse/regex/repaired_text.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "base/text.h"

namespace tailrace::regex {

namespace {
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr std::size_t kGrowth = kReplacement.size() - 1;
}  // namespace

RepairedText::RepairedText(std::string_view original) {
  text_.reserve(original.size() + 16);
  for (std::size_t at = 0; at < original.size();) {
    const std::size_t start = at;
    bool valid = true;
    decode_utf8(original, at, &valid);
    if (valid) {
      text_.append(original, start, at - start);
    } else {
      faults_.push_back(text_.size());
      text_ += kReplacement;
    }
  }
}

std::size_t RepairedText::back(std::size_t offset) const {
  const auto before = std::ranges::lower_bound(faults_, offset) - faults_.begin();
  return offset - static_cast<std::size_t>(before) * kGrowth;
}

std::size_t RepairedText::forward(std::size_t offset) const {
  std::size_t shift = 0;
  for (const std::size_t fault : faults_) {
    if (fault - shift >= offset) break;
    shift += kGrowth;
  }
  return offset + shift;
}

bool is_ascii(std::string_view text) noexcept {
  const char* at = text.data();
  std::size_t left = text.size();
  std::uint64_t seen = 0;
  for (; left >= 32; at += 32, left -= 32) {
    std::uint64_t words[4];
    std::memcpy(words, at, 32);
    seen |= words[0] | words[1] | words[2] | words[3];
  }
  for (; left >= 8; at += 8, left -= 8) {
    std::uint64_t word;
    std::memcpy(&word, at, 8);
    seen |= word;
  }
  std::uint64_t last = 0;
  std::memcpy(&last, at, left);
  return ((seen | last) & 0x8080808080808080ULL) == 0;
}

}  // namespace tailrace::regex
