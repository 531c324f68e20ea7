#include "sources/pending_requests.h"

#include <boost/asio/post.hpp>

#include "net/await.h"

namespace tailrace {

std::shared_ptr<PendingRequest> PendingRequests::open() {
  auto request = std::make_shared<PendingRequest>(*this, executor_, clock_.monotonic_ns());
  request->place_ = pending_.insert(pending_.end(), request);
  return request;
}

std::int64_t PendingRequests::oldest_age_ns() const {
  return pending_.empty() ? 0 : clock_.monotonic_ns() - pending_.front()->since_ns_;
}

PendingRequest::PendingRequest(PendingRequests& all, Executor executor, std::int64_t since_ns)
    : all_(all), ticket_(this), bell_(std::move(executor)), since_ns_(since_ns) {
  bell_.expires_at(asio::steady_timer::time_point::max());
}

void PendingRequest::on_settled(Ticket&) {
  settled_ = true;
  bell_.cancel();
  // The ticket is in the middle of a call, so its memory goes later.
  asio::post(all_.executor_, [keep = std::move(*place_)] {});
  all_.pending_.erase(place_);
}

awaitable<bool> PendingRequest::delivered() {
  while (!settled_) {
    [[maybe_unused]] auto [error] = co_await bell_.async_wait(kAwait);
  }
  co_return !ticket_.abandoned();
}

}  // namespace tailrace
