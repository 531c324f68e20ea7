#include "web/tail_session.h"

#include <deque>
#include <map>
#include <mutex>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/hash.h"
#include "logql/line_pipeline.h"
#include "logql/log_engine.h"
#include "store/store_metrics.h"
#include "telemetry/log.h"
#include "web/json_writer.h"
#include "web/loki_answers.h"

namespace tailrace {
namespace {

constexpr std::size_t kQueueBytesMax = 4 << 20;
constexpr std::size_t kDroppedNamedMax = 1000;
constexpr std::size_t kFrameEntriesMax = 500;
constexpr std::size_t kFrameBytesMax = 256 * 1024;
constexpr std::int64_t kLongestNs = 3600 * kNsPerSecond;
constexpr std::chrono::seconds kPingEvery(1);
// While lines wait until they are old enough.
constexpr std::chrono::milliseconds kLookEvery(50);

struct TailLine {
  StreamPtr stream;
  std::int64_t timestamp_ns = 0;
  std::string line;
  std::string metadata;  // encoded
};
struct Dropped {
  StreamPtr stream;
  std::int64_t timestamp_ns = 0;
};

std::size_t cost_of(const TailLine& line) {
  return sizeof(TailLine) + line.line.size() + line.metadata.size();
}

// Between the store's writer, which fills it, and the session.
class TailQueue {
 public:
  TailQueue(std::vector<logql::Matcher> matchers, std::function<void()> wake)
      : matchers_(std::move(matchers)), wake_(std::move(wake)) {}

  void offer(const PushRequest& request) {
    bool wake = false;
    {
      const std::lock_guard lock(mutex_);
      for (const NewStream& stream : request.streams()) {
        if (!selects(stream.stream)) continue;
        for (const NewEntry& entry : stream.entries) add(stream.stream, entry);
      }
      wake = !lines_.empty() && !std::exchange(awake_, true);
    }
    if (wake) wake_();
  }

  // At most `most` lines, oldest first.
  std::vector<TailLine> take(std::size_t most, std::vector<Dropped>& dropped,
                             std::size_t& dropped_lines) {
    std::vector<TailLine> out;
    const std::lock_guard lock(mutex_);
    while (!lines_.empty() && out.size() < most) {
      bytes_ -= cost_of(lines_.front());
      out.push_back(std::move(lines_.front()));
      lines_.pop_front();
    }
    if (lines_.empty()) awake_ = false;
    dropped = std::exchange(dropped_, {});
    dropped_lines = std::exchange(dropped_lines_, 0);
    return out;
  }

 private:
  bool selects(const StreamPtr& stream) {
    const auto found = known_.find(stream);
    if (found != known_.end()) return found->second;
    if (known_.size() > 10'000) known_.clear();
    const bool out = logql::selects(matchers_, stream->labels);
    known_.emplace(stream, out);
    return out;
  }
  void add(const StreamPtr& stream, const NewEntry& entry) {
    lines_.push_back(
        {stream, entry.timestamp_ns, std::string(entry.line), std::string(entry.metadata)});
    bytes_ += cost_of(lines_.back());
    while (bytes_ > kQueueBytesMax && lines_.size() > 1) {
      bytes_ -= cost_of(lines_.front());
      if (dropped_.size() < kDroppedNamedMax)
        dropped_.push_back({lines_.front().stream, lines_.front().timestamp_ns});
      ++dropped_lines_;
      lines_.pop_front();
    }
  }

  const std::vector<logql::Matcher> matchers_;
  const std::function<void()> wake_;
  std::mutex mutex_;  // guards the following
  std::unordered_map<StreamPtr, bool> known_;
  std::deque<TailLine> lines_;
  std::size_t bytes_ = 0;
  bool awake_ = false;  // the session knows that there is something
  std::vector<Dropped> dropped_;
  std::size_t dropped_lines_ = 0;
};

std::uint64_t hash_of(std::int64_t timestamp_ns, std::string_view line) {
  return hash_bytes(line, static_cast<std::uint64_t>(timestamp_ns));
}

std::string frame_of(const std::vector<logql::FoundEntry>& entries,
                     const std::vector<Dropped>& dropped, bool categorize) {
  std::string out = "{\"streams\":";
  append_runs(out, entries, categorize);
  if (!dropped.empty()) {
    out += ",\"dropped_entries\":[";
    for (std::size_t i = 0; i < dropped.size(); ++i) {
      if (i != 0) out += ',';
      out += "{\"timestamp\":\"" + std::to_string(dropped[i].timestamp_ns) + "\",\"labels\":";
      append_json_labels(out, dropped[i].stream->labels);
      out += '}';
    }
    out += ']';
  }
  if (categorize) out += ",\"encodingFlags\":[\"categorize-labels\"]";
  out += '}';
  return out;
}

// What stays of lines behind the query's pipeline. On a query thread, one batch at a time.
class TailPipeline {
 public:
  explicit TailPipeline(logql::LinePipeline pipeline) : pipeline_(std::move(pipeline)) {}

  std::vector<logql::FoundEntry> run(const std::vector<TailLine>& lines) {
    std::vector<logql::FoundEntry> out;
    for (const TailLine& line : lines) {
      if (!all_match(pipeline_.leading_filters(), line.line)) continue;
      state_.arena.reset();
      state_.timestamp_ns = line.timestamp_ns;
      state_.line = line.line;
      decode_metadata(line.metadata, metadata_);
      state_.labels.begin(line.stream->labels, metadata_, state_.arena);
      if (pipeline_.process(state_)) out.push_back(logql::found_entry(state_, 0, 0));
    }
    return out;
  }

 private:
  logql::LinePipeline pipeline_;
  logql::LineState state_;
  std::vector<logql::MetadataView> metadata_;
};

// Lines on their way to the client, in order of time; with a delay they stay until they are old
// enough, or too many.
class Waiting {
 public:
  explicit Waiting(std::int64_t delay_ns) : delay_ns_(delay_ns) {}

  bool empty() const noexcept { return lines_.empty(); }
  bool full() const noexcept { return bytes_ > kQueueBytesMax; }
  void add(std::vector<logql::FoundEntry> entries) {
    for (logql::FoundEntry& entry : entries) {
      bytes_ += cost_of(entry);
      lines_.emplace(entry.timestamp_ns, std::move(entry));
    }
  }
  // A frame of those that are old enough, and of those that do not fit.
  std::vector<logql::FoundEntry> take(std::int64_t now_ns) {
    std::vector<logql::FoundEntry> out;
    std::size_t bytes = 0;
    while (!lines_.empty() && out.size() < kFrameEntriesMax && bytes < kFrameBytesMax &&
           (delay_ns_ == 0 || lines_.begin()->first + delay_ns_ < now_ns || full())) {
      const std::size_t cost = cost_of(lines_.begin()->second);
      bytes += cost;
      bytes_ -= cost;
      out.push_back(std::move(lines_.begin()->second));
      lines_.erase(lines_.begin());
    }
    return out;
  }

 private:
  static std::size_t cost_of(const logql::FoundEntry& entry) {
    std::size_t out = sizeof(logql::FoundEntry) + entry.line.size();
    for (const logql::OwnedLabel& label : entry.labels)
      out += sizeof(label) + label.name.size() + label.value.size();
    return out;
  }
  const std::int64_t delay_ns_;
  std::multimap<std::int64_t, logql::FoundEntry> lines_;
  std::size_t bytes_ = 0;
};

// The parts of a session that callbacks of other threads may still hold when it is over.
struct Shared {
  explicit Shared(const Executor& on) : executor(on), wake(on) {}
  Executor executor;
  asio::steady_timer wake;
};

using History = logql::LogResult;

awaitable<bool> send(WebSocket& socket, const std::string& frame) {
  while (!socket.send(frame)) {
    if (!socket.is_open()) co_return false;
    awaitable<bool> room = socket.wait_for_room();
    const bool open = co_await std::move(room);
    if (!open) co_return false;
  }
  co_return true;
}

}  // namespace

awaitable<void> run_tail(StoreTasks& tasks, TailRequest request, WebSocket& socket) {
  const auto executor = co_await asio::this_coro::executor;
  Store& store = tasks.store();
  const auto shared = std::make_shared<Shared>(executor);
  Result<std::vector<logql::Matcher>> matchers =
      logql::compile_query_matchers(request.query.matchers);
  Result<logql::LinePipeline> pipeline = logql::LinePipeline::compile(request.query.stages);
  if (!matchers || !pipeline) {
    socket.close(1011, (matchers ? pipeline.error() : matchers.error()).text());
    co_return;
  }
  const auto queue = std::make_shared<TailQueue>(std::move(*matchers), [shared] {
    asio::post(shared->executor, [shared] { shared->wake.cancel(); });
  });
  const auto lines_left = std::make_shared<TailPipeline>(std::move(*pipeline));
  // Listening begins before the history is read, so nothing falls between.
  const TailHub::Subscription subscription =
      store.tails().add([queue](const PushRequest& pushed) { queue->offer(pushed); });
  const std::int64_t began = Clock::system().monotonic_ns();

  const auto query = std::make_shared<const TailRequest>(std::move(request));
  std::function<Result<History>(logql::QueryStop&)> read_history = [&store,
                                                                    query](logql::QueryStop& stop) {
    return logql::run_log_query(query->query, {query->start_ns, INT64_MAX, query->limit, true},
                                store, stop);
  };
  awaitable<Result<History>> reading = tasks.run<History>(std::move(read_history));
  Result<History> history = co_await std::move(reading);
  if (!history) {
    socket.close(tasks.stopping() ? 1001 : 1011, history.error().text());
    co_return;
  }
  std::unordered_set<std::uint64_t> seen;
  for (const logql::FoundEntry& entry : history->entries)
    seen.insert(hash_of(entry.timestamp_ns, entry.line));
  std::reverse(history->entries.begin(), history->entries.end());
  Waiting waiting(query->delay_ns);
  waiting.add(std::move(history->entries));

  auto next_ping = std::chrono::steady_clock::now() + kPingEvery;
  while (socket.is_open()) {
    if (tasks.stopping()) {
      socket.close(1001, "the store is stopping");
      co_return;
    }
    if (Clock::system().monotonic_ns() - began > kLongestNs) {
      socket.close(1000, "reached tail max duration limit");
      co_return;
    }
    if (std::chrono::steady_clock::now() >= next_ping) {
      next_ping = std::chrono::steady_clock::now() + kPingEvery;
      if (!socket.ping()) co_return;
    }
    std::vector<Dropped> dropped;
    std::size_t dropped_lines = 0;
    auto lines = std::make_shared<const std::vector<TailLine>>(
        queue->take(waiting.full() ? 0 : kFrameEntriesMax, dropped, dropped_lines));
    if (dropped_lines != 0) store.metrics().tail_dropped.add(static_cast<double>(dropped_lines));
    if (!lines->empty()) {
      std::function<Result<std::vector<logql::FoundEntry>>(logql::QueryStop&)> filter =
          [lines_left, lines](logql::QueryStop&) { return lines_left->run(*lines); };
      awaitable<Result<std::vector<logql::FoundEntry>>> filtering =
          tasks.run<std::vector<logql::FoundEntry>>(std::move(filter));
      Result<std::vector<logql::FoundEntry>> entries = co_await std::move(filtering);
      if (!entries) {
        socket.close(tasks.stopping() ? 1001 : 1011, entries.error().text());
        co_return;
      }
      // What the history has shown already.
      if (!seen.empty()) {
        std::erase_if(*entries, [&](const logql::FoundEntry& entry) {
          return seen.erase(hash_of(entry.timestamp_ns, entry.line)) != 0;
        });
      }
      waiting.add(std::move(*entries));
    }
    const std::vector<logql::FoundEntry> due = waiting.take(store.clock().now_ns());
    if (!due.empty() || !dropped.empty()) {
      const std::string frame = frame_of(due, dropped, query->categorize);
      awaitable<bool> sending = send(socket, frame);
      const bool sent = co_await std::move(sending);
      if (!sent) co_return;
    } else if (lines->empty()) {
      auto until = next_ping;
      if (!waiting.empty()) until = std::min(until, std::chrono::steady_clock::now() + kLookEvery);
      shared->wake.expires_at(until);
      [[maybe_unused]] auto [error] = co_await shared->wake.async_wait(kAwait);
      const auto cancelled = co_await asio::this_coro::cancellation_state;
      if (cancelled.cancelled() != asio::cancellation_type::none) co_return;
    }
  }
}

}  // namespace tailrace
