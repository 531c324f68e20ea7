// EntrySink: what takes entries. A pipeline, each stage in it, and the clients behind it are all
// one.
#pragma once

#include <cstdint>
#include <limits>

#include "model/entry.h"

namespace tailrace {

enum class FlushReason : std::uint8_t {
  kStop,      // the process or this pipeline ends: let go of everything
  kDeadline,  // deadline_ns() has passed: let go of what is due
};

inline constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

class EntrySink {
 public:
  virtual ~EntrySink() = default;

  // Takes one entry; may edit it. Views in it end with the call.
  virtual void accept(Entry& entry) = 0;

  // Passes held entries on, downstream included. `entry` is a scratch entry with arena and interner
  // set.
  virtual void flush(FlushReason reason, std::int64_t now_monotonic_ns, Entry& entry) {
    (void)reason, (void)now_monotonic_ns, (void)entry;
  }
  // When flush(kDeadline) is due, on the monotonic clock, downstream included; kNever if nothing
  // waits.
  virtual std::int64_t deadline_ns() const { return kNever; }

  // Whether one more read (up to the shard's read buffer) may be handed in. This is all of
  // backpressure: a source that gets "no" rests, and is woken through the shard when room comes
  // back.
  virtual bool has_room() const { return true; }
  // Until when (monotonic) sources should rest because of a rate limit that waits; 0: no rest.
  virtual std::int64_t rest_until_ns() const { return 0; }
};

}  // namespace tailrace
