// DockerRepeats: lines that the engine sends twice.
//
// An engine that follows a json-file log over a rotation reads the last lines of the old file again
// (seen with 20.10: 95 of 6,000 lines at a max-size of 40 kB). They come with their own old time,
// so a line that is not newer than its output's newest one is looked up among the last kLinesMax of
// that output. A line of the same time and text counts as the same, as it does for Loki.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

#include "base/hash.h"

namespace tailrace {

class DockerRepeats {
 public:
  static constexpr std::size_t kLinesMax = 2048;

  // Whether this very line came a short while ago. To be asked for every line, in order.
  bool is_repeated(bool is_stderr, std::int64_t timestamp_ns, std::string_view text) {
    Output& output = outputs_[is_stderr ? 1 : 0];
    const Line line{timestamp_ns, hash_bytes(text)};
    if (timestamp_ns <= output.newest_ns &&
        std::find(output.lines.begin(), output.lines.end(), line) != output.lines.end()) {
      return true;
    }
    output.newest_ns = std::max(output.newest_ns, timestamp_ns);
    if (output.lines.size() < kLinesMax) {
      output.lines.push_back(line);
    } else {
      output.lines[output.oldest] = line;
      output.oldest = (output.oldest + 1) % kLinesMax;
    }
    return false;
  }

 private:
  struct Line {
    std::int64_t timestamp_ns = 0;
    std::uint64_t hash = 0;
    friend bool operator==(const Line&, const Line&) = default;
  };
  struct Output {
    std::int64_t newest_ns = std::numeric_limits<std::int64_t>::min();
    std::vector<Line> lines;  // a ring once it is full
    std::size_t oldest = 0;
  };
  std::array<Output, 2> outputs_;
};

}  // namespace tailrace
