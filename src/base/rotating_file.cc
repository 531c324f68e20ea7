#include "base/rotating_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <string_view>

namespace tailrace {

Result<void> RotatingFile::open() {
  const std::filesystem::path folder = std::filesystem::path(options_.path).parent_path();
  std::error_code error;
  if (!folder.empty()) std::filesystem::create_directories(folder, error);
  file_ = Fd(::open(options_.path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (!file_) return errno_error("open " + options_.path, errno);
  struct stat status {};
  bytes_ = ::fstat(file_.get(), &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
  return {};
}

Result<void> RotatingFile::append(std::string& lines) {
  TAILRACE_CHECK(reopen_if_taken_away());
  std::size_t done = 0;
  Result<void> result;
  while (done < lines.size()) {
    // Whole lines that fit; a line longer than a file gets one of its own. A half written line is
    // finished first.
    std::string_view rest = std::string_view(lines).substr(done);
    const std::uint64_t room = options_.max_bytes > bytes_ ? options_.max_bytes - bytes_ : 0;
    if (rest.size() > room && !torn_) {
      const std::size_t last = room > 0 ? rest.rfind('\n', room - 1) : rest.npos;
      if (last != rest.npos) {
        rest = rest.substr(0, last + 1);
      } else if (bytes_ > 0) {
        result = rotate();
        if (!result) break;
        continue;
      } else {
        rest = rest.substr(0, rest.find('\n') + 1);
      }
    } else if (torn_) {
      rest = rest.substr(0, rest.find('\n') + 1);
    }
    const ssize_t count = ::write(file_.get(), rest.data(), rest.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      result = errno_error("write " + options_.path, errno);
      break;
    }
    done += static_cast<std::size_t>(count);
    bytes_ += static_cast<std::uint64_t>(count);
    torn_ = lines[done - 1] != '\n';
  }
  lines.erase(0, done);
  return result;
}

Result<void> RotatingFile::reopen_if_taken_away() {
  struct stat named {};
  struct stat opened {};
  const bool same = file_ && ::fstat(file_.get(), &opened) == 0 &&
                    ::stat(options_.path.c_str(), &named) == 0 && named.st_ino == opened.st_ino &&
                    named.st_dev == opened.st_dev;
  if (same) {
    bytes_ = static_cast<std::uint64_t>(opened.st_size);
  } else if (!torn_ || !file_) {
    TAILRACE_CHECK(open());
    torn_ = false;
  }
  return {};
}

Result<void> RotatingFile::rotate() {
  for (std::int64_t i = options_.keep; i > 0; --i) {
    const std::string from = i == 1 ? options_.path : options_.path + "." + std::to_string(i - 1);
    const std::string to = options_.path + "." + std::to_string(i);
    if (::rename(from.c_str(), to.c_str()) != 0 && errno != ENOENT) {
      return errno_error("rename " + from, errno);
    }
  }
  return open();
}

}  // namespace tailrace
