#include "logql/log_engine.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <limits>
#include <mutex>
#include <optional>

#include "logql/line_pipeline.h"

namespace tailrace::logql {
namespace {

// Which of two entries stands in front of the other in the answer.
struct Order {
  bool newest_first;
  template <class A, class B>
  bool operator()(const A& a, const B& b) const {
    const auto key = [](const auto& e) { return std::tuple(e.timestamp_ns, e.order, e.index); };
    return newest_first ? key(a) > key(b) : key(a) < key(b);
  }
};

struct Rank {
  std::int64_t timestamp_ns;
  std::uint64_t order;
  std::uint32_t index;
};

// The best entries so far of all workers.
class Kept {
 public:
  Kept(std::size_t limit, bool newest_first)
      : limit_(limit),
        before_{newest_first},
        edge_ns_(newest_first ? std::numeric_limits<std::int64_t>::min()
                              : std::numeric_limits<std::int64_t>::max()) {}

  // Whether an entry of that time may still get in. Times equal to the edge may.
  bool may_take(std::int64_t timestamp_ns) const noexcept {
    const std::int64_t edge = edge_ns_.load(std::memory_order_relaxed);
    return before_.newest_first ? timestamp_ns >= edge : timestamp_ns <= edge;
  }
  void add(FoundEntry entry) {
    const std::lock_guard lock(mutex_);
    if (entries_.size() == limit_) {
      if (!before_(entry, entries_.front())) return;
      std::pop_heap(entries_.begin(), entries_.end(), before_);
      entries_.back() = std::move(entry);
    } else {
      entries_.push_back(std::move(entry));
    }
    std::push_heap(entries_.begin(), entries_.end(), before_);  // the worst is in front
    if (entries_.size() == limit_)
      edge_ns_.store(entries_.front().timestamp_ns, std::memory_order_relaxed);
  }
  void count_passed(std::uint64_t lines) noexcept {
    passed_.fetch_add(lines, std::memory_order_relaxed);
  }
  std::uint64_t passed() const noexcept { return passed_; }
  std::vector<FoundEntry> take() {
    std::sort_heap(entries_.begin(), entries_.end(), before_);
    return std::move(entries_);
  }

 private:
  const std::size_t limit_;
  const Order before_;
  std::mutex mutex_;
  std::vector<FoundEntry> entries_;
  std::atomic<std::int64_t> edge_ns_;
  std::atomic<std::uint64_t> passed_{0};
};

class LogVisitor final : public BlockVisitor {
 public:
  LogVisitor(LinePipeline pipeline, const LogRequest& request, Kept& kept, QueryStop& stop)
      : pipeline_(std::move(pipeline)), request_(request), kept_(kept), stop_(stop) {}
  ~LogVisitor() override { kept_.count_passed(passed_); }

  bool visit(const EntryBlock& block) override {
    select_entries(block, pipeline_.leading_filters(), request_.from_ns, request_.to_ns, selected_);
    const std::size_t count = selected_.size();
    for (std::size_t i = 0; i < count; ++i) {
      // A line may take long: a template can loop.
      if (i % 16 == 0 ? stop_.poll() : stop_.stopped()) return false;
      // From the end that matters, so that the edge moves early.
      consider(block, selected_[request_.newest_first ? count - 1 - i : i]);
    }
    return !stop_.stopped();
  }

 private:
  void consider(const EntryBlock& block, std::uint32_t index) {
    if (!kept_.may_take(block.timestamps[index])) return;
    state_.arena.reset();
    state_.timestamp_ns = block.timestamps[index];
    state_.line = block.lines[index];
    state_.labels.begin(*block.stream, block.metadata_sets[block.metadata[index]], state_.arena);
    if (!pipeline_.process(state_)) return;
    ++passed_;
    kept_.add(found_entry(state_, block.order, index));
  }

  LinePipeline pipeline_;
  const LogRequest request_;
  Kept& kept_;
  QueryStop& stop_;
  LineState state_;
  std::vector<std::uint32_t> selected_;
  std::uint64_t passed_ = 0;
};

Result<LogResult> run_unspaced(const LogQuery& query, const LogRequest& request, Source& source,
                               QueryStop& stop);

// Page by page: each begins where the next entry may stand, so it gives at least one.
Result<LogResult> run_spaced(const LogQuery& query, const LogRequest& request, Source& source,
                             QueryStop& stop) {
  LogResult out;
  LogRequest page = request;
  page.interval_ns = 0;
  while (out.entries.size() < request.limit && page.from_ns < page.to_ns) {
    TAILRACE_TRY(LogResult found, run_unspaced(query, page, source, stop));
    out.stats.add(found.stats);
    for (FoundEntry& entry : found.entries) {
      if (out.entries.size() == request.limit) break;
      const std::int64_t at = entry.timestamp_ns;
      if (at < page.from_ns || at >= page.to_ns) continue;  // too near to the one before
      if (request.newest_first) {
        page.to_ns =
            at < INT64_MIN + request.interval_ns ? INT64_MIN : at - request.interval_ns + 1;
      } else {
        page.from_ns = at > INT64_MAX - request.interval_ns ? INT64_MAX : at + request.interval_ns;
      }
      out.entries.push_back(std::move(entry));
    }
    if (found.entries.size() < page.limit) break;
  }
  return out;
}

}  // namespace

FoundEntry found_entry(const LineState& state, std::uint64_t order, std::uint32_t index) {
  FoundEntry out{state.timestamp_ns, order, index, std::string(state.line), {}};
  out.labels.reserve(state.labels.all().size() + 2);
  for (const LineLabel& label : state.labels.all())
    out.labels.push_back({std::string(label.name), std::string(label.value), label.source});
  if (state.labels.has_error())
    out.labels.push_back(
        {std::string(kErrorLabel), std::string(state.labels.error()), LabelSource::kParsed});
  if (!state.labels.error_details().empty()) {
    out.labels.push_back({std::string(kErrorDetailsLabel),
                          std::string(state.labels.error_details()), LabelSource::kParsed});
  }
  std::sort(out.labels.begin(), out.labels.end(),
            [](const OwnedLabel& a, const OwnedLabel& b) { return a.name < b.name; });
  return out;
}

Error stop_error(QueryStop::Reason reason) {
  switch (reason) {
    case QueryStop::Reason::kNone:
    case QueryStop::Reason::kCancelled:
      break;
    case QueryStop::Reason::kTimeout:
      return Error{ErrorCode::kTimeout,
                   "request timed out, decrease the duration of the request or add more label "
                   "matchers (prefer exact "
                   "match over regex match) to reduce the amount of data processed"};
    case QueryStop::Reason::kTooMuch:
      return Error{ErrorCode::kInvalid,
                   "the query would read too many bytes; consider adding more specific stream "
                   "selectors or reduce the "
                   "time range of the query"};
  }
  return Error{ErrorCode::kCancelled, "the query was cancelled"};
}

Result<LogResult> run_log_query(const LogQuery& query, const LogRequest& request, Source& source,
                                QueryStop& stop) {
  return request.interval_ns > 0 ? run_spaced(query, request, source, stop)
                                 : run_unspaced(query, request, source, stop);
}

namespace {

Result<LogResult> run_unspaced(const LogQuery& query, const LogRequest& request, Source& source,
                               QueryStop& stop) {
  TAILRACE_TRY(const std::vector<Matcher> matchers, compile_query_matchers(query.matchers));
  TAILRACE_TRY(LinePipeline first, LinePipeline::compile(query.stages));
  Kept kept(request.limit, request.newest_first);
  ScanRequest scan;
  scan.matchers = &matchers;
  scan.from_ns = request.from_ns;
  scan.to_ns = request.to_ns;
  scan.newest_first = request.newest_first;
  scan.filters = &first.leading_filters();
  scan.stop = &stop;
  scan.make_visitor = [&]() -> std::unique_ptr<BlockVisitor> {
    // It compiled once, so it does again.
    return std::make_unique<LogVisitor>(LinePipeline::compile(query.stages).value(), request, kept,
                                        stop);
  };
  scan.wanted = [&](std::int64_t first_ns, std::int64_t last_ns) {
    return kept.may_take(request.newest_first ? last_ns : first_ns);
  };
  TAILRACE_TRY(const ScanStats stats, source.scan(scan));
  if (stop.stopped()) return stop_error(stop.reason());
  LogResult out;
  out.entries = kept.take();
  out.stats = stats;
  out.stats.lines_passed = kept.passed();
  return out;
}

}  // namespace
}  // namespace tailrace::logql
