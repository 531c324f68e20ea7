// Backoff: how long to wait before trying again, growing and random, so that many clients do not
// return in step after an outage.
//
// The same intervals as Promtail's (dskit backoff): wait k is uniform in [lo, hi), where
//   lo = min;  hi = min(2*min, max);   after each wait, if hi < max: both double, at most to max.
#pragma once

#include <algorithm>
#include <cstdint>
#include <random>

namespace tailrace {

class Backoff {
 public:
  Backoff(std::int64_t min_ns, std::int64_t max_ns, std::uint64_t seed)
      : min_ns_(min_ns), max_ns_(max_ns), random_(seed) {
    reset();
  }

  // The next wait, in ns.
  std::int64_t next_ns() {
    std::int64_t wait = lo_ns_;
    if (lo_ns_ < hi_ns_)
      wait = std::uniform_int_distribution<std::int64_t>(lo_ns_, hi_ns_ - 1)(random_);
    if (hi_ns_ < max_ns_) {
      lo_ns_ = std::min(2 * lo_ns_, max_ns_);
      hi_ns_ = std::min(2 * hi_ns_, max_ns_);
    }
    return wait;
  }
  void reset() {
    lo_ns_ = min_ns_;
    hi_ns_ = std::min(2 * min_ns_, max_ns_);
  }

 private:
  std::int64_t min_ns_;
  std::int64_t max_ns_;
  std::int64_t lo_ns_ = 0;
  std::int64_t hi_ns_ = 0;
  std::mt19937_64 random_;
};

}  // namespace tailrace
