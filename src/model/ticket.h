// Ticket: proof that one read (of a file, a request, a journal) is not yet delivered.
//
// The reader issues it and holds one share while it hands out lines; every batch and every stage
// that keeps a line holds one more. When the last share is gone all lines of the read were
// acknowledged by Loki, or dropped on purpose, and the owner is told. A ticket that was abandoned
// (we stopped before Loki answered) never counts as delivered.
//
// Not thread-safe: a ticket lives on the shard that issued it.
#pragma once

#include <cstdint>

#include "base/assert.h"

namespace tailrace {

class Ticket;

// Told once per ticket when its last share is gone.
class TicketOwner {
 public:
  virtual void on_settled(Ticket& ticket) = 0;

 protected:
  ~TicketOwner() = default;
};

class Ticket {
 public:
  // Starts with one share: the reader's.
  explicit Ticket(TicketOwner* owner) noexcept : owner_(owner) {}
  Ticket(const Ticket&) = delete;
  Ticket& operator=(const Ticket&) = delete;

  void share() noexcept { ++shares_; }
  void release() {
    TAILRACE_ASSERT(shares_ > 0, "a ticket was released once too often");
    if (--shares_ == 0) owner_->on_settled(*this);
  }
  // Gives a share back without delivery.
  void abandon() {
    abandoned_ = true;
    release();
  }
  // Tickets of one owner are settled in order: the earliest holds back the later ones.
  const TicketOwner* owner() const noexcept { return owner_; }
  bool settled() const noexcept { return shares_ == 0; }
  bool abandoned() const noexcept { return abandoned_; }

 private:
  TicketOwner* owner_;
  std::uint32_t shares_ = 1;
  bool abandoned_ = false;
};

// A share that gives itself back; empty for entries that nobody waits for (UDP).
class TicketShare {
 public:
  TicketShare() = default;
  explicit TicketShare(Ticket* ticket) noexcept : ticket_(ticket) {
    if (ticket_) ticket_->share();
  }
  TicketShare(TicketShare&& other) noexcept : ticket_(other.ticket_) { other.ticket_ = nullptr; }
  TicketShare& operator=(TicketShare&& other) noexcept {
    if (this != &other) {
      release();
      ticket_ = other.ticket_;
      other.ticket_ = nullptr;
    }
    return *this;
  }
  ~TicketShare() { release(); }

  Ticket* get() const noexcept { return ticket_; }
  void release() {
    if (Ticket* ticket = ticket_) {
      ticket_ = nullptr;
      ticket->release();
    }
  }
  void abandon() {
    if (Ticket* ticket = ticket_) {
      ticket_ = nullptr;
      ticket->abandon();
    }
  }

 private:
  Ticket* ticket_ = nullptr;
};

}  // namespace tailrace
