// TokenBucket: `rate` tokens a second, at most `burst` of them, full at the start.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/clock.h"

namespace tailrace {

class TokenBucket {
 public:
  struct Limit {
    double rate = 0;   // per second
    double burst = 0;  // tokens
  };

  // Takes one token if there is one.
  bool try_take(const Limit& limit, std::int64_t now_ns) {
    refill(limit, now_ns);
    if (tokens_ < 1) return false;
    tokens_ -= 1;
    return true;
  }
  // Takes one token even if there is none; the debt is worked off by waiting.
  void take(const Limit& limit, std::int64_t now_ns) {
    refill(limit, now_ns);
    tokens_ -= 1;
  }
  // When the debt is gone; 0: there is none.
  std::int64_t paid_at_ns(const Limit& limit) const {
    if (tokens_ >= 0) return 0;
    // Not further than a day, which is as good as for ever and does not overflow.
    const double wait = std::min(-tokens_ / limit.rate, 86'400.0);
    return filled_at_ns_ + static_cast<std::int64_t>(wait * static_cast<double>(kNsPerSecond));
  }

 private:
  void refill(const Limit& limit, std::int64_t now_ns) {
    if (!started_) {
      tokens_ = limit.burst;
      started_ = true;
    } else if (now_ns > filled_at_ns_) {
      const double seconds =
          static_cast<double>(now_ns - filled_at_ns_) / static_cast<double>(kNsPerSecond);
      tokens_ = std::min(limit.burst, tokens_ + seconds * limit.rate);
    }
    filled_at_ns_ = now_ns;
  }

  double tokens_ = 0;
  std::int64_t filled_at_ns_ = 0;
  bool started_ = false;
};

}  // namespace tailrace
