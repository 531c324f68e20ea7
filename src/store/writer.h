// Writer: the one thread that changes what is stored.
//
//   push:      decoded -> inbox (one transaction for all that wait) -> head -> the caller is told
//   seal:      a run is full, or old, or the head or the inbox is too large
//   flush:     workers make chunks of sealed runs -> the day's database -> the run leaves the head
//   clear:     pushes whose lines are all in chunks leave the inbox, with the next commit
//   retention: whole days go
//
// A commit takes all pushes that came while the one before it was on its way to the disk. So one
// push alone waits for one write, and many share it.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "store/chunk_maker.h"
#include "store/day_files.h"
#include "store/inbox.h"
#include "store/push_answer.h"
#include "store/store_metrics.h"
#include "store/workers.h"

namespace tailrace {

struct PendingPush {
  std::string_view payload;  // a snappy block; lives until `done`
  PushRequest request;
  std::int64_t arrived_ns = 0;
  std::function<void(PushResult)> done;
};

class Writer {
 public:
  // Called on the writer's thread for every push, when its lines can be read.
  using Observer = std::function<void(const PushRequest&)>;

  Writer(const StoreOptions& options, const Clock& clock, StreamCatalog& catalog, Head& head,
         DayFiles& days, Workers& workers, StoreMetrics& metrics, Observer observer);
  ~Writer() { stop(); }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  // Opens the inbox and reads what is in it into the head; then starts the thread. If the disk is
  // full the thread does it later, and refuses pushes until then.
  Result<void> start();
  // The same without a thread, changing nothing on the disk: the store can only be read.
  Result<void> load_read_only();
  void push(PendingPush push);
  // Commits what waits, and ends. With `flush` everything goes into chunks first.
  void stop(bool flush = false);
  // kUnavailable: what was taken before the start cannot be read yet, and no push is taken.
  Result<void> recovered() const;
  // Its pushes' numbers stand in the days as `seq`.
  std::int64_t inbox_id() const noexcept { return inbox_id_; }
  // For tests: puts all runs into chunks and returns when they are there, or could not be written.
  void flush_and_wait();

 private:
  // What there is of a stream and day beside its active run.
  struct Flushed {
    std::int64_t last_ns = INT64_MIN;  // in chunks and sealed runs
    std::uint64_t seq = 0;             // in chunks
    bool asked = false;                // the day's database, if there is one
  };

  // Asks the days of a request what they have of it. An error: one does not answer now.
  Result<void> ask_days(const PushRequest& request);
  void run();
  void commit(std::vector<PendingPush>& pushes);
  void refuse_for_days(std::vector<PendingPush>& pushes);
  // Tells those who wait what became of their pushes.
  void answer(std::vector<PendingPush>& pushes, const Result<void>& committed);
  void apply(const PushRequest& request, std::uint64_t seq, bool recovering);
  std::optional<Error> refuses_for_space();

  // the inbox, in writer_inbox.cc
  Result<Inbox> open_inbox();
  // Opens the inbox and recovers, as far as it is not done: a full disk may have stopped it.
  Result<void> get_ready();
  // Reads pushes that are not in chunks into the head, from where it stopped the last time. Stops
  // at one of a day that cannot be read now, as on a full disk: what of it is in chunks is not
  // known then.
  Result<void> recover();
  // Makes a new one in place of an inbox that is found damaged while we run.
  Result<void> renew_inbox();
  Result<void> commit_to_inbox(const std::vector<PendingPush>& pushes,
                               std::vector<std::uint64_t>& seqs);
  // Pushes below `oldest` are gone from the inbox.
  void note_cleared(std::uint64_t oldest);
  void clear_inbox();

  // flush, in writer_flush.cc
  void seal_what_is_due(bool all);
  void flush_runs(std::vector<RunPtr> runs);
  void take_made_chunks();
  Result<void> store_chunks(DayNumber day, const std::vector<MadeChunk*>& chunks);
  bool too_much_in_memory() const;
  bool tidy_waits(std::int64_t now_ns) const;

  // days, in writer_days.cc
  Result<DayDatabase*> open_day(DayNumber day);
  // Makes a new one in place of a damaged day, with what can be read of that.
  Result<void> renew_day(DayNumber day, const Error& why);
  // Opened for writing, or in `own` only for reading; kNotFound: nothing is in it.
  Result<DayDatabase*> day_to_read(DayNumber day, std::optional<DayDatabase>& own);
  Result<std::optional<DayStream>> ask_day(const StreamInfo& stream, DayNumber day);
  Flushed& flushed(const StreamInfo& stream, DayNumber day);
  void drop_known(const StreamPtr& stream, DayNumber day, std::vector<StoredEntry>& entries);
  void tidy_days();
  void delete_day(DayNumber day);
  void shrink_to(std::uint64_t bytes_max);
  // What can be had back without losing a line: logs that are in their databases, pushes that are
  // in chunks. Before anything is tried again on a full disk: room that somebody makes would
  // otherwise be filled with more log, until there is none for what empties it.
  void cut_logs();
  void trim_memory();

  const StoreOptions& options_;
  const Clock& clock_;
  StreamCatalog& catalog_;
  Head& head_;
  DayFiles& days_;
  Workers& workers_;
  StoreMetrics& metrics_;
  const Observer observer_;

  std::mutex mutex_;  // guards the following
  std::condition_variable wake_;
  std::deque<PendingPush> waiting_;
  std::uint64_t waiting_bytes_ = 0;
  std::map<std::uint64_t, MadeChunk> made_;  // by number of the flush
  bool stopping_ = false;
  bool flush_at_stop_ = false;
  std::size_t flush_requests_ = 0;
  std::size_t flushes_done_ = 0;
  std::condition_variable flushed_;

  // The thread's own.
  bool read_only_ = false;
  std::atomic<bool> recovered_ = false;
  std::optional<Inbox> inbox_;  // none: it could not be opened, or made anew, yet
  std::atomic<std::int64_t> inbox_id_ = 0;
  std::uint64_t last_seq_ = 0;                                        // of all pushes
  std::uint64_t inbox_cleared_ = 0;                                   // pushes below this are gone
  std::deque<std::pair<std::uint64_t, std::uint64_t>> inbox_pushes_;  // seq, bytes
  std::uint64_t inbox_bytes_ = 0;
  std::map<DayNumber, DayDatabase> open_days_;
  std::unordered_map<std::string, Flushed> flushed_by_stream_;  // by day and name
  std::uint64_t next_flush_ = 0;  // numbers of flushes, in the order in which they are stored
  std::uint64_t stored_flush_ = 0;
  std::int64_t tidy_due_ns_ = 0;
  std::int64_t seal_due_ns_ = 0;
  std::int64_t retry_flush_ns_ = 0;
  std::int64_t space_checked_ns_ = 0;
  std::int64_t committed_ns_ = 0;  // the last push
  double busy_until_now_ = 0;      // bytes stored and scanned, at the last look
  double trimmed_at_ = 0;
  bool space_low_ = false;
  bool commit_failed_ = false;  // the last one
  std::thread thread_;
};

}  // namespace tailrace
