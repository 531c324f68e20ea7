// IoGuard: one deadline over a row of waits. The part that waits says how its wait is ended; the
// guard does so when time is up, or when somebody else trips it. For bodies of `net`.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "base/error.h"
#include "net/async.h"

namespace tailrace {

class IoGuard {
 public:
  // `timeout_ns` from now; 0: no deadline.
  IoGuard(const Executor& executor, std::int64_t timeout_ns);
  ~IoGuard();
  IoGuard(const IoGuard&) = delete;
  IoGuard& operator=(const IoGuard&) = delete;

  // A new deadline from now, for a guard that has not been tripped.
  void restart(std::int64_t timeout_ns);
  // How to end the wait that comes next; null: nothing to end. Called at most once.
  void set_stop(std::function<void()> stop);
  // Ends the wait as if the deadline had passed, but with kCancelled.
  void cancel();
  bool tripped() const noexcept;
  // What is left of the deadline, in ns; INT64_MAX without one.
  std::int64_t left_ns() const;
  // The error that a wait ended with, or rather the reason why we ended it.
  Error explain(Error error) const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace tailrace
