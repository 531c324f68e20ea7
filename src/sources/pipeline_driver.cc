#include "sources/pipeline_driver.h"

#include <chrono>

namespace tailrace {

PipelineDriver::PipelineDriver(Shard& shard, EntrySink& head)
    : shard_(shard), head_(head), timer_(shard.executor) {}

void PipelineDriver::end_of_read() {
  shard_.end_of_read();
  arm();
}

void PipelineDriver::flush() {
  timer_.cancel();
  armed_for_ns_ = kNever;
  head_.flush(FlushReason::kStop, shard_.clock.monotonic_ns(), shard_.entry);
  shard_.end_of_read();
}

void PipelineDriver::arm() {
  const std::int64_t due_ns = head_.deadline_ns();
  // A deadline that moved later (the usual case: another line came) needs no new timer: the old one
  // fires and finds nothing due.
  if (due_ns == kNever || armed_for_ns_ <= due_ns) return;
  armed_for_ns_ = due_ns;
  timer_.expires_after(std::chrono::nanoseconds(due_ns - shard_.clock.monotonic_ns()));
  timer_.async_wait([this, alive = lifetime_.watch()](const boost::system::error_code& error) {
    if (error || !alive()) return;
    armed_for_ns_ = kNever;
    const std::int64_t now_ns = shard_.clock.monotonic_ns();
    if (head_.deadline_ns() <= now_ns) head_.flush(FlushReason::kDeadline, now_ns, shard_.entry);
    end_of_read();
  });
}

}  // namespace tailrace
