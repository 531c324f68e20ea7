// Writer: databases of days, what is in them already, and their end.
#include <malloc.h>

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "store/salvage.h"
#include "store/writer.h"
#include "telemetry/log.h"

namespace tailrace {
namespace {

constexpr std::size_t kOpenDaysMax = 4;
constexpr std::size_t kFlushedKnownMax = 200'000;
constexpr std::int64_t kTidyEveryNs = 15 * kNsPerSecond;

std::string key_of(const StreamInfo& stream, DayNumber day) {
  return std::to_string(day) + stream.text;
}

}  // namespace

Result<DayDatabase*> Writer::open_day(DayNumber day) {
  const auto found = open_days_.find(day);
  if (found != open_days_.end()) return &found->second;
  if (!read_only_ && inbox_id_ == 0)  // it would be taken for another store's
    return Error{ErrorCode::kUnavailable, "the inbox is not open yet"};
  // The oldest day is the least likely to be written again.
  while (open_days_.size() >= kOpenDaysMax) open_days_.erase(open_days_.begin());
  TAILRACE_TRY(DayDatabase database, DayDatabase::open(days_.path(day), read_only_));
  if (!read_only_) {
    TAILRACE_CHECK(database.adopt(inbox_id_));
  }
  return &open_days_.emplace(day, std::move(database)).first->second;
}

Result<void> Writer::renew_day(DayNumber day, const Error& why) {
  open_days_.erase(day);
  metrics_.damaged_days.add();
  log::error("a day's database is damaged; a new one takes its place",
             {{"file", days_.path(day).native()}, {"error", why.text()}});
  TAILRACE_TRY(const std::filesystem::path aside, days_.set_aside(days_.path(day)));
  TAILRACE_TRY(DayDatabase * database, open_day(day));
  TAILRACE_TRY(const Salvaged salvaged, salvage_day(aside, catalog_, *database));
  log::warn("the damaged day was set aside", {{"file", aside.native()},
                                              {"chunks_read", salvaged.chunks},
                                              {"lines_read", salvaged.entries}});
  return {};
}

Result<DayDatabase*> Writer::day_to_read(DayNumber day, std::optional<DayDatabase>& own) {
  Result<DayDatabase*> database = open_day(day);
  if (database || database.error().code() == ErrorCode::kInvalid) return database;
  // It cannot be written to now; to know what is there, reading is enough.
  TAILRACE_TRY(own, DayDatabase::open(days_.path(day), true));
  return &*own;
}

Result<std::optional<DayStream>> Writer::ask_day(const StreamInfo& stream, DayNumber day) {
  std::optional<DayDatabase> own;
  const Result<DayDatabase*> database = day_to_read(day, own);
  if (!database && database.error().code() == ErrorCode::kNotFound)
    return std::optional<DayStream>();
  if (!database) return database.error();
  TAILRACE_TRY(std::optional<DayStream> known, (*database)->stream(stream.text));
  TAILRACE_TRY(const std::int64_t owner, (*database)->inbox_id());
  if (known && owner != inbox_id_) known->seq = 0;
  return known;
}

Writer::Flushed& Writer::flushed(const StreamInfo& stream, DayNumber day) {
  // What is only sealed yet is known here alone.
  const bool may_forget = stored_flush_ == next_flush_;
  if (may_forget && flushed_by_stream_.size() >= kFlushedKnownMax) flushed_by_stream_.clear();
  Flushed& out = flushed_by_stream_[key_of(stream, day)];
  if (out.asked) return out;
  Result<std::optional<DayStream>> known = std::optional<DayStream>();
  if (days_.has(day)) known = ask_day(stream, day);
  if (!known && known.error().code() == ErrorCode::kInvalid && !read_only_) {
    const Result<void> renewed = renew_day(day, known.error());
    known = renewed ? ask_day(stream, day) : renewed.error();
  }
  if (!known) {
    static log::Every every(10 * kNsPerSecond);
    if (every.due())
      log::error("a day's database cannot be read",
                 {{"file", days_.path(day).native()}, {"error", known.error().text()}});
    return out;  // it is asked again the next time
  }
  out.asked = true;
  if (*known) {
    out.last_ns = std::max(out.last_ns, (*known)->last_ns);
    out.seq = std::max(out.seq, (*known)->seq);
  }
  return out;
}

// Removes the entries that sealed runs or chunks have already. Reads every chunk that touches their
// times.
void Writer::drop_known(const StreamPtr& stream, DayNumber day, std::vector<StoredEntry>& entries) {
  std::int64_t first_ns = INT64_MAX;
  std::int64_t last_ns = INT64_MIN;
  std::unordered_set<std::int64_t> times;
  for (const StoredEntry& entry : entries) {
    first_ns = std::min(first_ns, entry.timestamp_ns);
    last_ns = std::max(last_ns, entry.timestamp_ns);
    times.insert(entry.timestamp_ns);
  }
  // What is there, of those times.
  std::unordered_multimap<std::int64_t, StoredEntry> there;
  const auto note = [&](const StoredEntry& entry) {
    if (times.count(entry.timestamp_ns) != 0) there.emplace(entry.timestamp_ns, entry);
  };
  const auto drop = [&] {
    std::erase_if(entries, [&](const StoredEntry& entry) {
      const auto [from, to] = there.equal_range(entry.timestamp_ns);
      return std::any_of(from, to, [&](const auto& each) {
        return each.second.line == entry.line && each.second.metadata == entry.metadata;
      });
    });
    there.clear();
  };
  for (const RunPtr& run : head_.sealed(*stream, day)) {
    if (run->last_ns() < first_ns || run->first_ns() > last_ns) continue;
    const RunView view = run->view();
    view.for_each(note);
    drop();
  }
  if (!days_.has(day)) return;
  std::optional<DayDatabase> own;
  const Result<DayDatabase*> database = day_to_read(day, own);
  if (!database) return;
  const Result<std::optional<DayStream>> known = (*database)->stream(stream->text);
  if (!known || !*known) return;
  const Result<std::vector<ChunkRow>> rows =
      (*database)->overlapping((*known)->id, first_ns, last_ns);
  if (!rows) return;
  ChunkDecoder decoder;
  for (const ChunkRow& row : *rows) {
    UnpackedChunk chunk;
    const Result<void> unpacked = unpack_chunk(**database, *stream, row, decoder, chunk);
    if (!unpacked) continue;  // its lines are lost for queries too, so the new ones are welcome
    for (const StoredEntry& entry : chunk.entries) note(entry);
    drop();
  }
}

void Writer::delete_day(DayNumber day) {
  open_days_.erase(day);
  const std::string prefix = std::to_string(day) + "{";
  std::erase_if(flushed_by_stream_,
                [&](const auto& each) { return each.first.starts_with(prefix); });
  log::info("store deletes a day",
            {{"file", days_.path(day).native()}, {"bytes", days_.bytes_of(day)}});
  days_.remove(day);
  metrics_.days_deleted.add();
}

void Writer::tidy_days() {
  const std::int64_t now = clock_.monotonic_ns();
  // Chunks on their way would bring a day back.
  if (now < tidy_due_ns_ || tidy_waits(now)) return;
  const bool first = tidy_due_ns_ == 0;
  tidy_due_ns_ = now + kTidyEveryNs;
  clear_inbox();
  if (options_.retention_ns != 0) {
    // A day goes when its last line is too old.
    for (const DayNumber day : days_.all()) {
      if (day_start_ns(day + 1) < clock_.now_ns() - options_.retention_ns) delete_day(day);
    }
    days_.remove_set_aside(options_.retention_ns);
  }
  if (options_.max_bytes != 0) shrink_to(options_.max_bytes);
  metrics_.disk_bytes.set(static_cast<double>(days_.bytes()));
  metrics_.days.set(static_cast<double>(days_.all().size()));
  if (!first) catalog_.sweep();
  trim_memory();
}

void Writer::cut_logs() {
  constexpr const char* kCut = "PRAGMA wal_checkpoint(TRUNCATE)";
  for (auto& [day, database] : open_days_) (void)database.database().run(kCut);
  clear_inbox();
  if (inbox_) (void)inbox_->database().run(kCut);
}

// What a burst took from the system goes back when it is over.
void Writer::trim_memory() {
#ifdef __GLIBC__
  const double busy = metrics_.line_bytes.value() + metrics_.scanned_bytes.value();
  if (busy == busy_until_now_ && busy != trimmed_at_) {
    ::malloc_trim(0);
    trimmed_at_ = busy;
  }
  busy_until_now_ = busy;
#endif
}

void Writer::shrink_to(std::uint64_t bytes_max) {
  std::uint64_t bytes = days_.bytes();
  if (bytes > bytes_max) {
    cut_logs();
    days_.remove_set_aside(0);
    bytes = days_.bytes();
  }
  for (const DayNumber day : days_.all()) {
    if (bytes <= bytes_max) return;
    if (day == days_.all().back()) break;
    delete_day(day);
    bytes = days_.bytes();
  }
  if (bytes <= bytes_max || days_.all().empty()) return;
  // One day alone is too much: its oldest chunks go, a tenth more than needed.
  const DayNumber day = days_.all().back();
  const std::uint64_t excess = bytes - bytes_max + bytes_max / 10;
  const auto shrink = [&]() -> Result<void> {
    TAILRACE_TRY(DayDatabase * database, open_day(day));
    TAILRACE_TRY(Transaction transaction, Transaction::begin(database->database()));
    TAILRACE_TRY(const std::uint64_t removed, database->remove_oldest(excess));
    TAILRACE_CHECK(transaction.commit());
    TAILRACE_CHECK(database->database().run("PRAGMA incremental_vacuum"));
    TAILRACE_CHECK(database->database().run("PRAGMA wal_checkpoint(TRUNCATE)"));
    log::info("store deletes the oldest chunks of its only day",
              {{"chunks", removed}, {"bytes", excess}});
    return {};
  };
  if (const Result<void> done = shrink(); !done)
    log::warn("the store cannot delete chunks", {{"error", done.error().text()}});
}

}  // namespace tailrace
