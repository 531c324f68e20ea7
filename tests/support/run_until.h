// Runs an io_context until a condition holds: tests wait for events, never for time.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>

namespace tailrace {

// False if it did not come true within `limit`, which is only reached by a failing test.
inline bool run_until(boost::asio::io_context& io, const std::function<bool()>& condition,
                      std::chrono::milliseconds limit = std::chrono::seconds(20)) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    if (io.stopped()) io.restart();
    io.run_one_for(std::chrono::milliseconds(20));
  }
  return true;
}

// Lets everything that is ready happen, and what it causes, for a moment: to see that nothing more
// comes.
inline void run_for(boost::asio::io_context& io, std::chrono::milliseconds time) {
  if (io.stopped()) io.restart();
  io.run_for(time);
}

}  // namespace tailrace
