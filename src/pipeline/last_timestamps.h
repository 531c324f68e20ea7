// LastTimestamps: what `fudge` needs. A line whose time cannot be read takes the last good time of
// its stream and one nanosecond, so that the order of the stream holds.
#pragma once

#include <cstdint>
#include <optional>

#include "model/entry.h"
#include "pipeline/stream_table.h"

namespace tailrace {

class LastTimestamps {
 public:
  static constexpr std::size_t kStreamsMax = 10'000;

  // Sets the entry's timestamp to `parsed`, or makes one up if there is none. Resolves the labels.
  void apply(Entry& entry, std::optional<std::int64_t> parsed) {
    const LabelSet* const stream = entry.stream();
    std::int64_t* last = streams_.find(stream);
    if (!parsed) {
      if (last != nullptr) entry.timestamp_ns = ++*last;
      return;
    }
    if (last == nullptr) {
      if (streams_.full()) streams_.evict_older_half([](std::int64_t) {});
      last = &streams_.add(stream);
    }
    *last = entry.timestamp_ns = *parsed;
  }

 private:
  StreamTable<std::int64_t> streams_{kStreamsMax};
};

}  // namespace tailrace
