// RotatingFile: a log file that is renamed when it has reached its size (app.log -> app.log.1 ->
// ...) and begun anew. No byte of it is copied or cut, so a tailer that follows names and
// descriptors loses nothing, and a line is never split between two files.
//
// A file that somebody else renames or deletes (logrotate) is begun anew by itself.
//
// One thread at a time. Writing may wait for the disk.
#pragma once

#include <cstdint>
#include <string>

#include "base/file.h"
#include "base/result.h"

namespace tailrace {

struct RotatingFileOptions {
  std::string path;  // its folder is made
  std::uint64_t max_bytes = std::uint64_t{64} << 20;
  std::int64_t keep = 3;  // renamed files, 1 or more
};

class RotatingFile {
 public:
  explicit RotatingFile(RotatingFileOptions options) : options_(std::move(options)) {}

  Result<void> open();
  // Writes `lines`, each with its line feed, and removes from its front what was written. After an
  // error the rest is left, which may begin within a line: it must stand in front of what is
  // appended next.
  Result<void> append(std::string& lines);

 private:
  Result<void> reopen_if_taken_away();
  Result<void> rotate();

  RotatingFileOptions options_;
  Fd file_;
  std::uint64_t bytes_ = 0;  // in the file
  bool torn_ = false;        // its last line is not whole yet
};

}  // namespace tailrace
