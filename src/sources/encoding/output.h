// Where decoders write: UTF-8 into an arena, with room taken once.
#pragma once

#include <cstring>
#include <string_view>

#include "base/arena.h"

namespace tailrace::encoding {

class Output {
 public:
  // Room for `bytes_max` bytes; what is not used is given back.
  Output(Arena& arena, std::size_t bytes_max)
      : arena_(arena), reserved_(bytes_max), begin_(arena.allocate(bytes_max)), end_(begin_) {}

  void put(char32_t character) {
    const auto byte = [this](char32_t value) { *end_++ = static_cast<char>(value); };
    if (character < 0x80) {
      byte(character);
    } else if (character < 0x800) {
      byte(0xc0 | character >> 6);
      byte(0x80 | (character & 0x3f));
    } else if (character < 0x10000) {
      byte(0xe0 | character >> 12);
      byte(0x80 | (character >> 6 & 0x3f));
      byte(0x80 | (character & 0x3f));
    } else {
      byte(0xf0 | character >> 18);
      byte(0x80 | (character >> 12 & 0x3f));
      byte(0x80 | (character >> 6 & 0x3f));
      byte(0x80 | (character & 0x3f));
    }
  }
  std::string_view finish() {
    const auto used = static_cast<std::size_t>(end_ - begin_);
    arena_.shrink_last(reserved_, used);
    return {begin_, used};
  }

 private:
  Arena& arena_;
  std::size_t reserved_;
  char* begin_;
  char* end_;
};

inline bool is_ascii(std::string_view text) noexcept {
  const char* at = text.data();
  std::size_t left = text.size();
  for (; left >= 8; at += 8, left -= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, 8);
    if ((word & 0x8080808080808080ULL) != 0) return false;
  }
  for (; left > 0; ++at, --left) {
    if (static_cast<unsigned char>(*at) >= 0x80) return false;
  }
  return true;
}

}  // namespace tailrace::encoding
