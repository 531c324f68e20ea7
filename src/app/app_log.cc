#include "app/app_log.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <ctime>
#include <optional>

#include "base/clock.h"
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
                                "to standard output.")) {
    if (!options.file.path.empty()) file.emplace(options.file);
  }

  Result<void> open() { return file ? file->open() : Result<void>(); }

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
    if (file) {
      const Result<void> written = file->append(gathered);
      if (!written && write_trouble.due())
        log::error("the app's log cannot be written", {{"error", written.error().text()}});
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
  std::optional<RotatingFile> file;
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
