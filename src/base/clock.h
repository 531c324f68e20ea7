// Clock: the time, as a parameter, so that tests decide it.
#pragma once

#include <chrono>
#include <cstdint>

namespace tailrace {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual std::int64_t now_ns() const = 0;  // wall clock, nanoseconds since the Unix epoch
  virtual std::int64_t monotonic_ns()
      const = 0;  // never goes back; only differences mean something

  static const Clock& system();
};

class FakeClock final : public Clock {
 public:
  explicit FakeClock(std::int64_t start_ns) : now_ns_(start_ns) {}
  std::int64_t now_ns() const override { return now_ns_; }
  std::int64_t monotonic_ns() const override { return now_ns_; }
  void advance_ns(std::int64_t by) { now_ns_ += by; }

 private:
  std::int64_t now_ns_;
};

inline constexpr std::int64_t kNsPerMs = 1'000'000;
inline constexpr std::int64_t kNsPerSecond = 1'000'000'000;

// When a timer should expire that comes every `period_ns`, and for which a little sooner is as
// good: at a moment when other such timers expire, so that an idle process wakes up once for all.
// Sooner by at most an eighth of the period, or a second.
std::chrono::steady_clock::time_point next_shared_tick(std::int64_t period_ns);

}  // namespace tailrace
