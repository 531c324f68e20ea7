#include "telemetry/recent_problems.h"

#include <deque>
#include <mutex>

#include "base/clock.h"

namespace tailrace::log {
namespace {

struct Kept {
  std::mutex mutex;
  std::deque<Problem> problems;
};

// Never destroyed: threads may still log while the program ends.
Kept& kept() {
  static Kept* const instance = new Kept;
  return *instance;
}

}  // namespace

void remember_problem(Level level, std::string_view text) {
  Kept& self = kept();
  const std::lock_guard lock(self.mutex);
  self.problems.push_back(
      {Clock::system().now_ns(), level, std::string(text.substr(0, kProblemBytesMax))});
  if (self.problems.size() > kProblemsMax) self.problems.pop_front();
}

std::vector<Problem> recent_problems() {
  Kept& self = kept();
  const std::lock_guard lock(self.mutex);
  return {self.problems.begin(), self.problems.end()};
}

}  // namespace tailrace::log
