// Lifetime: lets a callback that may run late find out that its object is gone.
//
//   timer.async_wait([this, alive = lifetime_.watch()](auto error) {
//     if (!alive()) return;      // the object went while this call was already queued
//
// Single thread: object and callbacks live on one executor.
#pragma once

#include <memory>

namespace tailrace {

class Lifetime {
 public:
  class Watch {
   public:
    explicit Watch(std::weak_ptr<const bool> token) : token_(std::move(token)) {}
    bool operator()() const noexcept { return !token_.expired(); }

   private:
    std::weak_ptr<const bool> token_;
  };

  Lifetime() = default;
  Lifetime(const Lifetime&) = delete;
  Lifetime& operator=(const Lifetime&) = delete;
  Watch watch() const { return Watch(token_); }

 private:
  std::shared_ptr<const bool> token_ = std::make_shared<const bool>(true);
};

}  // namespace tailrace
