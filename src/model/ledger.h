// Ledger: remembers which reads of one source are still somewhere on their way.
//
// Every read gets a ticket. Positions follow the *prefix* of settled reads, because a crash between
// an early undelivered read and a later delivered one must replay the early one.
//
//   issued:  [..100) [100..230) [230..300)
//   shares:     0        1          0         -> committed() == 100
//
// An abandoned read ends the prefix for good. Position is what the source saves: a file offset, a
// journal cursor. Bounded by backpressure: where sinks have no room nothing is read. Not
// thread-safe: a ledger, its tickets and its batches live on one shard. It must outlive its
// tickets.
#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <utility>

#include "model/ticket.h"

namespace tailrace {

template <class Position>
class Ledger final : public TicketOwner {
 public:
  explicit Ledger(Position start) : committed_(std::move(start)) {}
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;
  ~Ledger() { TAILRACE_ASSERT(reads_.empty() || stuck_, "a ledger ended before its tickets"); }

  // Opens the next read; once it and all before it are settled, committed() is `end`. The caller
  // holds one share and releases it when all lines are handed on.
  Ticket* issue(Position end) { return &reads_.emplace_back(this, std::move(end)).ticket; }

  // The position up to which everything is delivered.
  const Position& committed() const noexcept { return committed_; }
  bool idle() const noexcept { return reads_.empty(); }
  // Called whenever committed() has moved.
  void on_moved(std::function<void()> callback) { on_moved_ = std::move(callback); }

 private:
  struct Read {
    Read(TicketOwner* owner, Position end_position) : ticket(owner), end(std::move(end_position)) {}
    Ticket ticket;
    Position end;
  };

  void on_settled(Ticket&) override {
    bool moved = false;
    while (!reads_.empty() && reads_.front().ticket.settled() && !stuck_) {
      if (reads_.front().ticket.abandoned()) {
        stuck_ = true;
        break;
      }
      committed_ = std::move(reads_.front().end);
      reads_.pop_front();
      moved = true;
    }
    if (moved && on_moved_) on_moved_();
  }

  Position committed_;
  // Keeps the addresses of its elements and, unlike a deque, holds no memory when it is empty, as
  // that of a quiet file is.
  std::list<Read> reads_;
  bool stuck_ = false;
  std::function<void()> on_moved_;
};

}  // namespace tailrace
