// LogfmtReader: key=value pairs of one line, by the rules of Go's go-logfmt decoder.
//
//   LogfmtReader reader(line, arena);
//   while (reader.next()) use(reader.key(), reader.value());
//   if (reader.failed()) ...   // what came before it stays good
#pragma once

#include <string_view>

#include "base/arena.h"

namespace tailrace {

class LogfmtReader {
 public:
  // Both outlive the reader. Values are views of the line, or of the arena if they had escapes.
  LogfmtReader(std::string_view line, Arena& arena)
      : at_(line.data()), end_(at_ + line.size()), arena_(arena) {}
  // As queries read: values in quotes may have newlines, and behind a fault next() goes on until
  // at_end().
  struct PassOver {};
  LogfmtReader(std::string_view line, Arena& arena, PassOver) : LogfmtReader(line, arena) {
    passes_over_ = true;
  }

  // Moves to the next pair; false at the end of the line and at the first fault (or at every one).
  bool next();
  bool at_end() const noexcept { return at_ == end_; }
  std::string_view key() const noexcept { return key_; }
  std::string_view value() const noexcept { return value_; }  // "" for `key` and `key=`
  bool failed() const noexcept { return failed_; }

 private:
  // `at`: where reading goes on, if it does.
  bool fail(const char* at) noexcept;
  const char* next_blank(const char* at) const noexcept;
  bool read_bare_value(const char* start);
  bool read_quoted_value(const char* start);
  bool unescape_value();

  const char* at_;
  const char* end_;
  Arena& arena_;
  std::string_view key_, value_;
  bool failed_ = false;
  bool passes_over_ = false;
};

}  // namespace tailrace
