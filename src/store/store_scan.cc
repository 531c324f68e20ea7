// Store: going through stored entries, on several threads.
#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>

#include "store/chunk.h"
#include "store/day_database.h"
#include "store/store_impl.h"
#include "telemetry/log.h"

namespace tailrace {
namespace {

using logql::EntryBlock;
using logql::ScanRequest;
using logql::ScanStats;

// Helpers are worth their trouble only if there is something to share.
constexpr std::uint64_t kBlocksAlone = 4;
// Blocks of the head come behind all chunks.
constexpr std::uint64_t kHeadOrder = std::uint64_t{1} << 39;

// One block to look at, not decompressed yet.
struct Task {
  StreamPtr stream;
  std::optional<RunView> run;  // else a chunk:
  ChunkRow row;
  std::string index;
  std::string text;
  std::uint64_t order = 0;
};

bool wants_stream(const ScanRequest& request, const StreamInfo& stream) {
  return logql::selects(*request.matchers, stream.labels) &&
         (!request.streams || request.streams(stream.labels));
}

// Hands out blocks in order of time: for each day first what the head has of it, then its chunks.
class TaskList {
 public:
  TaskList(Store::Impl& store, const ScanRequest& request, std::vector<RunView> runs)
      : store_(store), request_(request), runs_(std::move(runs)) {
    for (const RunView& run : runs_) days_.push_back(run.day);
    for (const DayNumber day : store_.days.all()) days_.push_back(day);
    std::sort(days_.begin(), days_.end());
    days_.erase(std::unique(days_.begin(), days_.end()), days_.end());
    std::erase_if(days_, [&](DayNumber day) {
      return day_start_ns(day + 1) <= request.from_ns || day_start_ns(day) >= request.to_ns;
    });
    if (request.newest_first) std::reverse(days_.begin(), days_.end());
  }

  // False: none is left, or a day cannot be read now, see failed(). Thread-safe.
  bool next(Task& task, ScanStats& stats) {
    const std::lock_guard lock(mutex_);
    while (true) {
      if (!failed_ || request_.stop->poll()) return false;
      if (next_run(task)) return true;
      if (next_chunk(task, stats)) return true;
      if (!next_day(stats)) return false;
    }
  }

  // When all is over.
  const Result<void>& failed() const noexcept { return failed_; }

 private:
  bool next_run(Task& task) {
    while (!day_runs_.empty()) {
      RunView& run = *day_runs_.back();
      day_runs_.pop_back();
      if (request_.wanted && !request_.wanted(run.first_ns, run.last_ns)) continue;
      task.stream = run.stream;
      task.order = kHeadOrder + run_order_++;
      task.run = std::move(run);
      return true;
    }
    return false;
  }

  bool next_chunk(Task& task, ScanStats& stats) {
    while (cursor_) {
      const Result<bool> there = cursor_->next(task.row);
      if (!there) unreadable_day(there.error(), stats);
      if (!there || !*there) {
        close_day();
        return false;
      }
      const auto stream = streams_.find(task.row.stream_id);
      if (stream == streams_.end()) continue;
      if (request_.wanted && !request_.wanted(task.row.first_ns, task.row.last_ns)) {
        // The others of this day are further away still.
        close_day();
        return false;
      }
      const Result<void> read =
          cursor_->read_parts(task.row, task.index, request_.lines ? &task.text : nullptr);
      if (!read) {
        damaged_chunk(store_, task.row, stream->second->text, read.error(), stats);
        continue;
      }
      task.stream = stream->second;
      task.order = static_cast<std::uint64_t>(task.row.id);
      task.run.reset();
      return true;
    }
    return false;
  }

  bool next_day(ScanStats& stats) {
    if (next_day_ == days_.size()) return false;
    const DayNumber day = days_[next_day_++];
    day_number_ = day;
    const std::int64_t first_ns = std::max(day_start_ns(day), request_.from_ns);
    const std::int64_t last_ns = std::min(day_start_ns(day + 1), request_.to_ns) - 1;
    if (request_.wanted && !request_.wanted(first_ns, last_ns)) return true;
    std::unordered_map<std::string_view, std::uint64_t> flushed;  // by name: pushes in chunks
    if (store_.days.has(day)) open_day(day, flushed, stats);
    for (RunView& run : runs_) {
      if (run.day != day) continue;
      // It was flushed between our look at the head and our look at the day.
      const auto known = flushed.find(run.stream->text);
      if (known == flushed.end() || run.last_seq > known->second) day_runs_.push_back(&run);
    }
    return true;
  }

  void open_day(DayNumber day, std::unordered_map<std::string_view, std::uint64_t>& flushed,
                ScanStats& stats) {
    Result<DayDatabase> database = DayDatabase::open(store_.days.path(day), true);
    if (!database) return unreadable_day(database.error(), stats);
    day_ = std::move(*database);
    Result<ChunkCursor> cursor =
        ChunkCursor::open(*day_, request_.from_ns, request_.to_ns, request_.newest_first);
    if (!cursor) {
      unreadable_day(cursor.error(), stats);
      return close_day();
    }
    cursor_ = std::move(*cursor);
    const Result<std::vector<DayStream>> streams = day_->streams();
    const Result<std::int64_t> owner = day_->inbox_id();
    const bool ours = owner && *owner == store_.writer.inbox_id();
    if (!streams) {
      unreadable_day(streams.error(), stats);
      return close_day();
    }
    streams_.clear();
    for (const DayStream& stream : *streams) {
      const StreamPtr info = store_.catalog.of_name(stream.name);
      if (!info || !wants_stream(request_, *info)) continue;
      streams_.emplace(stream.id, info);
      flushed.emplace(info->text, ours ? stream.seq : 0);
    }
    if (streams_.empty()) close_day();
  }

  void close_day() {
    cursor_.reset();
    day_.reset();
  }

  void unreadable_day(const Error& error, ScanStats& stats) {
    const Result<bool> damaged = store_.leave_out(day_number_, error);
    if (!damaged) {
      failed_ = damaged.error();
    } else if (*damaged) {
      ++stats.damaged_blocks;
    }
  }

 public:
  static void damaged_chunk(Store::Impl& store, const ChunkRow& row, const std::string& stream,
                            const Error& error, ScanStats& stats) {
    ++stats.damaged_blocks;
    store.counters.damaged_chunks.add();
    static log::Every every(10 * kNsPerSecond);
    if (every.due()) {
      log::error("a chunk cannot be read and is left out", {{"chunk", row.id},
                                                            {"stream", stream},
                                                            {"first_ns", row.first_ns},
                                                            {"last_ns", row.last_ns},
                                                            {"error", error.text()}});
    }
  }

 private:
  Store::Impl& store_;
  const ScanRequest& request_;
  std::mutex mutex_;  // guards the following
  Result<void> failed_;
  std::vector<RunView> runs_;
  std::vector<DayNumber> days_;
  std::size_t next_day_ = 0;
  DayNumber day_number_ = 0;
  std::vector<RunView*> day_runs_;
  std::uint64_t run_order_ = 0;
  std::optional<DayDatabase> day_;  // before the cursor, which uses it
  std::optional<ChunkCursor> cursor_;
  std::unordered_map<std::int64_t, StreamPtr> streams_;
};

// One thread's part of a scan.
class Scanner {
 public:
  Scanner(Store::Impl& store, const ScanRequest& request) : store_(store), request_(request) {}

  ScanStats& stats() noexcept { return stats_; }

  // False: enough of everything.
  bool look_at(Task& task) {
    if (!visitor_) visitor_ = request_.make_visitor();
    const bool there = task.run ? load_run(task) : load_chunk(task);
    if (!there) return true;
    block_.stream = &task.stream->labels;
    block_.order = task.order;
    return visitor_->visit(block_);
  }

 private:
  bool load_run(const Task& task) {
    block_.clear();
    sets_.clear();
    const RunView& run = *task.run;
    run.for_each([&](const StoredEntry& entry) {
      block_.timestamps.push_back(entry.timestamp_ns);
      block_.line_bytes.push_back(static_cast<std::uint32_t>(entry.line.size()));
      block_.lines.push_back(entry.line);
      const auto [set, is_new] =
          sets_.try_emplace(entry.metadata, static_cast<std::uint32_t>(sets_.size()));
      if (is_new) decode_metadata(entry.metadata, block_.metadata_sets.emplace_back());
      block_.metadata.push_back(set->second);
    });
    count(run.entries, run.bytes);
    return true;
  }

  bool load_chunk(const Task& task) {
    count(task.row.entries, task.row.bytes);
    stats_.compressed_bytes += task.index.size() + task.text.size();
    std::string_view text;
    if (request_.lines) {
      const Result<std::string_view> lines = decoder_.text(task.text);
      if (!lines) return damaged(task, lines.error());
      text = *lines;
      // A text that every line needs and none has: nothing else of the chunk is looked at.
      if (request_.filters != nullptr) {
        for (const logql::LineFilter& filter : *request_.filters) {
          if (!filter.required_text().empty() &&
              logql::find_text(text, filter.required_text()) == text.npos)
            return false;
        }
      }
    }
    Result<void> loaded = decoder_.index(task.index, *task.stream, block_);
    if (loaded && request_.lines) loaded = decoder_.lines(text, block_);
    if (loaded && (block_.size() != task.row.entries || block_.size() == 0 ||
                   block_.timestamps.front() != task.row.first_ns ||
                   block_.timestamps.back() != task.row.last_ns))
      loaded = Error{ErrorCode::kInvalid, "damaged chunk: its row and its block differ"};
    if (!loaded) return damaged(task, loaded.error());
    return true;
  }

  bool damaged(const Task& task, const Error& error) {
    TaskList::damaged_chunk(store_, task.row, task.stream->text, error, stats_);
    return false;
  }

  void count(std::uint64_t lines, std::uint64_t bytes) {
    ++stats_.blocks;
    stats_.lines += lines;
    stats_.bytes += bytes;
  }

  Store::Impl& store_;
  const ScanRequest& request_;
  std::unique_ptr<logql::BlockVisitor> visitor_;
  ChunkDecoder decoder_;
  EntryBlock block_;
  struct Hash {
    std::size_t operator()(std::string_view text) const noexcept { return hash_bytes(text); }
  };
  std::unordered_map<std::string_view, std::uint32_t, Hash> sets_;
  ScanStats stats_;
};

// A scan and those who work on it. Helpers that come when it is over find it closed.
struct Scan {
  Scan(Store::Impl& of, const ScanRequest& what, std::vector<RunView> runs)
      : store(of), request(what), tasks(of, what, std::move(runs)) {}

  void work(bool is_main) {
    Scanner scanner(store, request);
    Task task;
    ScanStats listed;  // damage found while tasks were listed
    bool helped = false;
    while (!enough && tasks.next(task, listed)) {
      if (!scanner.look_at(task)) {
        enough = true;
        break;
      }
      const std::uint64_t bytes = bytes_seen += task.run ? task.run->bytes : task.row.bytes;
      if (store.options.query_bytes_max != 0 && bytes > store.options.query_bytes_max)
        request.stop->stop(logql::QueryStop::Reason::kTooMuch);
      if (is_main && !helped && scanner.stats().blocks == kBlocksAlone) {
        helped = true;
        if (call_helpers) call_helpers();
      }
    }
    const std::lock_guard lock(mutex);
    stats.add(scanner.stats());
    stats.add(listed);
  }

  Store::Impl& store;
  const ScanRequest& request;
  TaskList tasks;
  std::function<void()> call_helpers;
  std::atomic<bool> enough{false};
  std::atomic<std::uint64_t> bytes_seen{0};
  std::mutex mutex;  // guards the following
  ScanStats stats;
};

// Outlives the scan; helpers hold it.
struct Helpers {
  std::mutex mutex;
  std::condition_variable idle;
  Scan* scan = nullptr;  // null: over
  std::size_t active = 0;

  void help() {
    {
      const std::lock_guard lock(mutex);
      if (scan == nullptr) return;
      ++active;
    }
    scan->work(false);
    const std::lock_guard lock(mutex);
    --active;
    idle.notify_all();
  }
  void close() {
    std::unique_lock lock(mutex);
    idle.wait(lock, [this] { return active == 0; });
    scan = nullptr;
  }
};

}  // namespace

Result<ScanStats> Store::scan(const ScanRequest& request) {
  TAILRACE_CHECK(impl_->writer.recovered());
  // The head before the days: a line that moves meanwhile is seen in both, never in none.
  std::vector<RunView> runs =
      impl_->head.snapshot([&](const StreamInfo& stream) { return wants_stream(request, stream); },
                           request.from_ns, request.to_ns);
  Scan scan(*impl_, request, std::move(runs));
  const auto helpers = std::make_shared<Helpers>();
  helpers->scan = &scan;
  scan.call_helpers = [&] {
    for (std::size_t i = 1; i < impl_->queries.size(); ++i)
      impl_->queries.post([helpers] { helpers->help(); });
  };
  scan.work(true);
  helpers->close();
  impl_->counters.scanned_bytes.add(static_cast<double>(scan.stats.bytes));
  impl_->counters.scanned_lines.add(static_cast<double>(scan.stats.lines));
  TAILRACE_CHECK(scan.tasks.failed());
  return scan.stats;
}

}  // namespace tailrace
