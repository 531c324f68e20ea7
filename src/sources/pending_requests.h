// PendingRequests: HTTP requests that brought lines and are answered when these are delivered.
//
// The sender keeps its lines until we answer, so that answer is the promise that they arrived. A
// request stays here until its ticket is settled, also if its client has hung up meanwhile.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <list>
#include <memory>

#include "base/clock.h"
#include "model/ticket.h"
#include "net/async.h"

namespace tailrace {

class PendingRequest;

// All calls on the shard.
class PendingRequests {
 public:
  PendingRequests(Executor executor, const Clock& clock)
      : executor_(std::move(executor)), clock_(clock) {}
  PendingRequests(const PendingRequests&) = delete;
  PendingRequests& operator=(const PendingRequests&) = delete;

  // A new request. Shared by its handler, which may end early, and by this list.
  std::shared_ptr<PendingRequest> open();
  bool empty() const noexcept { return pending_.empty(); }
  std::size_t size() const noexcept { return pending_.size(); }
  // How long the oldest one has waited. While that is long, nothing arrives at the far end: what is
  // taken now would be sent again by clients who do not wait so long.
  std::int64_t oldest_age_ns() const;

 private:
  friend class PendingRequest;
  Executor executor_;
  const Clock& clock_;
  std::list<std::shared_ptr<PendingRequest>> pending_;  // oldest first
};

class PendingRequest final : public TicketOwner {
 public:
  PendingRequest(PendingRequests& all, Executor executor, std::int64_t since_ns);
  PendingRequest(const PendingRequest&) = delete;
  PendingRequest& operator=(const PendingRequest&) = delete;

  // Of all its lines. Comes with one share, to be given back by release() when all are handed on.
  Ticket* ticket() noexcept { return &ticket_; }
  // Returns when the ticket is settled: true if everything was delivered, or dropped for good;
  // false if it was given up.
  awaitable<bool> delivered();

 private:
  friend class PendingRequests;
  void on_settled(Ticket&) override;

  PendingRequests& all_;
  std::list<std::shared_ptr<PendingRequest>>::iterator place_;
  Ticket ticket_;
  boost::asio::steady_timer bell_;
  std::int64_t since_ns_;
  bool settled_ = false;
};

}  // namespace tailrace
