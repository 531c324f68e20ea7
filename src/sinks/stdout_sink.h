// StdoutSink: prints entries instead of sending them (-dry-run).
//
//   2026-03-01T10:00:00.123456789+0000<tab>{job="a"}<tab>the line
//
// As Promtail prints them, but with exactly one tab between columns. Labels are coloured on a
// terminal only.
#pragma once

#include <cstdio>
#include <string>

#include "model/entry_sink.h"

namespace tailrace {

class StdoutSink final : public EntrySink {
 public:
  // Writes to `out`, which outlives the sink, and flushes at the end of each read.
  explicit StdoutSink(std::FILE* out);
  void accept(Entry& entry) override;

 private:
  std::FILE* out_;
  bool coloured_;
  std::string text_;
};

// "2026-03-01T10:00:00.123456789+0000", trailing zeros of the fraction cut.
std::string format_dry_run_time(std::int64_t timestamp_ns);

}  // namespace tailrace
