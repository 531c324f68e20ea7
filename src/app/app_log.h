// AppLog: the app's own log, a line per event: "2026-01-02T03:04:05.678Z INFO message".
//
// Lines are gathered for some milliseconds and written together, to the file (base/rotating_file.h)
// and to standard output.
//
// One thread. When the disk or the reader of standard output does not follow, lines are dropped and
// counted.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "app/app_options.h"
#include "base/result.h"
#include "net/async.h"
#include "telemetry/metrics.h"

namespace tailrace {

enum class AppLevel : std::uint8_t { kDebug, kInfo, kWarn, kError };
std::string_view level_name(AppLevel level) noexcept;  // DEBUG INFO WARN ERROR

class AppLog {
 public:
  AppLog(Executor executor, AppLogOptions options, Metrics& metrics);
  ~AppLog();  // writes what is left
  AppLog(const AppLog&) = delete;
  AppLog& operator=(const AppLog&) = delete;

  // Makes the folder and opens the file.
  Result<void> open();
  // `message` may have several lines (a stack trace); it needs no line feed at its end.
  void write(AppLevel level, std::string_view message);
  void debug(std::string_view message) { write(AppLevel::kDebug, message); }
  void info(std::string_view message) { write(AppLevel::kInfo, message); }
  void warn(std::string_view message) { write(AppLevel::kWarn, message); }
  void error(std::string_view message) { write(AppLevel::kError, message); }
  // Whole lines as they are, each with its line feed.
  void write_raw(std::string_view lines, std::uint64_t count);
  // Writes what has been gathered, now.
  void flush();
  // "2026-01-02T03:04:05.678Z", of this moment; valid until the next call.
  std::string_view timestamp();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace tailrace
