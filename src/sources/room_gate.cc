#include "sources/room_gate.h"

#include <boost/asio/post.hpp>
#include <chrono>

#include "net/await.h"

namespace tailrace {
namespace {

// Stands in the list as long as its task waits, also if the task is destroyed meanwhile.
class Place {
 public:
  Place(std::list<asio::steady_timer*>& list, asio::steady_timer& timer)
      : list_(list), at_(list.insert(list.end(), &timer)) {}
  ~Place() { list_.erase(at_); }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

 private:
  std::list<asio::steady_timer*>& list_;
  std::list<asio::steady_timer*>::iterator at_;
};

}  // namespace

bool RoomGate::is_open() const {
  const EntrySink& head = pipeline_.head();
  return head.has_room() && head.rest_until_ns() <= shard_.clock.monotonic_ns();
}

awaitable<bool> RoomGate::wait(std::int64_t timeout_ns) {
  if (closed_) co_return false;
  if (is_open()) co_return true;
  asio::steady_timer timer(shard_.executor);
  const auto deadline = timeout_ns == 0 ? asio::steady_timer::time_point::max()
                                        : asio::steady_timer::clock_type::now() +
                                              std::chrono::nanoseconds(timeout_ns);
  const Place place(waiting_, timer);
  while (true) {
    scheduler_.ready(*this);
    timer.expires_at(deadline);
    auto [error] = co_await timer.async_wait(kAwait);
    if (closed_) co_return false;
    if (is_open()) co_return true;
    if (!error) co_return false;
  }
}

awaitable<bool> RoomGate::wait_turn() {
  co_await asio::post(shard_.executor, asio::use_awaitable);
  const bool has_room = co_await wait();
  co_return has_room;
}

void RoomGate::close() {
  closed_ = true;
  for (asio::steady_timer* timer : waiting_) timer->cancel();
}

Step RoomGate::step() {
  const EntrySink& head = pipeline_.head();
  if (waiting_.empty()) return {Step::Kind::kIdle};
  if (!head.has_room()) return {Step::Kind::kRoom};
  const std::int64_t rest_until_ns = head.rest_until_ns();
  if (rest_until_ns > shard_.clock.monotonic_ns()) return {Step::Kind::kRest, rest_until_ns};
  for (asio::steady_timer* timer : waiting_) timer->cancel();
  return {Step::Kind::kIdle};
}

}  // namespace tailrace
