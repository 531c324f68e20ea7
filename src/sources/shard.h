// Shard: what all sources on one worker thread share. One thread, no locks; see
// docs/architecture.md.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstddef>
#include <cstdint>

#include "base/arena.h"
#include "base/bulk_memory.h"
#include "base/clock.h"
#include "model/entry.h"
#include "model/interner.h"
#include "sources/file/open_files.h"
#include "telemetry/metrics.h"

namespace tailrace {

// The buffer that every file read of a shard goes through: it is used up before the next read.
class ReadBuffer {
 public:
  static constexpr std::size_t kUsualBytes = 128 * 1024;

  char* data() noexcept { return data_.get(); }
  std::size_t size() const noexcept { return size_; }
  // Makes it at least this large; what was in it is lost.
  void grow(std::size_t bytes) {
    if (bytes <= size_) return;
    data_ = allocate_bulk(bytes);
    size_ = bytes;
  }
  // Gives back what one giant line needed.
  void shrink() {
    if (size_ == kUsualBytes) return;
    data_ = allocate_bulk(kUsualBytes);
    size_ = kUsualBytes;
  }

 private:
  BulkBytes data_ = allocate_bulk(kUsualBytes);
  std::size_t size_ = kUsualBytes;
};

class Shard {
 public:
  Shard(boost::asio::any_io_executor executor_to_run_on, const Clock& a_clock, Metrics& a_metrics,
        std::size_t open_files_max = OpenFiles::half_of_process())
      : executor(std::move(executor_to_run_on)),
        clock(a_clock),
        metrics(a_metrics),
        open_files(open_files_max) {
    entry.arena = &arena;
    entry.interner = &interner;
  }
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  // The first timestamp for the lines of a read that begins now; the n-th line gets n ns more. Loki
  // drops a line that equals another in stream, time and text, so no two lines of a shard share a
  // time. A clock that was set back by more than a moment is followed.
  std::int64_t timestamps_from_now() {
    const std::int64_t now_ns = clock.now_ns();
    if (now_ns > last_timestamp_ns_ || now_ns < last_timestamp_ns_ - kNsPerSecond) return now_ns;
    return last_timestamp_ns_ + 1;
  }
  void timestamps_used_up_to(std::int64_t last_ns) { last_timestamp_ns_ = last_ns; }

  // After each read: views into the arena and unreferenced label sets may go.
  void end_of_read() {
    arena.reset();
    if (interner.sweep_due()) interner.sweep();
  }

  const boost::asio::any_io_executor executor;
  const Clock& clock;
  Metrics& metrics;
  Interner interner;
  Arena arena;
  ReadBuffer buffer;
  OpenFiles open_files;
  Entry entry;  // reused for every line

 private:
  std::int64_t last_timestamp_ns_ = 0;
};

}  // namespace tailrace
