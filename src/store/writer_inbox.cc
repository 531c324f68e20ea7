// Writer, the inbox: pushes that are on the disk but not yet in chunks.
#include <algorithm>
#include <iterator>
#include <utility>

#include "store/writer.h"
#include "telemetry/log.h"

namespace tailrace {

Result<Inbox> Writer::open_inbox() {
  {
    Result<Inbox> opened = Inbox::open(days_.folder());
    const Result<void> sound = opened ? opened->check() : Result<void>(opened.error());
    if (sound || sound.error().code() != ErrorCode::kInvalid) return opened;
    metrics_.damaged_inboxes.add();
    log::error(
        "the inbox is damaged; a new one takes its place",
        {{"file", Inbox::path_of(days_.folder()).native()}, {"error", sound.error().text()}});
  }  // closed, or it would delete the log of the new one
  TAILRACE_TRY(const std::filesystem::path aside, days_.set_aside(Inbox::path_of(days_.folder())));
  TAILRACE_TRY(Inbox fresh, Inbox::open(days_.folder()));
  std::size_t pushes = 0;
  Result<void> added;
  {
    TAILRACE_TRY(Transaction transaction, Transaction::begin(fresh.database()));
    Inbox::salvage(aside, [&](const Inbox::Push& push) {
      if (push.damaged || !added) return;
      const Result<std::uint64_t> seq = fresh.add(push.payload, push.arrived_ns);
      if (!seq) added = seq.error();
      ++pushes;
    });
    TAILRACE_CHECK(std::move(added));
    TAILRACE_CHECK(transaction.commit());
  }
  log::warn("the damaged inbox was set aside", {{"file", aside.native()}, {"pushes_read", pushes}});
  return fresh;
}

Result<void> Writer::get_ready() {
  if (recovered_) return {};
  if (!inbox_) {
    TAILRACE_TRY(inbox_, open_inbox());
    inbox_id_ = inbox_->id();
  }
  return recover();
}

Result<void> Writer::recovered() const {
  if (recovered_) return {};
  return Error{ErrorCode::kUnavailable, "the store waits for its disk"};
}

Result<void> Writer::recover() {
  std::size_t pushes = 0;
  TAILRACE_CHECK(inbox_->for_each([&](const Inbox::Push& push) -> Result<void> {
    if (push.seq <= last_seq_) return {};
    // By the clock of then: what was taken is taken again.
    Result<PushRequest> request =
        push.damaged ? Error{ErrorCode::kInvalid, "its checksum is wrong"}
                     : PushRequest::decode(push.payload, push.arrived_ns, options_, catalog_);
    if (request) {
      TAILRACE_CHECK(ask_days(*request));
      apply(*request, push.seq, true);
    } else {
      metrics_.damaged_pushes.add();
      log::error(
          "a push in the inbox is damaged and left out",
          {{"seq", push.seq}, {"bytes", push.payload.size()}, {"error", request.error().text()}});
    }
    ++pushes;
    last_seq_ = push.seq;
    inbox_pushes_.emplace_back(push.seq, push.payload.size());
    inbox_bytes_ += push.payload.size();
    return {};
  }));
  recovered_ = true;
  if (pushes != 0)
    log::info("store recovered lines that were not in chunks",
              {{"pushes", pushes}, {"bytes", head_.bytes()}});
  return {};
}

// What is in the head is in no inbox then, so it goes into chunks at once.
Result<void> Writer::renew_inbox() {
  // First, or closing it would delete the log of the new one. If this fails it is tried again.
  inbox_.reset();
  inbox_pushes_.clear();
  inbox_bytes_ = 0;
  const std::filesystem::path file = Inbox::path_of(days_.folder());
  if (std::filesystem::exists(file)) {
    TAILRACE_TRY(const std::filesystem::path aside, days_.set_aside(file));
    log::warn("the damaged inbox was set aside", {{"file", aside.native()}});
  }
  TAILRACE_TRY(Inbox fresh, Inbox::open(days_.folder()));
  TAILRACE_CHECK(fresh.succeed(inbox_id_, last_seq_));
  inbox_ = std::move(fresh);
  const std::lock_guard lock(mutex_);
  ++flush_requests_;
  return {};
}

Result<void> Writer::commit_to_inbox(const std::vector<PendingPush>& pushes,
                                     std::vector<std::uint64_t>& seqs) {
  if (std::optional<Error> full = refuses_for_space()) return *full;
  if (!inbox_) {
    TAILRACE_CHECK(renew_inbox());
  }
  TAILRACE_TRY(Transaction transaction, Transaction::begin(inbox_->database()));
  for (const PendingPush& push : pushes) {
    TAILRACE_TRY(const std::uint64_t seq, inbox_->add(push.payload, push.arrived_ns));
    seqs.push_back(seq);
  }
  const std::uint64_t oldest = std::min(head_.oldest_seq(), seqs.front());
  if (oldest > inbox_cleared_) {
    TAILRACE_CHECK(inbox_->remove_below(oldest));
  }
  TAILRACE_CHECK(transaction.commit());
  note_cleared(oldest);
  for (std::size_t i = 0; i < pushes.size(); ++i) {
    inbox_pushes_.emplace_back(seqs[i], pushes[i].payload.size());
    inbox_bytes_ += pushes[i].payload.size();
  }
  last_seq_ = seqs.back();
  committed_ns_ = clock_.monotonic_ns();
  return {};
}

void Writer::note_cleared(std::uint64_t oldest) {
  inbox_cleared_ = oldest;
  while (!inbox_pushes_.empty() && inbox_pushes_.front().first < oldest) {
    inbox_bytes_ -= inbox_pushes_.front().second;
    inbox_pushes_.pop_front();
  }
}

// While pushes come, each commit clears what is done. This is for when none come.
void Writer::clear_inbox() {
  const std::uint64_t oldest = head_.oldest_seq();
  if (!inbox_ || inbox_pushes_.empty() || oldest <= inbox_pushes_.front().first) return;
  const auto clear = [&]() -> Result<void> {
    TAILRACE_TRY(Transaction transaction, Transaction::begin(inbox_->database()));
    TAILRACE_CHECK(inbox_->remove_below(std::min(oldest, inbox_pushes_.back().first + 1)));
    TAILRACE_CHECK(transaction.commit());
    // The file gets small only when nothing is left: moving what is there costs more than it gives.
    if (oldest > inbox_pushes_.back().first) {
      TAILRACE_CHECK(
          inbox_->database().run("PRAGMA incremental_vacuum; PRAGMA wal_checkpoint(TRUNCATE)"));
    }
    return {};
  };
  if (clear()) note_cleared(oldest);
}

}  // namespace tailrace
