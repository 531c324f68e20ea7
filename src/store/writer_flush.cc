// Writer: from runs to chunks.
#include <algorithm>
#include <limits>
#include <utility>

#include "store/writer.h"
#include "telemetry/log.h"

namespace tailrace {
namespace {

constexpr std::int64_t kSealEveryNs = kNsPerSecond;
constexpr std::int64_t kIdleNs = 30 * kNsPerSecond;
constexpr std::int64_t kRetryNs = 2 * kNsPerSecond;
// Chunks in one transaction: pushes wait meanwhile.
constexpr std::size_t kStoredTogetherMax = 16;

}  // namespace

// Sealed runs wait for their chunks beside the active ones. If the disk is slower than the pushes,
// those wait.
bool Writer::too_much_in_memory() const { return head_.bytes() > 2 * options_.head_bytes_max; }

// Days are tidied when no chunk is on its way; so under steady load sealing rests for a moment.
bool Writer::tidy_waits(std::int64_t now_ns) const {
  return now_ns >= tidy_due_ns_ && stored_flush_ != next_flush_ && retry_flush_ns_ == 0;
}

void Writer::seal_what_is_due(bool all) {
  const std::int64_t now = clock_.monotonic_ns();
  if (!all && tidy_waits(now)) return;
  const bool head_is_large =
      head_.bytes() > options_.head_bytes_max && stored_flush_ == next_flush_;
  // It is not to crowd out the days.
  const std::uint64_t inbox_bytes_max =
      options_.max_bytes == 0 ? options_.inbox_bytes_max
                              : std::min(options_.inbox_bytes_max, options_.max_bytes / 4);
  const bool inbox_is_large = inbox_bytes_ > inbox_bytes_max && stored_flush_ == next_flush_;
  std::uint64_t large_from = options_.chunk_bytes;
  std::uint64_t old_below = 0;  // pushes
  if (head_is_large) {
    // The largest half of the bytes.
    std::vector<std::uint64_t> sizes;
    for (const Run* run : head_.active()) sizes.push_back(run->bytes());
    std::sort(sizes.begin(), sizes.end(), std::greater<>());
    std::uint64_t sum = 0;
    for (const std::uint64_t size : sizes) {
      sum += size;
      large_from = std::min(large_from, size);
      if (sum > options_.head_bytes_max / 2) break;
    }
  }
  if (inbox_is_large) {
    // What the older half of the pushes brought.
    std::uint64_t sum = 0;
    for (const auto& [seq, bytes] : inbox_pushes_) {
      sum += bytes;
      old_below = seq;
      if (sum > inbox_bytes_max / 2) break;
    }
  }
  const bool look_at_age = now >= seal_due_ns_;
  if (look_at_age) {
    seal_due_ns_ = now + kSealEveryNs;
    metrics_.head_bytes.set(static_cast<double>(head_.bytes()));
    metrics_.head_runs.set(static_cast<double>(head_.runs()));
    metrics_.streams.set(static_cast<double>(catalog_.size()));
  }
  // When nothing comes, memory and the inbox need not wait for full chunks.
  if (look_at_age && now - committed_ns_ > kIdleNs)
    large_from = std::min(large_from, options_.chunk_bytes / 4);
  flush_runs(head_.seal([&](const Run& run) {
    return all || run.bytes() >= large_from || run.first_seq() < old_below ||
           (look_at_age && now - run.born_ns() > options_.chunk_age_ns);
  }));
}

void Writer::flush_runs(std::vector<RunPtr> runs) {
  for (RunPtr& run : runs) {
    const std::uint64_t number = next_flush_++;
    std::filesystem::path day_file;
    // The chunk it would be joined with must not change meanwhile.
    const bool alone = head_.sealed(*run->stream(), run->day()).size() == 1;
    Flushed& known = flushed(*run->stream(), run->day());
    known.last_ns = std::max(known.last_ns, run->last_ns());
    if (alone && known.seq != 0) day_file = days_.path(run->day());
    workers_.post([this, number, run = std::move(run), day_file = std::move(day_file)]() mutable {
      MadeChunk made = make_chunk(std::move(run), day_file, options_);
      const std::lock_guard lock(mutex_);
      made_.emplace(number, std::move(made));
      wake_.notify_one();
    });
  }
}

// In the order of sealing, so that `seq` of a stream never says more than is there.
void Writer::take_made_chunks() {
  const std::int64_t now = clock_.monotonic_ns();
  if (now < retry_flush_ns_) return;
  while (true) {
    std::vector<MadeChunk*> chunks;
    {
      const std::lock_guard lock(mutex_);
      for (auto made = made_.begin(); made != made_.end() && chunks.size() < kStoredTogetherMax;
           ++made) {
        const bool next = made->first == stored_flush_ + chunks.size();
        if (!next || (!chunks.empty() && made->second.run->day() != chunks.front()->run->day()))
          break;
        chunks.push_back(&made->second);
      }
    }
    if (chunks.empty()) return;
    const DayNumber day = chunks.front()->run->day();
    const Result<void> stored = store_chunks(day, chunks);
    if (!stored) {
      metrics_.flush_failures.add();
      static log::Every every(10 * kNsPerSecond);
      if (every.due())
        log::error("the store cannot write a chunk, it will try again",
                   {{"error", stored.error().text()}});
      open_days_.erase(day);
      retry_flush_ns_ = now + kRetryNs;
      if (stored.error().code() == ErrorCode::kInvalid) {
        if (const Result<void> renewed = renew_day(day, stored.error()); !renewed)
          log::error("a new database cannot be made", {{"error", renewed.error().text()}});
      }
      return;
    }
    retry_flush_ns_ = 0;
    for (const MadeChunk* made : chunks) {
      Flushed& known = flushed(*made->run->stream(), day);
      known.seq = std::max(known.seq, made->run->last_seq());
      head_.remove(made->run);
      metrics_.chunks.add();
      metrics_.chunk_bytes.add(static_cast<double>(made->chunk.bytes));
      metrics_.stored_bytes.add(
          static_cast<double>(made->chunk.index.size() + made->chunk.text.size()));
    }
    const std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < chunks.size(); ++i) made_.erase(stored_flush_++);
  }
}

Result<void> Writer::store_chunks(DayNumber day, const std::vector<MadeChunk*>& chunks) {
  TAILRACE_TRY(DayDatabase * database, open_day(day));
  if (retry_flush_ns_ != 0) cut_logs();
  TAILRACE_TRY(Transaction transaction, Transaction::begin(database->database()));
  for (const MadeChunk* made : chunks) {
    TAILRACE_CHECK(database->add_chunk(*made->run->stream(), made->chunk, made->run->last_seq(),
                                       made->replaced));
  }
  TAILRACE_CHECK(transaction.commit());
  days_.add(day);
  return {};
}

}  // namespace tailrace
