// Log: what tailrace says about itself, over spdlog.
//
//   log::warn("batch retry", {{"client", name}, {"attempt", attempt}, {"error", error.text()}});
//
// One event per line, the message constant, data in fields. `info`: what an operator does or must
// know; `warn`: what heals itself; `error`: lost data or a needed hand; `debug`: never per line of
// a tailed log. Thread-safe. Written to standard error, as Promtail does, through a bounded queue
// that drops the oldest.
#pragma once

#include <atomic>
#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/rotating_file.h"

namespace tailrace::log {

enum class Level : std::uint8_t { kDebug, kInfo, kWarn, kError };
enum class Format : std::uint8_t { kLogfmt, kJson };

struct Field {
  std::string_view key;
  std::string text;
  bool quoted = true;  // numbers and booleans stand bare in JSON

  Field(std::string_view k, std::string_view value) : key(k), text(value) {}
  Field(std::string_view k, const std::string& value) : key(k), text(value) {}
  Field(std::string_view k, const char* value) : key(k), text(value) {}
  Field(std::string_view k, bool value) : key(k), text(value ? "true" : "false"), quoted(false) {}
  template <class Number>
  requires std::integral<Number> || std::floating_point<Number> Field(std::string_view k,
                                                                      Number value)
      : key(k), text(std::to_string(value)), quoted(false) {}
};
using FieldList = std::initializer_list<Field>;

Result<Level> parse_level(std::string_view text);    // debug info warn error
Result<Format> parse_format(std::string_view text);  // logfmt json

// Where lines go.
struct Output {
  RotatingFileOptions file{.path = ""};  // "": no file
  bool to_stderr = true;
};

// Call once, before threads start; before that, info and above go to standard error as logfmt.
// Error: the file cannot be opened.
Result<void> configure(Level level, Format format, Output output = {});
void set_level(Level level);
bool enabled(Level level);
// Writes out what is queued; later events are written at once by their own thread. For the end of
// main.
void shutdown();
// Events that the queue dropped because standard error or the disk was too slow.
std::uint64_t dropped();
// For tests: lines go here (without the line feed), at once, instead of standard error; null ends
// that.
void capture_for_test(std::function<void(std::string_view line)> sink);

void write(Level level, std::string_view message, FieldList fields);
inline void debug(std::string_view message, FieldList fields = {}) {
  write(Level::kDebug, message, fields);
}
inline void info(std::string_view message, FieldList fields = {}) {
  write(Level::kInfo, message, fields);
}
inline void warn(std::string_view message, FieldList fields = {}) {
  write(Level::kWarn, message, fields);
}
inline void error(std::string_view message, FieldList fields = {}) {
  write(Level::kError, message, fields);
}

// For what traffic can trigger: says yes at most once per interval. Keep one per place as a static
// or member.
class Every {
 public:
  explicit Every(std::int64_t interval_ns) : interval_ns_(interval_ns) {}
  bool due();

 private:
  std::int64_t interval_ns_;
  std::atomic<std::int64_t> next_ns_{0};
};

}  // namespace tailrace::log
