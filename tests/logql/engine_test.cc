#include <gtest/gtest.h>

#include <random>
#include <thread>

#include "logql/log_engine.h"
#include "logql/metric_engine.h"
#include "logql/query_parser.h"
#include "naive.h"

namespace tailrace::logql {
namespace {

using naive::Entry;
constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kStart = 1'700'000'000 * kSecond;

// Entries in blocks cut anywhere, seen by two threads in an order of their own.
class ListSource final : public Source {
 public:
  ListSource(const std::vector<Entry>& entries, std::uint64_t seed) : random_(seed) {
    std::map<Labels, std::vector<const Entry*>> streams;
    for (const Entry& entry : entries) streams[entry.stream].push_back(&entry);
    for (auto& [labels, list] : streams) {
      std::stable_sort(list.begin(), list.end(), [](const Entry* a, const Entry* b) {
        return a->timestamp_ns < b->timestamp_ns;
      });
      for (std::size_t at = 0; at < list.size();) {
        const std::size_t count = std::min<std::size_t>(1 + random_() % 40, list.size() - at);
        add_block(*streams.find(labels), at, count);
        at += count;
      }
    }
  }

  Result<ScanStats> scan(const ScanRequest& request) override {
    std::vector<std::size_t> order(blocks_.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::shuffle(order.begin(), order.end(), random_);
    std::atomic<std::size_t> next{0};
    const auto work = [&] {
      const std::unique_ptr<BlockVisitor> visitor = request.make_visitor();
      for (std::size_t at = next++; at < order.size(); at = next++) {
        const EntryBlock& block = *blocks_[order[at]];
        if (!selects(*request.matchers, *block.stream)) continue;
        if (request.wanted && !request.wanted(block.timestamps.front(), block.timestamps.back()))
          continue;
        if (!visitor->visit(block)) return;
      }
    };
    std::thread other(work);
    work();
    other.join();
    return ScanStats();
  }

 private:
  void add_block(const std::pair<const Labels, std::vector<const Entry*>>& stream, std::size_t at,
                 std::size_t count) {
    auto block = std::make_unique<EntryBlock>();
    block->stream = &labels_.emplace_back(std::make_unique<Labels>(stream.first)).operator*();
    block->order = blocks_.size();
    for (std::size_t i = at; i < at + count; ++i) {
      const Entry& entry = *stream.second[i];
      block->timestamps.push_back(entry.timestamp_ns);
      block->line_bytes.push_back(static_cast<std::uint32_t>(entry.line.size()));
      block->lines.push_back(entry.line);
      block->metadata.push_back(static_cast<std::uint32_t>(i - at));
      block->metadata_sets.emplace_back(entry.metadata.begin(), entry.metadata.end());
    }
    blocks_.push_back(std::move(block));
  }
  std::mt19937_64 random_;
  std::vector<std::unique_ptr<Labels>> labels_;
  std::vector<std::unique_ptr<EntryBlock>> blocks_;
};

// Values, windows and numbers to compare with are such that two ways to the same answer are not
// rounded to different sides of a comparison: sums and rates are exact.
std::vector<Entry> make_entries(std::mt19937_64& random, std::size_t count) {
  std::vector<Entry> out;
  for (std::size_t i = 0; i < count; ++i) {
    Entry entry;
    entry.stream = Labels{{"job", random() % 2 ? "a" : "b"}, {"env", random() % 3 ? "x" : "y"}};
    // Unique times: order among equal ones is another test's.
    entry.timestamp_ns =
        kStart + static_cast<std::int64_t>(random() % 300) * kSecond + static_cast<std::int64_t>(i);
    static const char* const kLevels[] = {"info", "warn", "error"};
    entry.line = "level=" + std::string(kLevels[random() % 3]) +
                 " n=" + std::to_string(random() % 20) +
                 " v=" + std::to_string(static_cast<double>(random() % 1000) / 8) +
                 " dur=" + std::to_string(random() % 40 * 125) + "ms";
    if (random() % 2) entry.line += " size=" + std::to_string(random() % 300) + "B";
    if (random() % 4 == 0) entry.metadata.emplace_back("trace", std::to_string(random() % 3));
    out.push_back(std::move(entry));
  }
  return out;
}

std::string pick(std::mt19937_64& random, std::initializer_list<const char*> from) {
  return std::data(from)[random() % from.size()];
}

std::string make_log_query(std::mt19937_64& random) {
  std::string out = pick(random, {R"({job="a"})", R"({job=~"a|b"})", R"({job=~".+", env!="y"})"});
  if (random() % 3 == 0)
    out += pick(random, {R"( |= "error")", R"( != "n=1")", R"( |~ "n=1[0-9]")"});
  if (random() % 2 == 0) out += " | logfmt";
  if (random() % 3 == 0)
    out += pick(random, {R"( | level="warn")", R"( | n>5)", R"( | trace!="")", R"( | drop level)",
                         R"( | keep env, level, trace, v, n)"});
  return out;
}

std::string make_range(std::mt19937_64& random) {
  const std::string window = pick(random, {"[8s]", "[32s]", "[64s]", "[32s] offset 20s", "[128s]"});
  if (random() % 2 == 0) {
    const std::string op = pick(
        random, {"count_over_time", "rate", "bytes_over_time", "bytes_rate", "absent_over_time"});
    return op + "(" + make_log_query(random) + window + ")";
  }
  const std::string op =
      pick(random, {"sum_over_time", "avg_over_time", "min_over_time", "max_over_time",
                    "first_over_time", "last_over_time", "stddev_over_time", "stdvar_over_time",
                    "quantile_over_time", "rate"});
  std::string out =
      op + "(" + (op == "quantile_over_time" ? pick(random, {"0.5,", "0.99,", "0,", "1,"}) : "") +
      R"({job=~"a|b"} | logfmt )" + pick(random, {"", "| n>3 ", R"(| level!="info" )"}) +
      pick(random, {"| unwrap v ", "| unwrap duration(dur) ", "| unwrap bytes(size) ",
                    R"(| unwrap n | __error__="" )"}) +
      window + ")";
  if (op != "sum_over_time" && op != "rate" && random() % 2 == 0)
    out += pick(random, {" by (level)", " by ()", " without (n, trace)", " by (env, job)"});
  return out;
}

// What changes labels, picks series or joins several of them with one.
std::string make_shaped(std::mt19937_64& random, std::uint64_t what) {
  const std::string many = "sum by (level, env) (" + make_range(random) + ")";
  const std::string one = "sum by (level) (" + make_range(random) + ")";
  if (what == 10)
    return pick(random, {"topk", "bottomk"}) + pick(random, {"(1, ", "(2, ", "(50, "}) + many +
           ")" + pick(random, {"", " by (env)", " without (env)"});
  if (what == 11)
    // Never so that two series become equal.
    return "label_replace(" + many +
           pick(random,
                {R"x(, "first", "$1-", "level", "(.).*"))x", R"x(, "first", "", "level", ".*"))x",
                 R"x(, "new", "n", "none", ""))x", R"x(, "new", "$1", "env", "(x)"))x"});
  const std::string op = pick(random, {" / ", " + ", " > ", " <= bool "});
  if (what == 12)
    return many + op +
           pick(random, {"on (level) group_left ", "ignoring (env) group_left (job) "}) + one;
  return one + op + pick(random, {"on (level) group_right ", "ignoring (env) group_right (job) "}) +
         many;
}

std::string make_metric(std::mt19937_64& random, int depth) {
  const auto what = random() % 14;
  if (depth > 0 && what >= 10) return make_shaped(random, what);
  if (depth == 0 || what < 3) return make_range(random);
  if (what < 7) {
    const std::string op = pick(random, {"sum", "avg", "min", "max", "count", "stddev", "stdvar"});
    return op + pick(random, {"", " by (level)", " by (env, trace)", " without (n, v)"}) + " (" +
           make_metric(random, depth - 1) + ")";
  }
  if (what < 9)
    return "(" + make_metric(random, depth - 1) + ")" +
           pick(random, {" + 1", " > 3.14", " * 2.5", " <= bool 4.2", " - 7.5", " ^ 2"});
  return "sum by (level) (" + make_range(random) + ")" +
         pick(random, {" and ", " or ", " unless ", " / ", " - ", " > "}) + "sum by (level) (" +
         make_range(random) + ")";
}

bool close_to(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  return std::abs(a - b) <= 1e-9 * std::max({1.0, std::abs(a), std::abs(b)});
}

TEST(MetricEngine, SaysWhatTheNaiveOneSays) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  const std::vector<Entry> entries = make_entries(random, 700);
  ListSource source(entries, seed);
  for (int round = 0; round < 150; ++round) {
    const std::string text = make_metric(random, 2);
    SCOPED_TRACE(text);
    const Result<Query> query = parse_query(text);
    ASSERT_TRUE(query) << query.error().text();
    const Metric& metric = *std::get<MetricPtr>(*query);
    const Grid grid{kStart + 30 * kSecond,
                    pick(random, {"7", "30", "60"}) == "7" ? 7 * kSecond : 30 * kSecond,
                    1 + random() % 12};
    MetricLimits limits;
    limits.series_max = 100'000;
    // Small enough that larger grids are done in parts.
    limits.cells_max = random() % 3 == 0 ? 2000 : 1'000'000;
    QueryStop stop;
    const Result<MetricResult> got = run_metric_query(metric, grid, source, stop, limits);
    ASSERT_TRUE(got) << got.error().text();
    for (std::size_t k = 0; k < grid.count; ++k) {
      const naive::Vector want = naive::evaluate(metric, grid.at(k), entries);
      std::size_t present = 0;
      for (const Series& series : got->series) {
        if (!series.points.has(k)) continue;
        ++present;
        const auto found = want.find(series.labels);
        ASSERT_NE(found, want.end()) << series.labels.text() << " at point " << k;
        EXPECT_TRUE(close_to(series.points[k], found->second))
            << series.labels.text() << " at point " << k << ": " << series.points[k]
            << " instead of " << found->second;
      }
      EXPECT_EQ(present, want.size()) << "at point " << k;
    }
    if (HasFailure()) return;
  }
}

TEST(LogEngine, SaysWhatTheNaiveOneSays) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  const std::vector<Entry> entries = make_entries(random, 700);
  ListSource source(entries, seed);
  for (int round = 0; round < 150; ++round) {
    const std::string text = make_log_query(random);
    SCOPED_TRACE(text);
    const LogQuery query = parse_log_query(text).value();
    LogRequest request;
    request.from_ns = kStart + static_cast<std::int64_t>(random() % 200) * kSecond;
    request.to_ns = request.from_ns + static_cast<std::int64_t>(random() % 200) * kSecond;
    request.limit = 1 + random() % 100;
    request.newest_first = random() % 2 == 0;
    std::vector<naive::Line> want = naive::lines_of(query, entries, request.from_ns, request.to_ns);
    if (request.newest_first) std::reverse(want.begin(), want.end());
    if (want.size() > request.limit) want.resize(request.limit);
    QueryStop stop;
    const Result<LogResult> got = run_log_query(query, request, source, stop);
    ASSERT_TRUE(got) << got.error().text();
    ASSERT_EQ(got->entries.size(), want.size());
    for (std::size_t i = 0; i < want.size(); ++i) {
      EXPECT_EQ(got->entries[i].timestamp_ns, want[i].timestamp_ns);
      EXPECT_EQ(got->entries[i].line, want[i].line);
      std::map<std::string, std::string> labels;
      for (const OwnedLabel& label : got->entries[i].labels)
        labels.emplace(label.name, label.value);
      EXPECT_EQ(labels, want[i].labels);
    }
    if (HasFailure()) return;
  }
}

TEST(MetricEngine, FailsWhereItMust) {
  std::mt19937_64 random(5);
  const std::vector<Entry> entries = make_entries(random, 300);
  ListSource source(entries, 5);
  auto f = [&](std::string_view text, std::string_view want, std::size_t series_max = 500) {
    const Result<Query> query = parse_query(text);
    ASSERT_TRUE(query) << text << ": " << query.error().text();
    QueryStop stop;
    MetricLimits limits;
    limits.series_max = series_max;
    const Grid grid{kStart + 60 * kSecond, 30 * kSecond, 5};
    const Result<MetricResult> got =
        run_metric_query(*std::get<MetricPtr>(*query), grid, source, stop, limits);
    EXPECT_EQ(got.has_value(), want.empty()) << text << (got ? "" : got.error().text());
    if (!got) {
      EXPECT_NE(got.error().text().find(want), std::string::npos) << got.error().text();
    }
  };
  f(R"(count_over_time({job="a"} | json [1m]))", "pipeline error: 'JSONParserErr' for series: '{");
  f(R"(count_over_time({job="a"} | json | __error__="" [1m]))", "");
  f(R"(count_over_time({job="a"} | json | drop __error__, __error_details__ [1m]))", "");
  f(R"(sum(count_over_time({job="a"} | json [1m])))",
    "");  // nobody looks at labels, so nothing is parsed
  f(R"(sum_over_time({job="a"} | logfmt | unwrap level [1m]))",
    "pipeline error: 'SampleExtractionErr'");
  f(R"(sum_over_time({job="a"} | logfmt | unwrap level | __error__="" [1m]))", "");
  f(R"(count_over_time({job="a"} | logfmt [1m]))",
    "maximum number of series (10) reached for a single query", 10);
  f(R"(sum by (env) (rate({job="a"}[1m])) / on (job) sum by (env) (rate({job="b"}[1m])))",
    "many-to-many matching not allowed");
  f(R"(sum by (env) (rate({job="a"}[1m])) / on (job) sum(rate({job="b"}[1m])))",
    "many-to-one matching must be explicit");
  f(R"(sum by (env) (rate({job="a"}[1m])) / on (job) group_left sum(rate({job="b"}[1m])))", "");
  f(R"x(label_replace(rate({job="a"}[1m]), "x", "$1", "job", "("))x",
    "invalid regex in label_replace");
}

TEST(MetricEngine, StopsWhenItIsTold) {
  std::mt19937_64 random(5);
  const std::vector<Entry> entries = make_entries(random, 300);
  ListSource source(entries, 5);
  const Query metric = parse_query(R"(rate({job="a"}[1m]))").value();
  const LogQuery log = parse_log_query(R"({job="a"})").value();
  const Grid grid{kStart + 60 * kSecond, 30 * kSecond, 5};
  FakeClock clock(1000);
  auto f = [&](QueryStop& stop, ErrorCode code) {
    const auto values = run_metric_query(*std::get<MetricPtr>(metric), grid, source, stop, {});
    ASSERT_FALSE(values);
    EXPECT_EQ(values.error().code(), code);
    const auto lines = run_log_query(log, {0, INT64_MAX, 10, true}, source, stop);
    ASSERT_FALSE(lines);
    EXPECT_EQ(lines.error().code(), code);
  };
  QueryStop cancelled;
  cancelled.stop(QueryStop::Reason::kCancelled);
  f(cancelled, ErrorCode::kCancelled);
  QueryStop late;
  late.set_deadline(clock, 999);
  f(late, ErrorCode::kTimeout);
}

}  // namespace
}  // namespace tailrace::logql
