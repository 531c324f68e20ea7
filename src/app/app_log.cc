#include "app/app_log.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <ctime>
#include <filesystem>

#include "base/clock.h"
#include "base/file.h"
#include "telemetry/log.h"

namespace tailrace {
namespace {

constexpr std::chrono::milliseconds kGatherTime{5};
constexpr std::size_t kGatheredBytes = 64 * 1024;          // are written at once
constexpr std::size_t kWaitingBytesMax = 4 * 1024 * 1024;  // while the disk refuses
// A pipe that is ready takes this much without blocking (POSIX's smallest PIPE_BUF is less; Linux'
// is this).
constexpr std::size_t kPipeBytes = 4096;

log::Every write_trouble(10 * kNsPerSecond);

}  // namespace

std::string_view level_name(AppLevel level) noexcept {
  switch (level) {
    case AppLevel::kDebug:
      return "DEBUG";
    case AppLevel::kInfo:
      return "INFO";
    case AppLevel::kWarn:
      return "WARN";
    case AppLevel::kError:
      return "ERROR";
  }
  return "";
}

struct AppLog::Impl {
  Impl(Executor executor, AppLogOptions given, Metrics& metrics)
      : options(std::move(given)),
        timer(executor),
        lines(metrics.counter("my_app_log_lines_total", "Lines that the app has logged.")),
        dropped(metrics.counter("my_app_log_dropped_bytes_total",
                                "Bytes of the app's log that could not be written; to the file or "
                                "to standard output.")) {}

  Result<void> open() {
    if (options.path.empty()) return {};
    const std::filesystem::path folder = std::filesystem::path(options.path).parent_path();
    std::error_code error;
    if (!folder.empty()) std::filesystem::create_directories(folder, error);
    file = Fd(::open(options.path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
    if (!file) return errno_error("open " + options.path, errno);
    struct stat status {};
    bytes = ::fstat(file.get(), &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
    return {};
  }

  void added() {
    if (gathered.size() >= kGatheredBytes) return flush();
    if (armed) return;
    armed = true;
    timer.expires_after(kGatherTime);
    timer.async_wait([weak = self](const boost::system::error_code& error) {
      const std::shared_ptr<Impl> impl = weak.lock();
      if (error || !impl) return;
      impl->armed = false;
      impl->flush();
    });
  }

  void flush() {
    if (gathered.empty()) return;
    if (options.to_stdout) write_stdout(std::string_view(gathered).substr(shown));
    if (!options.path.empty()) {
      write_file();
    } else {
      gathered.clear();
    }
    if (gathered.size() > kWaitingBytesMax) {
      // The oldest may be half written; what came last goes, by whole lines.
      const std::size_t end = gathered.rfind('\n', kWaitingBytesMax) + 1;
      dropped.add(static_cast<double>(gathered.size() - end));
      gathered.resize(end);
    }
    shown = gathered.size();
    if (!gathered.empty()) added_again();
  }

  // The disk refused; try again after a while even if nothing more is logged.
  void added_again() {
    if (armed) return;
    armed = true;
    timer.expires_after(kGatherTime * 20);
    timer.async_wait([weak = self](const boost::system::error_code& error) {
      const std::shared_ptr<Impl> impl = weak.lock();
      if (error || !impl) return;
      impl->armed = false;
      impl->flush();
    });
  }

  void write_file() {
    reopen_if_taken_away();
    std::size_t done = 0;
    while (done < gathered.size()) {
      // Whole lines that fit; a line longer than a file gets one of its own. A half written line is
      // finished first.
      std::string_view rest = std::string_view(gathered).substr(done);
      const std::uint64_t room = options.max_bytes > bytes ? options.max_bytes - bytes : 0;
      if (rest.size() > room && !torn) {
        const std::size_t last = room > 0 ? rest.rfind('\n', room - 1) : rest.npos;
        if (last != rest.npos) {
          rest = rest.substr(0, last + 1);
        } else if (bytes > 0) {
          if (!rotate()) break;
          continue;
        } else {
          rest = rest.substr(0, rest.find('\n') + 1);
        }
      } else if (torn) {
        rest = rest.substr(0, rest.find('\n') + 1);
      }
      const ssize_t count = file ? ::write(file.get(), rest.data(), rest.size()) : -1;
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) {
        trouble("write " + options.path);
        break;
      }
      done += static_cast<std::size_t>(count);
      bytes += static_cast<std::uint64_t>(count);
      torn = gathered[done - 1] != '\n';
    }
    gathered.erase(0, done);
  }

  // Somebody else may have renamed or deleted the file (logrotate): begin a new one.
  void reopen_if_taken_away() {
    struct stat named {};
    struct stat opened {};
    const bool same = file && ::fstat(file.get(), &opened) == 0 &&
                      ::stat(options.path.c_str(), &named) == 0 && named.st_ino == opened.st_ino &&
                      named.st_dev == opened.st_dev;
    if (same) {
      bytes = static_cast<std::uint64_t>(opened.st_size);
    } else if (!torn || !file) {
      const Result<void> done = open();
      if (!done) trouble(done.error().text());
      torn = false;
    }
  }

  bool rotate() {
    for (std::int64_t i = options.keep; i > 0; --i) {
      const std::string from = i == 1 ? options.path : options.path + "." + std::to_string(i - 1);
      const std::string to = options.path + "." + std::to_string(i);
      if (::rename(from.c_str(), to.c_str()) != 0 && errno != ENOENT) {
        trouble("rename " + from);
        return false;
      }
    }
    const Result<void> done = open();
    if (!done) trouble(done.error().text());
    return static_cast<bool>(done);
  }

  // Never waits for a reader: what a full pipe does not take is dropped there, the file has it.
  void write_stdout(std::string_view text) {
    while (!text.empty()) {
      pollfd ready{STDOUT_FILENO, POLLOUT, 0};
      const bool writable = ::poll(&ready, 1, 0) == 1 && (ready.revents & POLLOUT) != 0;
      const ssize_t count =
          writable ? ::write(STDOUT_FILENO, text.data(), std::min(text.size(), kPipeBytes)) : -1;
      if (writable && count < 0 && errno == EINTR) continue;
      if (count <= 0) {
        dropped.add(static_cast<double>(text.size()));
        return;
      }
      text.remove_prefix(static_cast<std::size_t>(count));
    }
  }

  void trouble(const std::string& what) {
    if (write_trouble.due())
      log::error("the app's log cannot be written", {{"error", errno_error(what, errno).text()}});
  }

  std::string_view timestamp() {
    const std::int64_t now = Clock::system().now_ns();
    const std::int64_t now_second = now / kNsPerSecond;
    if (now_second != second) {
      second = now_second;
      const std::time_t time = now_second;
      std::tm parts{};
      gmtime_r(&time, &parts);
      std::strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S.000Z", &parts);
    }
    const auto ms = static_cast<int>(now % kNsPerSecond / kNsPerMs);
    stamp[20] = static_cast<char>('0' + ms / 100);
    stamp[21] = static_cast<char>('0' + ms / 10 % 10);
    stamp[22] = static_cast<char>('0' + ms % 10);
    return {stamp, 24};
  }

  const AppLogOptions options;
  asio::steady_timer timer;
  Counter lines;
  Counter dropped;
  std::weak_ptr<Impl> self;
  bool armed = false;
  std::string gathered;   // whole lines; the first may be the rest of one
  std::size_t shown = 0;  // of `gathered`: already on standard output
  Fd file;
  std::uint64_t bytes = 0;  // in the file
  bool torn = false;        // its last line is not whole yet
  std::int64_t second = -1;
  char stamp[32] = "";
};

AppLog::AppLog(Executor executor, AppLogOptions options, Metrics& metrics)
    : impl_(std::make_shared<Impl>(std::move(executor), std::move(options), metrics)) {
  impl_->self = impl_;
}
AppLog::~AppLog() {
  impl_->timer.cancel();
  impl_->flush();
}

Result<void> AppLog::open() { return impl_->open(); }
void AppLog::flush() { impl_->flush(); }
std::string_view AppLog::timestamp() { return impl_->timestamp(); }

void AppLog::write(AppLevel level, std::string_view message) {
  while (message.ends_with('\n')) message.remove_suffix(1);
  std::string& out = impl_->gathered;
  out += impl_->timestamp();
  out += ' ';
  out += level_name(level);
  out += ' ';
  out += message;
  out += '\n';
  impl_->lines.add(1);
  impl_->added();
}

void AppLog::write_raw(std::string_view lines, std::uint64_t count) {
  impl_->gathered += lines;
  impl_->lines.add(static_cast<double>(count));
  impl_->added();
}

}  // namespace tailrace
