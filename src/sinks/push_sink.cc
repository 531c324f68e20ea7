#include "sinks/push_sink.h"

#include <algorithm>

namespace tailrace {

ReadRateLimit::ReadRateLimit(double rate, double burst, bool drop_over, const Clock& a_clock,
                             Metrics& metrics)
    : limit{rate, burst},
      drop(drop_over),
      clock(a_clock),
      dropped(metrics.counter("logentry_dropped_lines_total",
                              "Lines dropped by a pipeline, by reason.",
                              {{"reason", "global_rate_limiter_drop"}})) {}

void PushSink::accept(Entry& entry) {
  if (limit_ != nullptr) {
    const std::int64_t now_ns = limit_->clock.monotonic_ns();
    if (!limit_->drop) {
      limit_->bucket.take(limit_->limit, now_ns);
    } else if (!limit_->bucket.try_take(limit_->limit, now_ns)) {
      limit_->dropped.add();
      return;
    }
  }
  for (Client* client : clients_) {
    Sender* const sender = client->append(entry);
    if (sender != last_used_ && sender != nullptr) remember(sender);
  }
}

void PushSink::remember(Sender* sender) {
  last_used_ = sender;
  if (std::find(used_.begin(), used_.end(), sender) == used_.end()) used_.push_back(sender);
}

bool PushSink::has_room() const {
  return std::all_of(used_.begin(), used_.end(),
                     [](const Sender* sender) { return sender->has_room(); });
}

std::int64_t PushSink::rest_until_ns() const {
  return limit_ != nullptr && !limit_->drop ? limit_->bucket.paid_at_ns(limit_->limit) : 0;
}

}  // namespace tailrace
