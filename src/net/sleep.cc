#include "net/sleep.h"

#include "net/await.h"

namespace tailrace {

awaitable<void> sleep_ns(std::int64_t ns) {
  const auto executor = co_await asio::this_coro::executor;
  asio::steady_timer timer(executor, std::chrono::nanoseconds(ns));
  co_await timer.async_wait(asio::use_awaitable);
}

}  // namespace tailrace
