#include "app/log_generator.h"

#include <algorithm>

#include "base/clock.h"
#include "net/sleep.h"

namespace tailrace {
namespace {

constexpr std::int64_t kTickNs = 5 * kNsPerMs;
// After a pause (a stopped process) the missing lines are not made up for all at once.
constexpr double kCatchUpSeconds = 0.1;

}  // namespace

awaitable<void> generate_log(AppLog& log, LogGeneratorOptions options, std::uint64_t seed) {
  if (options.lines_per_second <= 0) co_return;
  LogLines lines(options.format, options.stack_traces, seed);
  std::string batch;
  double due = 0;
  std::int64_t last = Clock::system().monotonic_ns();
  // Slow rates need no quick ticks.
  const auto spacing =
      static_cast<std::int64_t>(static_cast<double>(kNsPerSecond) / options.lines_per_second);
  const std::int64_t tick = std::clamp(spacing, kTickNs, kNsPerSecond);
  while (true) {
    co_await sleep_ns(tick);
    const std::int64_t now = Clock::system().monotonic_ns();
    const double passed = static_cast<double>(now - last) / static_cast<double>(kNsPerSecond);
    last = now;
    due = std::min(due + passed * options.lines_per_second,
                   options.lines_per_second * kCatchUpSeconds + 1);
    const auto count = static_cast<std::uint64_t>(due);
    if (count == 0) continue;
    due -= static_cast<double>(count);
    batch.clear();
    const std::string_view timestamp = log.timestamp();
    for (std::uint64_t i = 0; i < count; ++i) lines.append(batch, timestamp);
    log.write_raw(batch, count);
  }
}

}  // namespace tailrace
