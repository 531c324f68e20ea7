#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>

namespace tailrace {
namespace {

Error file_error(std::string_view action, const std::filesystem::path& path,
                 int errno_value = errno) {
  std::string what(action);
  what += ' ';
  what += path.native();
  return errno_error(what, errno_value);
}

Result<void> write_all(int fd, std::string_view text, const std::filesystem::path& path) {
  while (!text.empty()) {
    const ssize_t count = ::write(fd, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return file_error("write", path);
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

Result<void> sync_directory(const std::filesystem::path& directory) {
  const Fd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return file_error("open", directory);
  // Some file systems (FUSE, old network ones) cannot sync a directory and say so with EINVAL; the
  // rename itself is done then.
  if (::fsync(fd.get()) != 0 && errno != EINVAL && errno != ENOTSUP)
    return file_error("fsync", directory);
  return {};
}

// Writes and syncs the temporary file; on any failure it is gone again.
Result<void> write_temporary(const std::filesystem::path& path, std::string_view text,
                             mode_t mode) {
  // A file of this name is what a process with our number left when it was killed (in a container
  // every process may be number 1).
  ::unlink(path.c_str());
  Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode));
  if (!fd) return file_error("create", path);
  // The mode that was asked for, whatever the umask says.
  if (::fchmod(fd.get(), mode) != 0) return file_error("chmod", path);
  TAILRACE_CHECK(write_all(fd.get(), text, path));
  if (::fsync(fd.get()) != 0) return file_error("fsync", path);
  // Network file systems report a failed write here, at the latest.
  if (::close(fd.release()) != 0) return file_error("close", path);
  return {};
}

// A name beside `path` that no other process or thread uses.
std::filesystem::path temporary_name(const std::filesystem::path& path) {
  static std::atomic<unsigned> counter{0};
  std::filesystem::path name = path;
  name += "." + std::to_string(::getpid()) + "-" + std::to_string(counter.fetch_add(1)) + ".tmp";
  return name;
}

}  // namespace

void Fd::close() noexcept {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

Result<Fd> open_for_read(const std::filesystem::path& path) {
  for (;;) {
    Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (fd) return fd;
    if (errno != EINTR) return file_error("open", path);
  }
}

Result<std::size_t> read_at(int fd, std::span<char> into, std::uint64_t offset) {
  for (;;) {
    const ssize_t count = ::pread(fd, into.data(), into.size(), static_cast<off_t>(offset));
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EINTR) return errno_error("read", errno);
  }
}

Result<std::string> read_file(const std::filesystem::path& path, std::size_t bytes_max) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!fd) return file_error("open", path);
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return file_error("stat", path);
  if (S_ISDIR(status.st_mode)) return file_error("read", path, EISDIR);
  std::string text;
  // One byte more than the size, so that a regular file needs one read that fills and one that says
  // "end".
  std::size_t room =
      S_ISREG(status.st_mode) ? static_cast<std::size_t>(status.st_size) + 1 : 64 * 1024;
  for (;;) {
    const std::size_t used = text.size();
    room = std::min(room, bytes_max + 1 - used);
    text.resize(used + room);
    const ssize_t count = ::read(fd.get(), text.data() + used, room);
    if (count < 0 && errno != EINTR) return file_error("read", path);
    text.resize(used + static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    if (count == 0) return text;
    if (text.size() > bytes_max) return file_error("read", path, EFBIG);
    room = std::max<std::size_t>(64 * 1024, text.size());
  }
}

Result<void> replace_file_blocking(const std::filesystem::path& path, std::string_view text,
                                   mode_t mode) {
  const std::filesystem::path temporary = temporary_name(path);
  if (Result<void> written = write_temporary(temporary, text, mode); !written) {
    ::unlink(temporary.c_str());
    return written;
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) {
    Error error = file_error("rename to", path);
    ::unlink(temporary.c_str());
    return error;
  }
  const std::filesystem::path directory = path.parent_path();
  return sync_directory(directory.empty() ? std::filesystem::path(".") : directory);
}

}  // namespace tailrace
