// DockerLogReader: cuts the stream of a container's log into lines.
//
// Without a terminal the engine sends frames; with one, bare lines, which all count as stdout:
//
//   frame = <1: stdout, 2: stderr> 00 00 00 <length, 4 bytes, big endian> <payload>
//   payload and line = <RFC 3339 time> SP <text> [CR] LF
//
// The engine splits lines above 16 KiB into parts of equal time, of which only the last ends in a
// newline; they are joined here, for each of the two outputs on its own.
//
// Bytes may come cut anywhere. Memory: kBufferBytes, and for each output one unfinished line.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/arena.h"

namespace tailrace {

struct DockerLine {
  bool is_stderr = false;
  std::int64_t timestamp_ns = 0;
  std::string_view text;  // in the reader's buffer until the next room(), or in the arena
};

class DockerLogReader {
 public:
  static constexpr std::size_t kBufferBytes = 64 * 1024;

  // A joined line that has grown beyond `line_bytes_max` is handed out as it is; its rest is
  // skipped.
  DockerLogReader(bool is_terminal, std::size_t line_bytes_max);

  // Where the next bytes go, never empty; and how many came.
  std::span<char> room();
  void filled(std::size_t bytes) { end_ += bytes; }

  // The next whole line; false: more bytes are needed. Joined lines go to `arena`.
  bool next(DockerLine& line, Arena& arena);
  // After the last byte of a log that has ended for good: a line that never got its end. To be
  // repeated.
  bool finish(DockerLine& line, Arena& arena);

  // Lines handed out so far; and, while a line is only half here, how many there were when its
  // first part came (the smaller one, if both outputs have one).
  std::uint64_t lines() const noexcept { return lines_; }
  std::optional<std::uint64_t> unfinished_since() const noexcept;

  // Frames and lines without a readable time, left out.
  std::uint64_t errors() const noexcept { return errors_; }
  // Lines that were cut.
  std::uint64_t cut() const noexcept { return cut_; }
  // Something stands in the stream that is no frame: begin a new one.
  bool broken() const noexcept { return broken_; }

 private:
  // A line of which the end has not come.
  struct Unfinished {
    bool open = false;
    bool skipping = false;  // the rest of a line that was cut
    std::int64_t timestamp_ns = 0;
    std::uint64_t since_line = 0;
    std::string text;
  };
  // A payload, or as much of it as has come.
  struct Piece {
    bool is_stderr = false;
    bool is_first = true;
    bool is_last = true;
    std::string_view bytes;
  };
  bool next_frame(DockerLine& line, Arena& arena);
  bool next_terminal_line(DockerLine& line, Arena& arena);
  bool take(Piece piece, bool& consumed, DockerLine& line, Arena& arena);
  void hand_out(Unfinished& unfinished, bool is_stderr, DockerLine& line, Arena& arena);

  const bool is_terminal_;
  const std::size_t line_bytes_max_;
  std::unique_ptr<char[]> buffer_ = std::make_unique_for_overwrite<char[]>(kBufferBytes);
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::array<Unfinished, 2> unfinished_;  // stdout, stderr
  bool in_frame_ = false;                 // inside a frame that is larger than the buffer
  bool frame_is_stderr_ = false;
  std::size_t frame_left_ = 0;
  std::uint64_t lines_ = 0;
  std::uint64_t errors_ = 0;
  std::uint64_t cut_ = 0;
  bool broken_ = false;
};

}  // namespace tailrace
