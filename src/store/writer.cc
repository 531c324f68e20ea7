#include "store/writer.h"

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

#include "telemetry/log.h"

namespace tailrace {
namespace {

// So much goes into one transaction.
constexpr std::uint64_t kCommitBytesMax = 16 << 20;
constexpr auto kTick = std::chrono::milliseconds(500);

log::Every& commit_failures() {
  static log::Every every(10 * kNsPerSecond);
  return every;
}

}  // namespace

Writer::Writer(const StoreOptions& options, const Clock& clock, StreamCatalog& catalog, Head& head,
               DayFiles& days, Workers& workers, StoreMetrics& metrics, Observer observer)
    : options_(options),
      clock_(clock),
      catalog_(catalog),
      head_(head),
      days_(days),
      workers_(workers),
      metrics_(metrics),
      observer_(std::move(observer)) {}

Result<void> Writer::start() {
  // Nobody shall stand still because the disk is full at the start: that passes.
  if (const Result<void> ready = get_ready(); !ready) {
    if (!inbox_ && ready.error().code() != ErrorCode::kUnavailable) return ready;
    log::error("the store waits for its disk", {{"error", ready.error().text()}});
  }
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { run(); });
  ::pthread_setname_np(thread_.native_handle(), "store-writer");
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return {};
}

Result<void> Writer::load_read_only() {
  read_only_ = true;
  // Days alone, copied from somewhere, can be read too.
  if (!std::filesystem::exists(Inbox::path_of(days_.folder()))) {
    recovered_ = true;
    return {};
  }
  TAILRACE_TRY(inbox_, Inbox::open(days_.folder(), true));
  inbox_id_ = inbox_->id();
  return recover();
}

Result<void> Writer::ask_days(const PushRequest& request) {
  for (const NewStream& stream : request.streams()) {
    std::optional<DayNumber> last;
    for (const NewEntry& entry : stream.entries) {
      const DayNumber day = day_of(entry.timestamp_ns);
      if (day == last) continue;
      last = day;
      if (!flushed(*stream.stream, day).asked)
        return Error{ErrorCode::kUnavailable, days_.path(day).native() + " cannot be read"};
    }
  }
  return {};
}

void Writer::push(PendingPush push) {
  {
    const std::lock_guard lock(mutex_);
    if (!stopping_ && waiting_bytes_ + push.payload.size() <= options_.waiting_bytes_max) {
      waiting_bytes_ += push.payload.size();
      metrics_.waiting_bytes.set(static_cast<double>(waiting_bytes_));
      waiting_.push_back(std::move(push));
      wake_.notify_one();
      return;
    }
    if (stopping_) {
      push.done({503, "the store is stopping"});
      return;
    }
  }
  metrics_.refused("busy");
  push.done({429, "too many pushes are waiting to be stored; try again later"});
}

void Writer::stop(bool flush) {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    flush_at_stop_ = flush;
    wake_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

void Writer::flush_and_wait() {
  std::unique_lock lock(mutex_);
  const std::size_t mine = ++flush_requests_;
  wake_.notify_one();
  flushed_.wait(lock, [&] { return flushes_done_ >= mine; });
}

void Writer::run() {
  std::size_t flushes_asked = 0;
  std::size_t flushes_done = 0;
  bool draining = false;  // stopping, and nothing new comes
  while (true) {
    std::vector<PendingPush> pushes;
    // Memory is full and the disk takes no chunks: nobody shall wait for that.
    const bool stuck = retry_flush_ns_ != 0 && too_much_in_memory();
    const auto may_take = [&] { return stopping_ || stuck || !too_much_in_memory(); };
    {
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, kTick, [&] {
        // Chunks are stored in the order of sealing: one that is early waits for those before it.
        const bool made_next = !made_.empty() && made_.begin()->first == stored_flush_;
        return (stopping_ && !draining) || (made_next && retry_flush_ns_ == 0) ||
               flush_requests_ != flushes_asked || (!waiting_.empty() && may_take());
      });
      std::uint64_t bytes = 0;
      while (!waiting_.empty() && bytes < kCommitBytesMax && may_take()) {
        bytes += waiting_.front().payload.size();
        pushes.push_back(std::move(waiting_.front()));
        waiting_.pop_front();
      }
      draining = stopping_ && waiting_.empty();
      if (draining && std::exchange(flush_at_stop_, false)) ++flush_requests_;
      flushes_asked = flush_requests_;
    }
    if (stuck && !pushes.empty()) {
      answer(pushes,
             Error{ErrorCode::kUnavailable, "chunks cannot be written, and memory is full"});
    } else if (!pushes.empty()) {
      commit(pushes);
    }
    (void)get_ready();
    take_made_chunks();
    seal_what_is_due(flushes_asked != flushes_done);
    const bool all_stored = stored_flush_ == next_flush_;
    // At the end nobody waits for a disk that does not take it: the lines are in the inbox.
    const bool gave_up = draining && retry_flush_ns_ != 0;
    if (flushes_asked != flushes_done && (all_stored || gave_up)) {
      flushes_done = flushes_asked;
      const std::lock_guard lock(mutex_);
      flushes_done_ = flushes_done;
      flushed_.notify_all();
    }
    if (draining && (all_stored || gave_up) && flushes_asked == flushes_done) {
      clear_inbox();
      return;
    }
    tidy_days();
  }
}

std::optional<Error> Writer::refuses_for_space() {
  const std::int64_t now = clock_.monotonic_ns();
  if (space_checked_ns_ == 0 || now - space_checked_ns_ > kNsPerSecond) {
    space_checked_ns_ = now;
    const auto is_low = [&] {
      return options_.free_bytes_min != 0 && days_.free_bytes() < options_.free_bytes_min;
    };
    space_low_ = is_low();
    if (space_low_ || std::exchange(commit_failed_, false)) {
      cut_logs();
      space_low_ = is_low();
    }
  }
  if (!space_low_) return std::nullopt;
  return Error{ErrorCode::kUnavailable,
               "the disk of " + days_.folder().native() + " has less than " +
                   std::to_string(options_.free_bytes_min) + " bytes left"};
}

void Writer::commit(std::vector<PendingPush>& pushes) {
  const std::int64_t began = clock_.monotonic_ns();
  std::vector<std::uint64_t> seqs;
  Result<void> committed = get_ready();
  if (committed) {
    refuse_for_days(pushes);
    if (pushes.empty()) return;
    committed = commit_to_inbox(pushes, seqs);
  }
  metrics_.commit_seconds.observe(static_cast<double>(clock_.monotonic_ns() - began) / 1e9);
  if (committed) {
    metrics_.commits.add();
    for (std::size_t i = 0; i < pushes.size(); ++i) apply(pushes[i].request, seqs[i], false);
  } else if (committed.error().code() == ErrorCode::kInvalid) {
    metrics_.damaged_inboxes.add();
    log::error("the inbox is damaged; a new one takes its place",
               {{"error", committed.error().text()}});
    if (Result<void> renewed = renew_inbox(); !renewed) committed = std::move(renewed);
  }
  commit_failed_ = !committed;
  answer(pushes, committed);
}

// A day that does not answer now stops only those who push to it.
void Writer::refuse_for_days(std::vector<PendingPush>& pushes) {
  Result<void> why;
  const auto refused =
      std::stable_partition(pushes.begin(), pushes.end(), [&](const PendingPush& push) {
        Result<void> asked = ask_days(push.request);
        if (!asked) why = asked;
        return asked.has_value();
      });
  if (refused == pushes.end()) return;
  std::vector<PendingPush> those(std::make_move_iterator(refused),
                                 std::make_move_iterator(pushes.end()));
  pushes.erase(refused, pushes.end());
  answer(those, why);
}

void Writer::answer(std::vector<PendingPush>& pushes, const Result<void>& committed) {
  if (!committed && commit_failures().due())
    log::error("the store cannot write; pushes are refused until it can",
               {{"error", committed.error().text()}});
  std::uint64_t bytes = 0;
  for (const PendingPush& push : pushes) bytes += push.payload.size();
  {
    const std::lock_guard lock(mutex_);
    waiting_bytes_ -= bytes;
    metrics_.waiting_bytes.set(static_cast<double>(waiting_bytes_));
  }
  for (PendingPush& push : pushes) {
    if (!committed) {
      metrics_.refused("disk");
      push.done({503, "the store cannot write: " + committed.error().text()});
    } else if (push.request.refusal().empty()) {
      push.done({204, ""});
    } else {
      push.done({400, push.request.refusal()});
    }
  }
}

void Writer::apply(const PushRequest& request, std::uint64_t seq, bool recovering) {
  const std::int64_t now = clock_.monotonic_ns();
  const Head::DropKnown drop = [this](const StreamPtr& stream, DayNumber day,
                                      std::vector<StoredEntry>& entries) {
    drop_known(stream, day, entries);
  };
  std::map<DayNumber, std::vector<StoredEntry>> by_day;
  for (const NewStream& stream : request.streams()) {
    by_day.clear();
    std::vector<StoredEntry>* last = nullptr;
    DayNumber last_day = 0;
    for (const NewEntry& entry : stream.entries) {
      const DayNumber day = day_of(entry.timestamp_ns);
      if (last == nullptr || day != last_day) {
        last = &by_day[day];
        last_day = day;
      }
      last->push_back({entry.timestamp_ns, entry.line, entry.metadata});
    }
    for (auto& [day, entries] : by_day) {
      const Flushed& known = flushed(*stream.stream, day);
      if (recovering && seq <= known.seq) continue;
      const Head::Added added =
          head_.add(stream.stream, day, std::move(entries), seq, now, known.last_ns, drop);
      if (recovering) continue;
      metrics_.lines.add(static_cast<double>(added.entries));
      metrics_.line_bytes.add(static_cast<double>(added.bytes));
      if (added.duplicates != 0) metrics_.duplicates.add(static_cast<double>(added.duplicates));
    }
  }
  if (!recovering && observer_) observer_(request);
}

}  // namespace tailrace
