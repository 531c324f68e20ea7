// LogLines: makes log lines such as a busy web service writes, for demonstrations and load tests.
//
// Levels are weighted (most are INFO), requests, queries, cache misses, payments and failures
// alternate, some errors carry a stack trace of several lines (text) or a field with it (JSON,
// logfmt). The same seed gives the same lines, but for their time stamps.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "app/app_options.h"

namespace tailrace {

class LogLines {
 public:
  LogLines(LogLineFormat format, bool stack_traces, std::uint64_t seed);
  // Appends one event with its line feed. `timestamp` as it shall be written.
  void append(std::string& out, std::string_view timestamp);

 private:
  std::uint64_t random();
  std::uint64_t below(std::uint64_t limit) { return random() % limit; }
  void append_event();

  const LogLineFormat format_;
  const bool stack_traces_;
  std::uint64_t state_;
  // The event being made.
  std::string_view level_;
  std::string message_;
  std::string fields_;  // " key=value" each
  bool with_trace_ = false;
};

}  // namespace tailrace
