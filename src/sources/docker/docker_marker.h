// Where we are in a container's log.
//
// The engine numbers nothing, and its `since` only compares times, so a place is named by the time
// of the last line (nanoseconds), and by how many lines of just that time had come. The position
// file holds
//
//   cursor-<id>:        seconds of that time, as Promtail keeps it
//   cursor-<id>-exact:  <nanoseconds>+<count>/<highest time>, ours; used only if it agrees with the
//                       seconds, since Promtail may have run in between
//
// After a restart the log is asked for from a second before the place. Both outputs of a container
// are stamped by two writers, so the log is only nearly in order of time: whatever stands in front
// of the very line of the place was read, whatever stands behind it was not. If that line is gone
// (the log was rotated), the first one above the highest time is new.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace tailrace {

struct DockerMarker {
  std::int64_t timestamp_ns = 0;
  // 0 with a time: as Promtail left it, a second of which lines may be sent.
  std::uint32_t count = 0;
  // The highest time lately; at most kDisorderNs above timestamp_ns.
  std::int64_t highest_ns = 0;

  static constexpr std::int64_t kDisorderNs = kNsPerSecond;

  bool empty() const noexcept { return timestamp_ns == 0; }
  // One more line was handed on.
  void pass(std::int64_t line_timestamp_ns) noexcept {
    count = line_timestamp_ns == timestamp_ns ? count + 1 : 1;
    timestamp_ns = line_timestamp_ns;
    highest_ns =
        highest_ns > timestamp_ns + kDisorderNs ? timestamp_ns : std::max(highest_ns, timestamp_ns);
  }
  friend bool operator==(const DockerMarker&, const DockerMarker&) = default;
};

std::string marker_seconds(const DockerMarker& marker);
std::string marker_exact(const DockerMarker& marker);
// From the two values of the position file; an empty marker if there is no usable one.
DockerMarker read_marker(const std::optional<std::string>& seconds,
                         const std::optional<std::string>& exact);
// The value for the engine's `since`: "1700000000.000000000"; "0" is everything.
std::string since_text(const DockerMarker& marker);

// Leaves out what was read before.
class DockerResume {
 public:
  explicit DockerResume(DockerMarker marker) : marker_(marker) {}
  // Whether a line of that time was read before. To be asked for every line, in order.
  bool was_read(std::int64_t timestamp_ns) noexcept {
    if (passed_ || marker_.count == 0) return false;
    if (timestamp_ns > marker_.highest_ns) {
      passed_ = true;
      return false;
    }
    if (timestamp_ns == marker_.timestamp_ns && ++seen_ >= marker_.count) passed_ = true;
    return true;
  }

 private:
  const DockerMarker marker_;
  std::uint32_t seen_ = 0;
  bool passed_ = false;
};

}  // namespace tailrace
