// query and query_range.
#include <algorithm>

#include "base/units.h"
#include "logql/log_engine.h"
#include "logql/metric_engine.h"
#include "logql/query_parser.h"
#include "web/loki_answers.h"
#include "web/loki_params.h"
#include "web/loki_route.h"

namespace tailrace {
namespace {

using logql::Grid;
using logql::LogQuery;
using logql::MetricPtr;
using logql::Query;

struct Asked {
  std::string text;
  LokiParams::Range range;
  std::int64_t step_ns = kNsPerSecond;
  std::int64_t interval_ns = 0;  // of log queries
  std::size_t limit = 100;
  bool backward = true;
  bool categorize = false;
};

// "X-Loki-Response-Encoding-Flags: categorize-labels"
bool wants_categories(const Request& request) {
  return request.header("x-loki-response-encoding-flags").find("categorize-labels") !=
         std::string_view::npos;
}

class Stopwatch {
 public:
  double seconds() const {
    return static_cast<double>(Clock::system().monotonic_ns() - began_) / 1e9;
  }

 private:
  std::int64_t began_ = Clock::system().monotonic_ns();
};

logql::MetricLimits limits_of(const Store& store) {
  logql::MetricLimits out;
  out.series_max = store.options().series_max;
  return out;
}

Result<void> check_length(const Store& store, std::int64_t length_ns) {
  const std::int64_t most = store.options().query_length_max_ns;
  if (most == 0 || length_ns <= most) return {};
  return Error{ErrorCode::kInvalid, "the query time range exceeds the limit (query length: " +
                                        format_go_duration(length_ns) +
                                        ", limit: " + format_go_duration(most) + ")"};
}

// Points are multiples of the step, as Loki's front end makes them.
Grid grid_of(const LokiParams::Range& range, std::int64_t step_ns) {
  const auto floor_to = [&](std::int64_t ns) {
    const std::int64_t rest = ns % step_ns;
    return ns - (rest < 0 ? rest + step_ns : rest);
  };
  Grid out;
  out.step_ns = step_ns;
  out.start_ns = floor_to(range.start_ns);
  const std::int64_t end =
      floor_to(range.end_ns) == range.end_ns ? range.end_ns : floor_to(range.end_ns) + step_ns;
  out.count = static_cast<std::size_t>((end - out.start_ns) / step_ns) + 1;
  return out;
}

Result<std::string> run_logs(Store& store, const LogQuery& query, const Asked& asked,
                             logql::QueryStop& stop) {
  TAILRACE_CHECK(check_entries_limit(store, asked.limit));
  const Stopwatch watch;
  const logql::LogRequest request{asked.range.start_ns, asked.range.end_ns, asked.limit,
                                  asked.backward, asked.interval_ns};
  TAILRACE_TRY(const logql::LogResult found, logql::run_log_query(query, request, store, stop));
  return streams_answer(found.entries, asked.categorize, {found.stats, watch.seconds(), 0});
}

Result<std::string> run_range(Store& store, const Asked& asked, logql::QueryStop& stop) {
  TAILRACE_TRY(const Query query, logql::parse_query(asked.text));
  TAILRACE_CHECK(check_length(store, asked.range.end_ns - asked.range.start_ns));
  if (const auto* log = std::get_if<LogQuery>(&query)) return run_logs(store, *log, asked, stop);
  const Stopwatch watch;
  const Grid grid = grid_of(asked.range, asked.step_ns);
  TAILRACE_TRY(
      const logql::MetricResult result,
      logql::run_metric_query(*std::get<MetricPtr>(query), grid, store, stop, limits_of(store)));
  return matrix_answer(result.series, grid, {result.stats, watch.seconds(), 0});
}

bool is_sorted_by_value(const logql::Metric& metric) {
  const auto* vector = std::get_if<logql::VectorAggregation>(&metric.node);
  return vector &&
         (vector->op == logql::VectorOp::kSort || vector->op == logql::VectorOp::kSortDesc);
}

Result<std::string> run_instant(Store& store, const Asked& asked, logql::QueryStop& stop) {
  TAILRACE_TRY(const Query query, logql::parse_query(asked.text));
  const auto* metric = std::get_if<MetricPtr>(&query);
  if (metric == nullptr) {
    return Error{ErrorCode::kInvalid,
                 "log queries are not supported as an instant query type, please change your query "
                 "to a range query "
                 "type"};
  }
  const Stopwatch watch;
  Grid grid;
  grid.start_ns = asked.range.end_ns;
  if (const auto* number = std::get_if<logql::Number>(&(*metric)->node))
    return scalar_answer(number->value, grid.start_ns, {});
  TAILRACE_TRY(logql::MetricResult result,
               logql::run_metric_query(**metric, grid, store, stop, limits_of(store)));
  if (!is_sorted_by_value(**metric)) {
    std::sort(result.series.begin(), result.series.end(),
              [](const logql::Series& a, const logql::Series& b) { return a.labels < b.labels; });
  }
  return vector_answer(result.series, grid, {result.stats, watch.seconds(), 0});
}

Result<Asked> ask_range(const Request& request, std::int64_t now_ns) {
  const LokiParams params(request, now_ns);
  Asked out;
  out.text = params.get("query");
  out.categorize = wants_categories(request);
  TAILRACE_TRY(out.range, params.range());
  TAILRACE_TRY(out.limit, params.count("limit", 100));
  TAILRACE_TRY(out.backward, params.backward());
  TAILRACE_TRY(out.step_ns, params.step(out.range));
  TAILRACE_TRY(out.interval_ns, params.interval());
  return out;
}

Result<Asked> ask_instant(const Request& request, std::int64_t now_ns) {
  const LokiParams params(request, now_ns);
  Asked out;
  out.text = params.get("query");
  TAILRACE_TRY(out.range.end_ns, params.time("time", now_ns));
  TAILRACE_TRY(out.limit, params.count("limit", 100));
  TAILRACE_TRY(out.backward, params.backward());
  return out;
}

}  // namespace

void add_loki_query(Router& router, StoreTasks& tasks) {
  add_store_route<Asked>(router, tasks, "/loki/api/v1/query_range", ask_range, run_range);
  add_store_route<Asked>(router, tasks, "/loki/api/v1/query", ask_instant, run_instant);
}

}  // namespace tailrace
