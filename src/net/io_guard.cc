#include "net/io_guard.h"

#include <limits>
#include <string>

#include "base/clock.h"
#include "net/await.h"

namespace tailrace {

struct IoGuard::State {
  enum class Why : std::uint8_t { kNone, kTimeout, kCancelled };

  explicit State(const Executor& executor) : timer(executor) {}
  void trip(Why reason) {
    if (why != Why::kNone) return;
    why = reason;
    const std::function<void()> end = std::move(stop);
    stop = nullptr;
    if (end) end();
  }

  asio::steady_timer timer;
  std::function<void()> stop;
  Why why = Why::kNone;
  std::int64_t timeout_ns = 0;
};

IoGuard::IoGuard(const Executor& executor, std::int64_t timeout_ns)
    : state_(std::make_shared<State>(executor)) {
  restart(timeout_ns);
}

IoGuard::~IoGuard() {
  state_->stop = nullptr;
  state_->timer.cancel();
}

void IoGuard::restart(std::int64_t timeout_ns) {
  state_->timeout_ns = timeout_ns;
  state_->timer.cancel();
  if (timeout_ns <= 0) return;
  state_->timer.expires_after(std::chrono::nanoseconds(timeout_ns));
  state_->timer.async_wait(
      [weak = std::weak_ptr<State>(state_)](const boost::system::error_code& error) {
        const std::shared_ptr<State> state = weak.lock();
        // A restart may come when this call is already queued: the new expiry decides.
        if (error || !state || state->timer.expiry() > std::chrono::steady_clock::now()) return;
        state->trip(State::Why::kTimeout);
      });
}

void IoGuard::set_stop(std::function<void()> stop) {
  state_->stop = std::move(stop);
  if (tripped() && state_->stop) {
    const std::function<void()> end = std::move(state_->stop);
    state_->stop = nullptr;
    end();
  }
}

void IoGuard::cancel() { state_->trip(State::Why::kCancelled); }
bool IoGuard::tripped() const noexcept { return state_->why != State::Why::kNone; }

std::int64_t IoGuard::left_ns() const {
  if (state_->timeout_ns <= 0) return std::numeric_limits<std::int64_t>::max();
  const auto left = state_->timer.expiry() - std::chrono::steady_clock::now();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(left).count();
}

Error IoGuard::explain(Error error) const {
  switch (state_->why) {
    case State::Why::kNone:
      return error;
    case State::Why::kCancelled:
      return Error{ErrorCode::kCancelled, "cancelled"};
    case State::Why::kTimeout: {
      const auto seconds =
          static_cast<double>(state_->timeout_ns) / static_cast<double>(kNsPerSecond);
      std::string text = std::to_string(seconds);
      text.erase(text.find_last_not_of('0') + 1);
      if (text.back() == '.') text.pop_back();
      return Error{ErrorCode::kTimeout, "timed out after " + text + " s"};
    }
  }
  return error;
}

}  // namespace tailrace
