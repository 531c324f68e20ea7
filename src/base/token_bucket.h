// TokenBucket: starts full with `burst` tokens and refills `rate` a second.
#pragma once

#include <algorithm>
#include <cstdint>

namespace tailrace {

class TokenBucket {
 public:
  TokenBucket(double rate_per_second, double burst, std::int64_t now_ns)
      : rate_per_ns_(rate_per_second / 1e9), burst_(burst), tokens_(burst), filled_at_ns_(now_ns) {}

  // One token, if there is one.
  bool take(std::int64_t now_ns) {
    refill(now_ns);
    if (tokens_ < 1) return false;
    tokens_ -= 1;
    return true;
  }
  // One token in any case; the bucket may go into debt, which ready_at_ns() then tells.
  void take_on_credit(std::int64_t now_ns) {
    refill(now_ns);
    tokens_ -= 1;
  }
  // When the debt is paid; 0 if there is none. Until then whoever feeds the bucket should rest.
  std::int64_t ready_at_ns() const noexcept {
    if (tokens_ >= 0) return 0;
    return filled_at_ns_ + static_cast<std::int64_t>(-tokens_ / rate_per_ns_) + 1;
  }

 private:
  void refill(std::int64_t now_ns) {
    if (now_ns <= filled_at_ns_) return;
    tokens_ = std::min(burst_, tokens_ + static_cast<double>(now_ns - filled_at_ns_) * rate_per_ns_);
    filled_at_ns_ = now_ns;
  }
  double rate_per_ns_;
  double burst_;
  double tokens_;
  std::int64_t filled_at_ns_;
};

}  // namespace tailrace
