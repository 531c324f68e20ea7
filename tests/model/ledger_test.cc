#include "model/ledger.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace tailrace {
namespace {

TEST(Ledger, CommitsThePrefixOfSettledReads) {
  Ledger<int> ledger(0);
  Ticket* first = ledger.issue(100);
  Ticket* second = ledger.issue(230);
  Ticket* third = ledger.issue(300);
  EXPECT_FALSE(ledger.idle());
  second->release();
  EXPECT_EQ(ledger.committed(), 0);
  first->release();
  EXPECT_EQ(ledger.committed(), 230);
  EXPECT_FALSE(ledger.idle());
  third->release();
  EXPECT_EQ(ledger.committed(), 300);
  EXPECT_TRUE(ledger.idle());
}

TEST(Ledger, SharesHoldAReadBack) {
  Ledger<std::string> ledger("start");
  Ticket* ticket = ledger.issue("end");
  {
    TicketShare batch(ticket);
    TicketShare moved = std::move(batch);
    ticket->release();  // the reader is done
    EXPECT_EQ(ledger.committed(), "start");
    EXPECT_EQ(moved.get(), ticket);
    EXPECT_EQ(batch.get(), nullptr);  // NOLINT: what a move leaves is part of the contract
  }
  EXPECT_EQ(ledger.committed(), "end");
}

TEST(Ledger, AnAbandonedReadEndsThePrefixForGood) {
  Ledger<int> ledger(0);
  Ticket* first = ledger.issue(1);
  Ticket* second = ledger.issue(2);
  Ticket* third = ledger.issue(3);
  TicketShare share(second);
  share.abandon();
  second->release();
  third->release();
  first->release();
  EXPECT_EQ(ledger.committed(), 1);
  ledger.issue(4)->release();
  EXPECT_EQ(ledger.committed(), 1);
}

TEST(Ledger, NeverPassesAnUnsettledReadInAnyOrder) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  Ledger<int> ledger(0);
  struct Open {
    Ticket* ticket;
    int end;
  };
  std::vector<Open> open;
  int issued = 0;
  for (int round = 0; round < 5000; ++round) {
    if (open.empty() || random() % 2 == 0) {
      Ticket* ticket = ledger.issue(++issued);
      open.push_back({ticket, issued});
    } else {
      const std::size_t at = random() % open.size();
      Ticket* ticket = open[at].ticket;
      open.erase(open.begin() + static_cast<std::ptrdiff_t>(at));
      ticket->release();
    }
    int lowest = issued + 1;
    for (const Open& each : open) lowest = std::min(lowest, each.end);
    ASSERT_EQ(ledger.committed(), lowest - 1);
  }
  for (const Open& each : open) each.ticket->release();
  EXPECT_EQ(ledger.committed(), issued);
}

}  // namespace
}  // namespace tailrace
