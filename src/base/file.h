// Files: descriptors that close themselves, whole-file reads, atomic replacement.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace tailrace {

class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) noexcept : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) {
      close();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  ~Fd() { close(); }

  int get() const noexcept { return fd_; }
  explicit operator bool() const noexcept { return fd_ >= 0; }
  int release() noexcept { return std::exchange(fd_, -1); }
  void close() noexcept;

 private:
  int fd_ = -1;
};

// Opens for reading with O_CLOEXEC and O_NONBLOCK (a FIFO must not hang us). kNotFound or kIo.
Result<Fd> open_for_read(const std::filesystem::path& path);

// Reads at `offset` into `into`; how many bytes came, 0 at the end. Repeats after EINTR.
Result<std::size_t> read_at(int fd, std::span<char> into, std::uint64_t offset);

// The whole of a regular file or stream, at most `bytes_max`.
Result<std::string> read_file(const std::filesystem::path& path,
                              std::size_t bytes_max = std::size_t{1} << 30);

// Replaces `path` by a file that holds `text`: temporary file beside it, fsync, rename, fsync of
// the directory. After a crash the old or the new content is there, whole. Blocks on the disk.
Result<void> replace_file_blocking(const std::filesystem::path& path, std::string_view text,
                                   mode_t mode);

}  // namespace tailrace
