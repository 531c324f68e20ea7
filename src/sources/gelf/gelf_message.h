// GELF messages: one JSON object each, perhaps compressed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/arena.h"
#include "base/result.h"

namespace tailrace {

// Views of the decoded text or the arena.
struct GelfMessage {
  std::string_view version, host, short_message, full_message, facility;
  double timestamp = 0;   // seconds since the Unix epoch; 0 if absent
  int level = 0;          // of syslog; 0 if absent
  std::string_view line;  // the message as Promtail writes it anew

  // "emergency".."debug"; "" for a level that syslog does not have.
  std::string_view level_name() const noexcept;
  // `timestamp` in nanoseconds, by Promtail's arithmetic; nothing if absent or out of range.
  std::optional<std::int64_t> timestamp_ns() const noexcept;
};

// What a datagram (or a message put together from chunks) may grow to when decompressed.
inline constexpr std::size_t kGelfMessageBytesMax = std::size_t{8} << 20;

// kInvalid: no JSON object, a field of the wrong type, damaged compression; kRejected: too large.
Result<GelfMessage> parse_gelf(std::string_view bytes, Arena& arena);

}  // namespace tailrace
