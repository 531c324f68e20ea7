#include "base/clock.h"

#include <algorithm>
#include <ctime>

namespace tailrace {
namespace {

std::int64_t read_ns(clockid_t id) {
  timespec time{};
  clock_gettime(id, &time);
  return std::int64_t{time.tv_sec} * kNsPerSecond + time.tv_nsec;
}

class SystemClock final : public Clock {
 public:
  std::int64_t now_ns() const override { return read_ns(CLOCK_REALTIME); }
  std::int64_t monotonic_ns() const override { return read_ns(CLOCK_MONOTONIC); }
};

}  // namespace

const Clock& Clock::system() {
  static const SystemClock clock;
  return clock;
}

std::chrono::steady_clock::time_point next_shared_tick(std::int64_t period_ns) {
  using std::chrono::nanoseconds;
  const nanoseconds due =
      std::chrono::steady_clock::now().time_since_epoch() + nanoseconds(period_ns);
  const std::int64_t grid_ns = std::clamp<std::int64_t>(period_ns / 8, 1, kNsPerSecond);
  return std::chrono::steady_clock::time_point(nanoseconds(due.count() / grid_ns * grid_ns));
}

}  // namespace tailrace
