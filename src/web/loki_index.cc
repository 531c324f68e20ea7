// index/stats, index/volume and index/volume_range: how much there is.
#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "base/text.h"
#include "logql/query_parser.h"
#include "web/json_writer.h"
#include "web/loki_params.h"
#include "web/loki_route.h"

namespace tailrace {
namespace {

struct Asked {
  std::string selector;
  LokiParams::Range range;
  std::size_t limit = 100;
  // To group by, and a stream needs all of them; none: those of the selector.
  std::vector<std::string> labels;
  bool by_label = false;     // one row for each label's name
  std::int64_t step_ns = 0;  // 0: one sum
};

Result<std::string> stats(Store& store, const Asked& asked, logql::QueryStop&) {
  TAILRACE_TRY(const std::vector<logql::Matcher> matchers, compile_selector(asked.selector));
  const std::int64_t end = asked.range.end_ns + 1;
  TAILRACE_TRY(const auto volumes,
               store.volumes(matchers, asked.range.start_ns, end, end - asked.range.start_ns));
  std::uint64_t chunks = 0;
  double bytes = 0;
  double entries = 0;
  for (const StreamVolume& volume : volumes[0]) {
    chunks += volume.chunks;
    bytes += volume.bytes;
    entries += volume.entries;
  }
  return "{\"streams\":" + std::to_string(volumes[0].size()) +
         ",\"chunks\":" + std::to_string(chunks) +
         ",\"bytes\":" + std::to_string(std::llround(bytes)) +
         ",\"entries\":" + std::to_string(std::llround(entries)) + "}";
}

using Sums = std::map<Labels, double>;

// What a stream's volume counts for.
void add_to(Sums& sums, const StreamVolume& volume, const Asked& asked,
            const std::set<std::string>& names) {
  if (asked.by_label) {
    for (const Labels::Pair& pair : volume.stream->labels) {
      if (names.empty() || names.count(pair.first) != 0)
        sums[Labels{{pair.first, ""}}] += volume.bytes;
    }
    return;
  }
  Labels key;
  for (const Labels::Pair& pair : volume.stream->labels) {
    if (names.count(pair.first) != 0) key.set(pair.first, pair.second);
  }
  if (!key.empty()) sums[key] += volume.bytes;
}

struct Row {
  Labels labels;
  double total = 0;
  std::vector<double> steps;

  double first() const {
    const auto found = std::find_if(steps.begin(), steps.end(), [](double v) { return v != 0; });
    return found == steps.end() ? 0 : *found;
  }
};

// The parts of a range: a step ends at a multiple of itself, the first part and the last may be
// shorter. A part's samples carry the time of its end, the last millisecond before the next.
struct Parts {
  Parts(const LokiParams::Range& range, std::int64_t step_ns) : range_(range), step_ns_(step_ns) {
    const std::int64_t rest = range.start_ns % step_ns;
    first_end_ns_ = std::min(range.start_ns - rest + (rest < 0 ? 0 : step_ns), range.end_ns + 1);
  }
  std::int64_t first_end_ns() const { return first_end_ns_; }
  std::int64_t time_of(std::size_t part) const {
    const std::int64_t end = first_end_ns_ + static_cast<std::int64_t>(part) * step_ns_;
    return end >= range_.end_ns ? range_.end_ns : end - kNsPerMs;
  }

 private:
  const LokiParams::Range range_;
  const std::int64_t step_ns_;
  std::int64_t first_end_ns_;
};

Result<std::vector<std::vector<StreamVolume>>> volumes_of(
    Store& store, const std::vector<logql::Matcher>& matchers, const Asked& asked) {
  const std::int64_t start = asked.range.start_ns;
  const std::int64_t end = asked.range.end_ns + 1;
  if (asked.step_ns == 0) return store.volumes(matchers, start, end, end - start);
  const std::int64_t first_end = Parts(asked.range, asked.step_ns).first_end_ns();
  TAILRACE_TRY(auto out, store.volumes(matchers, start, first_end, first_end - start));
  if (first_end == end) return out;
  TAILRACE_TRY(auto others, store.volumes(matchers, first_end, end, asked.step_ns));
  for (auto& part : others) out.push_back(std::move(part));
  return out;
}

Result<std::vector<Row>> volume_rows(Store& store, const Asked& asked) {
  TAILRACE_TRY(std::vector<logql::Matcher> matchers, compile_selector(asked.selector));
  std::set<std::string> names(asked.labels.begin(), asked.labels.end());
  for (const std::string& name : names) {
    TAILRACE_TRY(logql::Matcher present,
                 logql::Matcher::compile({name, logql::MatchOp::kNotEqual, "", {}}));
    matchers.push_back(std::move(present));
  }
  if (names.empty() && !asked.by_label) {
    for (const logql::Matcher& matcher : matchers) names.insert(matcher.name());
  }
  TAILRACE_TRY(const auto volumes, volumes_of(store, matchers, asked));
  std::map<Labels, Row> rows;
  for (std::size_t i = 0; i < volumes.size(); ++i) {
    Sums sums;
    for (const StreamVolume& volume : volumes[i]) add_to(sums, volume, asked, names);
    for (const auto& [labels, bytes] : sums) {
      Row& row = rows[labels];
      row.labels = labels;
      row.steps.resize(volumes.size());
      row.steps[i] = bytes;
      row.total += bytes;
    }
  }
  std::vector<Row> out;
  for (auto& [labels, row] : rows) out.push_back(std::move(row));
  std::stable_sort(out.begin(), out.end(),
                   [](const Row& a, const Row& b) { return a.total > b.total; });
  if (out.size() > asked.limit) out.resize(asked.limit);
  // Of a range Loki orders by the first sample.
  std::stable_sort(out.begin(), out.end(),
                   [](const Row& a, const Row& b) { return a.first() > b.first(); });
  return out;
}

// Ends are rounded up to what a sample's time can say.
std::int64_t ceil_to_ms(std::int64_t ns) { return (ns + kNsPerMs - 1) / kNsPerMs * kNsPerMs; }

void append_sample(std::string& out, std::int64_t timestamp_ns, double bytes) {
  out += '[';
  append_json_seconds(out, timestamp_ns);
  out += ",\"" + std::to_string(std::llround(bytes)) + "\"]";
}

Result<std::string> volume(Store& store, const Asked& asked, logql::QueryStop&) {
  TAILRACE_TRY(const std::vector<Row> rows, volume_rows(store, asked));
  const bool is_range = asked.step_ns != 0;
  const Parts parts(asked.range, is_range ? asked.step_ns : 1);
  std::string out = std::string("{\"status\":\"success\",\"data\":{\"resultType\":\"") +
                    (is_range ? "matrix" : "vector") + "\",\"result\":[";
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (i != 0) out += ',';
    out += "{\"metric\":";
    append_json_labels(out, rows[i].labels);
    if (!is_range) {
      out += ",\"value\":";
      append_sample(out, ceil_to_ms(asked.range.end_ns), rows[i].total);
    } else {
      out += ",\"values\":[";
      bool first = true;
      for (std::size_t k = 0; k < rows[i].steps.size(); ++k) {
        if (rows[i].steps[k] == 0) continue;
        if (!first) out += ',';
        first = false;
        append_sample(out, parts.time_of(k), rows[i].steps[k]);
      }
      out += ']';
    }
    out += '}';
  }
  out += "],\"stats\":{}}}";
  return out;
}

Result<Asked> ask(const Request& request, std::int64_t now_ns, bool is_range) {
  const LokiParams params(request, now_ns);
  Asked out;
  out.selector = params.get("query");
  TAILRACE_TRY(out.range, params.range());
  // To Loki 0 is no limit that was given, here alone.
  if (params.get("limit") != "0") {
    TAILRACE_TRY(out.limit, params.count("limit", out.limit));
  }
  const std::string target_labels = params.get("targetLabels");
  for (const std::string_view name : split(target_labels, ',')) {
    if (!trim_space(name).empty()) out.labels.emplace_back(trim_space(name));
  }
  const std::string by = params.get("aggregateBy");
  if (!by.empty() && by != "series" && by != "labels")
    return Error{ErrorCode::kInvalid, "invalid aggregation option"};
  out.by_label = by == "labels";
  if (is_range) {
    TAILRACE_TRY(out.step_ns, params.step(out.range));
  }
  return out;
}

}  // namespace

void add_loki_index(Router& router, StoreTasks& tasks) {
  const auto add = [&](std::string_view path, LokiRun<Asked> run, bool is_range) {
    add_store_route<Asked>(
        router, tasks, path,
        [is_range](const Request& request, std::int64_t now_ns) {
          return ask(request, now_ns, is_range);
        },
        run);
  };
  add("/loki/api/v1/index/stats", stats, false);
  add("/loki/api/v1/index/volume", volume, false);
  add("/loki/api/v1/index/volume_range", volume, true);
}

}  // namespace tailrace
