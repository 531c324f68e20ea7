// Which file is it? A path says little: logs are renamed, truncated, and inode numbers are used
// again.
//
// FileId is what the kernel says of an open descriptor. A Marker is the last bytes in front of an
// offset: if they are not there any more, the file was rewritten, whatever its number and size say.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace tailrace {

struct FileId {
  dev_t device = 0;
  ino_t inode = 0;
  friend bool operator==(const FileId&, const FileId&) = default;
  explicit operator bool() const noexcept { return inode != 0; }
};

class Marker {
 public:
  static constexpr std::size_t kBytesMax = 64;

  // The end of `text`, which are bytes just in front of an offset.
  void remember(std::string_view text) {
    const std::size_t keep = text.size() < kBytesMax ? text.size() : kBytesMax;
    std::memcpy(bytes_.data(), text.data() + text.size() - keep, keep);
    size_ = static_cast<std::uint8_t>(keep);
  }
  void clear() noexcept { size_ = 0; }
  std::size_t size() const noexcept { return size_; }
  std::string_view bytes() const noexcept { return {bytes_.data(), size_}; }

 private:
  std::array<char, kBytesMax> bytes_{};
  std::uint8_t size_ = 0;
};

}  // namespace tailrace
