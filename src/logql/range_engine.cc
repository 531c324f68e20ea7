#include "logql/range_engine.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "base/hash.h"
#include "base/units.h"
#include "logql/line_pipeline.h"
#include "logql/log_engine.h"
#include "logql/quantity.h"
#include "logql/range_cells.h"
#include "logql/series_key.h"
#include "parse/go_number.h"

namespace tailrace::logql {
namespace {

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const noexcept { return hash_bytes(text); }
};

bool reads_text(const StageSyntax& stage) {
  return std::holds_alternative<JsonSyntax>(stage) || std::holds_alternative<LogfmtSyntax>(stage) ||
         std::holds_alternative<RegexpSyntax>(stage) ||
         std::holds_alternative<PatternSyntax>(stage) ||
         std::holds_alternative<UnpackSyntax>(stage) ||
         std::holds_alternative<LineFilterSyntax>(stage);
}

// The stages without a line_format whose text nobody reads: Loki leaves it out, and so its errors.
std::vector<StageSyntax> without_unread_formats(const RangeAggregation& aggregation) {
  std::vector<StageSyntax> out = aggregation.log.stages;
  if (aggregation.op == RangeOp::kBytes || aggregation.op == RangeOp::kBytesRate) return out;
  const auto last_reader = std::find_if(out.rbegin(), out.rend(), reads_text).base();
  out.erase(std::remove_if(last_reader, out.end(),
                           [](const StageSyntax& stage) {
                             return std::holds_alternative<LineFormatSyntax>(stage);
                           }),
            out.end());
  return out;
}

// Whether parsers need not run because nobody looks at labels: Loki leaves them out then, and so
// their errors.
bool labels_are_unused(const RangeAggregation& aggregation, const std::vector<StageSyntax>& stages,
                       const std::optional<Grouping>& grouping) {
  if (!grouping || grouping->without || !grouping->names.empty() || aggregation.unwrap)
    return false;
  return std::none_of(stages.begin(), stages.end(), [](const StageSyntax& stage) {
    return std::holds_alternative<LabelFilterSyntax>(stage) ||
           std::holds_alternative<LineFormatSyntax>(stage) ||
           std::holds_alternative<LabelFormatSyntax>(stage);
  });
}

std::vector<StageSyntax> stages_to_run(const RangeAggregation& aggregation,
                                       const std::optional<Grouping>& grouping) {
  std::vector<StageSyntax> out = without_unread_formats(aggregation);
  if (!labels_are_unused(aggregation, out, grouping)) return out;
  std::erase_if(out, [](const StageSyntax& stage) {
    return std::holds_alternative<JsonSyntax>(stage) ||
           std::holds_alternative<LogfmtSyntax>(stage) ||
           std::holds_alternative<PatternSyntax>(stage);
  });
  return out;
}

std::optional<double> converted(std::string_view text, UnwrapConversion conversion) {
  switch (conversion) {
    case UnwrapConversion::kNumber:
      return parse_go_float(text);
    case UnwrapConversion::kBytes: {
      const std::optional<std::uint64_t> bytes = parse_bytes(text);
      return bytes ? std::optional(static_cast<double>(*bytes)) : std::nullopt;
    }
    case UnwrapConversion::kDuration: {
      const Result<std::int64_t> ns = parse_go_duration(text);
      return ns ? std::optional(static_cast<double>(*ns) / 1e9) : std::nullopt;
    }
  }
  return std::nullopt;
}

std::string pipeline_error(const LineState& state) {
  std::vector<std::pair<std::string_view, std::string_view>> pairs;
  for (const LineLabel& label : state.labels.all()) pairs.emplace_back(label.name, label.value);
  pairs.emplace_back(kErrorLabel, state.labels.error());
  if (!state.labels.error_details().empty())
    pairs.emplace_back(kErrorDetailsLabel, state.labels.error_details());
  Labels labels;
  for (const auto& [name, value] : pairs) labels.set(name, value);
  const std::string kind(state.labels.error());
  return "pipeline error: '" + kind + "' for series: '" + labels.text() +
         "'.\nUse a label filter to intentionally skip this error. (e.g | __error__!=\"" + kind +
         "\").\nTo skip all potential errors you can match empty errors.(e.g __error__=\"\")\n"
         "The label filter can also be specified after unwrap. (e.g | unwrap latency | "
         "__error__=\"\" )\n";
}

// What all workers share.
struct Shared {
  const RangeAggregation& aggregation;
  std::optional<Grouping> grouping;
  std::vector<StageSyntax> stages;
  const CellMath math;
  const Windows windows;
  const MetricLimits& limits;
  QueryStop& stop;
  std::atomic<std::size_t> cells{0};
  std::atomic<bool> full{false};  // too many cells: to be done in parts
  std::atomic<bool> failed{false};
  std::atomic<std::uint64_t> passed{0};  // lines
  std::mutex mutex{};
  std::string error{};  // guarded by mutex

  void fail(std::string text) {
    const std::lock_guard lock(mutex);
    if (!failed.exchange(true)) error = std::move(text);
  }
};

struct RowOfSeries {
  Labels labels;
  CellRow row;
};
using Rows = std::unordered_map<std::string, RowOfSeries, TextHash, std::equal_to<>>;

class RangeVisitor final : public BlockVisitor {
 public:
  // Leaves its rows in `done` at its end.
  RangeVisitor(Shared& shared, LinePipeline pipeline, LinePipeline behind_unwrap,
               std::vector<Rows>& done)
      : shared_(shared),
        pipeline_(std::move(pipeline)),
        behind_unwrap_(std::move(behind_unwrap)),
        key_(shared.grouping, shared.aggregation.unwrap ? shared.aggregation.unwrap->label : ""),
        done_(done) {}
  ~RangeVisitor() override {
    shared_.passed.fetch_add(passed_, std::memory_order_relaxed);
    const std::lock_guard lock(shared_.mutex);
    done_.push_back(std::move(rows_));
  }

  bool visit(const EntryBlock& block) override {
    select_entries(block, pipeline_.leading_filters(), shared_.windows.from_ns(),
                   shared_.windows.to_ns(), selected_);
    const bool by_metadata = !pipeline_.reads_line();
    outcomes_.assign(by_metadata ? block.metadata_sets.size() : 0, Outcome());
    for (std::size_t i = 0; i < selected_.size(); ++i) {
      // A line may take long, unless only its metadata counts.
      const bool looks_at_clock = i % (by_metadata ? 256 : 16) == 0;
      if (looks_at_clock && (shared_.stop.poll() || shared_.full || shared_.failed)) return false;
      const std::uint32_t index = selected_[i];
      const std::optional<std::uint32_t> cell =
          shared_.windows.cell_of(block.timestamps[index], hint_);
      if (!cell) continue;
      if (by_metadata) {
        Outcome& outcome = outcomes_[block.metadata[index]];
        if (!outcome.known) outcome = run(block, index);
        add(outcome, block, index, *cell);
      } else {
        add(run(block, index), block, index, *cell);
      }
    }
    return !shared_.stop.stopped() && !shared_.full && !shared_.failed;
  }

 private:
  struct Outcome {
    bool known = false;
    CellRow* row = nullptr;  // null: the line was dropped
    double value = 1;
    std::size_t line_bytes = 0;
    bool line_is_as_stored = true;
  };

  Outcome run(const EntryBlock& block, std::uint32_t index) {
    Outcome out;
    out.known = true;
    state_.arena.reset();
    state_.timestamp_ns = block.timestamps[index];
    state_.line = block.lines.empty() ? std::string_view{} : block.lines[index];
    state_.labels.begin(*block.stream, block.metadata_sets[block.metadata[index]], state_.arena);
    const char* const before = state_.line.data();
    if (!pipeline_.process(state_)) return out;
    out.line_is_as_stored =
        block.lines.empty() ||
        (state_.line.data() == before && state_.line.size() == block.lines[index].size());
    out.line_bytes = state_.line.size();
    if (const std::optional<UnwrapSyntax>& unwrap = shared_.aggregation.unwrap) {
      const std::string_view text = state_.labels.get(unwrap->label);
      if (text.empty()) return out;
      const std::optional<double> value = converted(text, unwrap->conversion);
      if (value) {
        out.value = *value;
      } else {
        state_.labels.set_error(
            "SampleExtractionErr",
            state_.arena.copy("cannot read a number from \"" + std::string(text) + "\""));
      }
      if (!behind_unwrap_.process(state_)) return out;
    }
    if (state_.labels.has_error()) {
      shared_.fail(pipeline_error(state_));
      return out;
    }
    out.row = row();
    return out;
  }

  CellRow* row() {
    const std::string& key = key_.of(state_.labels);
    const auto found = rows_.find(key);
    if (found != rows_.end()) return &found->second.row;
    if (rows_.size() >= shared_.limits.inner_series_max) {
      shared_.fail(too_many_series(shared_.limits.inner_series_max).text());
      return nullptr;
    }
    return &rows_.try_emplace(key, RowOfSeries{key_.labels(), {}}).first->second.row;
  }

  void add(const Outcome& outcome, const EntryBlock& block, std::uint32_t index,
           std::uint32_t cell) {
    if (outcome.row == nullptr) return;
    ++passed_;
    double value = outcome.value;
    if (shared_.aggregation.op == RangeOp::kBytes ||
        shared_.aggregation.op == RangeOp::kBytesRate) {
      value = outcome.line_is_as_stored ? block.line_bytes[index]
                                        : static_cast<double>(outcome.line_bytes);
    }
    const std::size_t before = outcome.row->size();
    // Entries of one time: the block's order, then the place in it.
    const std::uint64_t order = (block.order << 24) + index;
    shared_.math.add(outcome.row->at(cell), block.timestamps[index], order, value);
    std::size_t more = outcome.row->size() - before;
    if (shared_.math.keeps_samples() && ++samples_ % 4 == 0) ++more;
    if (more != 0 &&
        shared_.cells.fetch_add(more, std::memory_order_relaxed) + more > shared_.limits.cells_max)
      shared_.full = true;
  }

  Shared& shared_;
  LinePipeline pipeline_;
  LinePipeline behind_unwrap_;
  SeriesKey key_;
  Rows rows_;
  std::vector<Rows>& done_;
  LineState state_;
  std::uint32_t hint_ = 0;
  std::size_t samples_ = 0;
  std::uint64_t passed_ = 0;
  std::vector<std::uint32_t> selected_;
  std::vector<Outcome> outcomes_;
};

std::vector<StageSyntax> filters_behind_unwrap(const RangeAggregation& aggregation) {
  std::vector<StageSyntax> out;
  if (!aggregation.unwrap) return out;
  for (const LabelFilterSyntax& filter : aggregation.unwrap->filters) out.emplace_back(filter);
  return out;
}

// The labels of absent_over_time: those that the selector asks to be equal, each once.
Labels absent_labels(const std::vector<MatcherSyntax>& matchers) {
  Labels out;
  std::vector<std::string> removed;
  for (const MatcherSyntax& matcher : matchers) {
    if (matcher.op == MatchOp::kEqual && !out.find(matcher.name)) {
      out.set(matcher.name, matcher.value);
    } else {
      removed.push_back(matcher.name);
    }
  }
  for (const std::string& name : removed) out.erase(name);
  return out;
}

Matrix absent_series(const RangeAggregation& aggregation, const Matrix& present,
                     std::size_t count) {
  Points points(count);
  for (std::size_t k = 0; k < count; ++k) {
    const bool any = std::any_of(present.begin(), present.end(),
                                 [&](const Series& series) { return series.points.has(k); });
    if (!any) points.set(k, 1);
  }
  Matrix out;
  if (!points.empty()) out.push_back({absent_labels(aggregation.log.matchers), std::move(points)});
  return out;
}

Rows join_all(std::vector<Rows> parts, const CellMath& math) {
  if (parts.empty()) return {};
  Rows out = std::move(parts.front());
  for (std::size_t i = 1; i < parts.size(); ++i) {
    for (auto& [key, series] : parts[i]) {
      const auto [found, is_new] = out.try_emplace(key);
      if (is_new) {
        found->second = std::move(series);
      } else {
        found->second.row.join(series.row, math);
      }
    }
  }
  return out;
}

// One attempt at a grid; sets `full` if it does not fit.
Result<Matrix> attempt(const RangeAggregation& aggregation, const std::optional<Grouping>& grouping,
                       const Grid& grid, RangeRun& run, bool& full) {
  TAILRACE_TRY(const std::vector<Matcher> matchers,
               compile_query_matchers(aggregation.log.matchers));
  Shared shared{aggregation,
                grouping,
                stages_to_run(aggregation, grouping),
                CellMath(aggregation),
                Windows(grid, aggregation.range_ns, aggregation.offset_ns),
                run.limits,
                run.stop};
  TAILRACE_TRY(LinePipeline pipeline, LinePipeline::compile(shared.stages));
  const std::vector<StageSyntax> behind = filters_behind_unwrap(aggregation);
  TAILRACE_TRY(const LinePipeline checked, LinePipeline::compile(behind));
  std::vector<Rows> done;
  ScanRequest scan;
  scan.matchers = &matchers;
  scan.from_ns = shared.windows.from_ns();
  scan.to_ns = shared.windows.to_ns();
  scan.lines = pipeline.reads_line() || !pipeline.leading_filters().empty();
  scan.filters = &pipeline.leading_filters();
  scan.stop = &run.stop;
  scan.make_visitor = [&]() -> std::unique_ptr<BlockVisitor> {
    return std::make_unique<RangeVisitor>(shared, LinePipeline::compile(shared.stages).value(),
                                          LinePipeline::compile(behind).value(), done);
  };
  TAILRACE_TRY(ScanStats stats, run.source.scan(scan));
  stats.lines_passed = shared.passed;
  run.stats.add(stats);
  if (run.stop.stopped()) {
    return stop_error(run.stop.reason());
  }
  if (shared.failed) return Error{ErrorCode::kInvalid, shared.error};
  full = shared.full;
  Matrix out;
  if (full) return out;
  Rows rows = join_all(std::move(done), shared.math);
  // The answer itself must fit too.
  if (rows.size() > run.limits.inner_series_max ||
      rows.size() * grid.count > 8 * run.limits.cells_max)
    return too_many_series(run.limits.inner_series_max);
  for (auto& [key, series] : rows) {
    Points points = series.row.points(shared.windows, grid.count, shared.math);
    if (!points.empty()) out.push_back({std::move(series.labels), std::move(points)});
  }
  return out;
}

void put_part(std::map<Labels, Points>& all, Matrix part, std::size_t at, std::size_t count) {
  for (Series& series : part) {
    Points& points = all.try_emplace(std::move(series.labels), count).first->second;
    for (std::size_t k = 0; k < series.points.size(); ++k) {
      if (series.points.has(k)) points.set(at + k, series.points[k]);
    }
  }
}

// Halves the grid until the parts fit.
Result<void> in_parts(const RangeAggregation& aggregation, const std::optional<Grouping>& grouping,
                      const Grid& whole, std::size_t first, std::size_t count, RangeRun& run,
                      std::map<Labels, Points>& all) {
  bool full = false;
  const Grid part{whole.at(first), whole.step_ns, count};
  TAILRACE_TRY(Matrix matrix, attempt(aggregation, grouping, part, run, full));
  if (!full) {
    put_part(all, std::move(matrix), first, whole.count);
    if (all.size() > run.limits.inner_series_max)
      return too_many_series(run.limits.inner_series_max);
    return {};
  }
  if (count == 1) {
    return Error{ErrorCode::kInvalid,
                 "the query needs too much memory for one point: use a shorter range, a more "
                 "specific selector, or "
                 "group by fewer labels"};
  }
  TAILRACE_CHECK(in_parts(aggregation, grouping, whole, first, count / 2, run, all));
  return in_parts(aggregation, grouping, whole, first + count / 2, count - count / 2, run, all);
}

}  // namespace

Error too_many_series(std::size_t series_max) {
  return Error{ErrorCode::kInvalid, "maximum number of series (" + std::to_string(series_max) +
                                        ") reached for a single query; consider reducing query "
                                        "cardinality by adding more specific stream "
                                        "selectors, reducing the time range, or aggregating "
                                        "results with functions like sum(), count() or "
                                        "topk()"};
}

Result<Matrix> run_range_aggregation(const RangeAggregation& aggregation,
                                     const std::optional<Grouping>* outer, const Grid& grid,
                                     RangeRun& run) {
  std::optional<Grouping> grouping = aggregation.grouping;
  if (!grouping && outer != nullptr) grouping = outer->value_or(Grouping());
  // Presence is all that counts.
  if (aggregation.op == RangeOp::kAbsent) grouping = Grouping();
  std::map<Labels, Points> all;
  TAILRACE_CHECK(in_parts(aggregation, grouping, grid, 0, grid.count, run, all));
  Matrix out;
  for (auto& [labels, points] : all) out.push_back({labels, std::move(points)});
  if (aggregation.op == RangeOp::kAbsent) return absent_series(aggregation, out, grid.count);
  return out;
}

}  // namespace tailrace::logql
