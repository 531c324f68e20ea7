// TailHub: shows new lines to those who follow them.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "store/push_request.h"

namespace tailrace {

class TailHub {
 public:
  // Called on the store's writer thread with every push that is stored; must be quick, and never
  // wait.
  using Listener = std::function<void(const PushRequest&)>;

  // Ends the listening when it goes; afterwards the listener is not called any more.
  class Subscription {
   public:
    Subscription() = default;
    Subscription(TailHub* hub, std::uint64_t id) : hub_(hub), id_(id) {}
    Subscription(Subscription&& other) noexcept
        : hub_(std::exchange(other.hub_, nullptr)), id_(other.id_) {}
    Subscription& operator=(Subscription&& other) noexcept {
      std::swap(hub_, other.hub_);
      std::swap(id_, other.id_);
      return *this;
    }
    ~Subscription() {
      if (hub_) hub_->remove(id_);
    }

   private:
    TailHub* hub_ = nullptr;
    std::uint64_t id_ = 0;
  };

  Subscription add(Listener listener) {
    const std::lock_guard lock(mutex_);
    listeners_.emplace_back(++last_id_, std::move(listener));
    return {this, last_id_};
  }
  void show(const PushRequest& request) {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, listener] : listeners_) listener(request);
  }
  std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return listeners_.size();
  }

 private:
  void remove(std::uint64_t id) {
    const std::lock_guard lock(mutex_);
    std::erase_if(listeners_, [&](const auto& each) { return each.first == id; });
  }
  mutable std::mutex mutex_;
  std::vector<std::pair<std::uint64_t, Listener>> listeners_;
  std::uint64_t last_id_ = 0;
};

}  // namespace tailrace
