#include "sources/docker/docker_log_reader.h"

#include <algorithm>
#include <cstring>

#include "parse/go_time.h"

namespace tailrace {
namespace {

constexpr std::size_t kHeaderBytes = 8;
// The engine reads the container's output in pieces of this size.
constexpr std::size_t kEnginePieceBytes = 16 * 1024;
constexpr std::size_t kTimeBytesMax = 40;

// "2021-01-02T03:04:05.6Z text" -> the time; `payload` becomes the text.
std::optional<std::int64_t> take_time(std::string_view& payload) {
  const std::size_t space = payload.substr(0, kTimeBytesMax).find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  const std::optional<GoTime> time = parse_rfc3339(payload.substr(0, space));
  if (!time) return std::nullopt;
  payload.remove_prefix(space + 1);
  return time->unix_ns();
}

std::string_view without_line_end(std::string_view text) {
  const std::size_t last = text.find_last_not_of("\r\n");
  return text.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

}  // namespace

DockerLogReader::DockerLogReader(bool is_terminal, std::size_t line_bytes_max)
    : is_terminal_(is_terminal), line_bytes_max_(line_bytes_max) {}

std::span<char> DockerLogReader::room() {
  if (begin_ == end_) {
    begin_ = end_ = 0;
  } else if (begin_ > 0) {
    std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  return {buffer_.get() + end_, kBufferBytes - end_};
}

bool DockerLogReader::next(DockerLine& line, Arena& arena) {
  if (broken_) return false;
  const bool found = is_terminal_ ? next_terminal_line(line, arena) : next_frame(line, arena);
  if (found) ++lines_;
  return found;
}

bool DockerLogReader::finish(DockerLine& line, Arena& arena) {
  for (const bool is_stderr : {false, true}) {
    Unfinished& unfinished = unfinished_[is_stderr ? 1 : 0];
    if (!unfinished.open) continue;
    hand_out(unfinished, is_stderr, line, arena);
    ++lines_;
    return true;
  }
  return false;
}

std::optional<std::uint64_t> DockerLogReader::unfinished_since() const noexcept {
  std::optional<std::uint64_t> since;
  for (const Unfinished& unfinished : unfinished_) {
    if (unfinished.open)
      since = std::min(since.value_or(unfinished.since_line), unfinished.since_line);
  }
  return since;
}

bool DockerLogReader::next_frame(DockerLine& line, Arena& arena) {
  while (true) {
    const std::string_view here(buffer_.get() + begin_, end_ - begin_);
    bool consumed = false;
    if (in_frame_) {
      // The rest of a frame that did not fit: as far as it has come.
      const std::string_view part = here.substr(0, frame_left_);
      if (part.empty()) return false;
      const bool found =
          take({frame_is_stderr_, false, part.size() == frame_left_, part}, consumed, line, arena);
      begin_ += part.size();
      frame_left_ -= part.size();
      in_frame_ = frame_left_ > 0;
      if (found) return true;
      continue;
    }
    if (here.size() < kHeaderBytes) return false;
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(here[i]); };
    if (byte(0) > 3 || byte(1) != 0 || byte(2) != 0 || byte(3) != 0) {
      broken_ = true;
      return false;
    }
    const std::size_t length = std::size_t{byte(4)} << 24 | std::size_t{byte(5)} << 16 |
                               std::size_t{byte(6)} << 8 | byte(7);
    const bool whole = here.size() - kHeaderBytes >= length;
    if (!whole && length <= kBufferBytes - kHeaderBytes) return false;
    if (!whole && here.size() < kBufferBytes) return false;
    const bool is_stderr = byte(0) == 2;
    const std::string_view payload = here.substr(kHeaderBytes, length);
    const bool found = take({is_stderr, true, whole, payload}, consumed, line, arena);
    if (consumed) {
      begin_ += kHeaderBytes + payload.size();
      if (!whole) {
        in_frame_ = true;
        frame_is_stderr_ = is_stderr;
        frame_left_ = length - payload.size();
      }
    }
    if (found) return true;
  }
}

// True if the piece completed a line. Not consumed: an older unfinished line had to go first; come
// again.
bool DockerLogReader::take(Piece piece, bool& consumed, DockerLine& line, Arena& arena) {
  Unfinished& unfinished = unfinished_[piece.is_stderr ? 1 : 0];
  std::string_view payload = piece.bytes;
  std::int64_t timestamp_ns = unfinished.timestamp_ns;
  consumed = true;
  if (piece.is_first) {
    if (const std::optional<std::int64_t> time = take_time(payload)) {
      timestamp_ns = *time;
    } else if (!unfinished.open) {
      ++errors_;
      unfinished.skipping = false;
      return false;
    }
    if (timestamp_ns != unfinished.timestamp_ns) {
      unfinished.skipping = false;
      if (unfinished.open) {
        consumed = false;
        hand_out(unfinished, piece.is_stderr, line, arena);
        return true;
      }
    }
  } else if (!unfinished.open && !unfinished.skipping) {
    return false;  // of a frame without a time
  }
  const bool ends = piece.is_last && payload.ends_with('\n');
  if (unfinished.skipping) {
    unfinished.skipping = !ends;
    return false;
  }
  if (!unfinished.open && ends) {
    line = {piece.is_stderr, timestamp_ns, without_line_end(payload)};
    return true;
  }
  if (!unfinished.open) {
    unfinished.open = true;
    unfinished.timestamp_ns = timestamp_ns;
    unfinished.since_line = lines_;
  }
  unfinished.text += payload;
  const bool too_long = unfinished.text.size() > line_bytes_max_;
  if (!ends && !too_long) return false;
  if (!ends) {
    unfinished.skipping = true;
    ++cut_;
  }
  hand_out(unfinished, piece.is_stderr, line, arena);
  return true;
}

void DockerLogReader::hand_out(Unfinished& unfinished, bool is_stderr, DockerLine& line,
                               Arena& arena) {
  line = {is_stderr, unfinished.timestamp_ns, arena.copy(without_line_end(unfinished.text))};
  unfinished.open = false;
  unfinished.text = {};
}

bool DockerLogReader::next_terminal_line(DockerLine& line, Arena& arena) {
  Unfinished& unfinished = unfinished_[0];
  while (true) {
    const std::string_view here(buffer_.get() + begin_, end_ - begin_);
    const std::size_t newline = here.find('\n');
    if (newline == std::string_view::npos) {
      // A line larger than the buffer is gathered outside of it.
      if (here.size() < kBufferBytes) return false;
      if (!unfinished.skipping) unfinished.text += here;
      begin_ = end_;
      if (!unfinished.skipping && unfinished.text.size() > line_bytes_max_ + kTimeBytesMax) {
        unfinished.skipping = true;
        ++cut_;
      }
      return false;
    }
    std::string_view whole = here.substr(0, newline + 1);
    begin_ += whole.size();
    if (!unfinished.text.empty()) {
      if (!unfinished.skipping) unfinished.text += whole;
      whole = arena.copy(unfinished.text);
      unfinished.text = {};
      unfinished.skipping = false;
    }
    std::string_view text = whole;
    const std::optional<std::int64_t> time = take_time(text);
    if (!time) {
      ++errors_;
      continue;
    }
    const std::string_view time_text = whole.substr(0, whole.size() - text.size());
    // The time stands in front of every piece of a long line, with nothing between the pieces.
    if (text.size() > kEnginePieceBytes && text.substr(kEnginePieceBytes).starts_with(time_text)) {
      char* const joined = arena.allocate(text.size());
      std::size_t bytes = 0;
      while (text.size() > kEnginePieceBytes &&
             text.substr(kEnginePieceBytes).starts_with(time_text)) {
        std::memcpy(joined + bytes, text.data(), kEnginePieceBytes);
        bytes += kEnginePieceBytes;
        text.remove_prefix(kEnginePieceBytes + time_text.size());
      }
      std::memcpy(joined + bytes, text.data(), text.size());
      text = {joined, bytes + text.size()};
    }
    line = {false, *time, without_line_end(text)};
    return true;
  }
}

}  // namespace tailrace
