// Arena: bytes that live until the next reset, handed out by moving a pointer.
//
// A shard has one. Stages write rewritten lines and values into it; the shard resets it when a read
// is used up. Reset keeps one block, grown to what was needed, so after warm-up nothing is
// allocated.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace tailrace {

class Arena {
 public:
  static constexpr std::size_t kFirstBlockBytes = 16 * 1024;
  // A larger block than this is given back at reset; it served one giant line.
  static constexpr std::size_t kKeptBytesMax = 1024 * 1024;

  // `bytes` of unaligned room, never null.
  char* allocate(std::size_t bytes) {
    if (bytes > static_cast<std::size_t>(end_ - next_)) return allocate_slow(bytes);
    char* out = next_;
    next_ += bytes;
    return out;
  }
  std::string_view copy(std::string_view text) {
    if (text.empty()) return {};
    char* out = allocate(text.size());
    std::memcpy(out, text.data(), text.size());
    return {out, text.size()};
  }
  // Gives back the end of the newest allocation: it was `reserved` bytes, `used` of them stay.
  void shrink_last(std::size_t reserved, std::size_t used) noexcept { next_ -= reserved - used; }

  // Ends the life of everything handed out.
  void reset();
  std::size_t used_bytes() const noexcept {
    return retired_bytes_ + static_cast<std::size_t>(next_ - begin_);
  }

 private:
  char* allocate_slow(std::size_t bytes);

  char* begin_ = nullptr;
  char* next_ = nullptr;
  char* end_ = nullptr;
  std::unique_ptr<char[]> block_;
  std::vector<std::unique_ptr<char[]>> retired_;  // full blocks of this round
  std::size_t retired_bytes_ = 0;
};

}  // namespace tailrace
