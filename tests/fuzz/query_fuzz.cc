// A request of the query API: parameters as they stand in a URL, behind a zero byte a line that is
// stored. Everything from the parameters to the body of the answer runs, over a list of entries.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/arena.h"
#include "logql/log_engine.h"
#include "logql/metric_engine.h"
#include "logql/query_parser.h"
#include "net/request.h"
#include "parse/json_value.h"
#include "web/field_detection.h"
#include "web/loki_answers.h"
#include "web/loki_params.h"

namespace {

using namespace tailrace;

constexpr std::int64_t kNow = 1'795'132'800'000'000'000;

class FewEntries final : public logql::Source {
 public:
  explicit FewEntries(std::string_view line) : line_(line) {}
  Result<logql::ScanStats> scan(const logql::ScanRequest& request) override {
    if (!logql::selects(*request.matchers, stream_)) return logql::ScanStats();
    logql::EntryBlock block;
    block.stream = &stream_;
    const std::string_view lines[] = {R"({"a":{"b":1},"l":[1,"x"],"level":"warn","d":"5ms"})",
                                      "level=info n=7 size=5KB msg=\"a b\"", "\x1b[31mred 10.0.0.1",
                                      line_};
    for (const std::string_view line : lines) {
      block.timestamps.push_back(kNow - 10'000'000'000 * (4 - static_cast<int>(block.size())));
      block.line_bytes.push_back(static_cast<std::uint32_t>(line.size()));
      block.lines.push_back(line);
      block.metadata.push_back(static_cast<std::uint32_t>(block.size() % 2));
    }
    block.metadata_sets = {{{"trace", "7"}}, {}};
    request.make_visitor()->visit(block);
    return logql::ScanStats();
  }

 private:
  const Labels stream_{{"job", "app"}, {"env", "dev"}};
  std::string_view line_;
};

void expect_json(const std::string& body) {
  Arena arena;
  if (!parse_json(body, arena)) __builtin_trap();
}

void answer(const LokiParams& params, std::string_view line) {
  const auto range = params.range();
  const auto step = range ? params.step(*range) : Result<std::int64_t>(range.error());
  const auto limit = params.count("limit", 100);
  const auto interval = params.interval();
  const auto backward = params.backward();
  if (!range || !step || !limit || !interval || !backward) return;
  const auto query = logql::parse_query(params.get("query"));
  if (!query) return;
  FewEntries source(line);
  logql::QueryStop stop;
  stop.set_deadline(Clock::system(), Clock::system().monotonic_ns() + 2 * kNsPerSecond);
  if (const auto* log = std::get_if<logql::LogQuery>(&*query)) {
    const auto found = logql::run_log_query(
        *log, {range->start_ns, range->end_ns, *limit, *backward, *interval}, source, stop);
    if (!found) return;
    expect_json(streams_answer(found->entries, true, {}));
    expect_json(streams_answer(found->entries, false, {}));
    (void)detect_fields(found->entries, 100);
    return;
  }
  logql::Grid grid;
  grid.start_ns = kNow - 60 * kNsPerSecond;
  grid.step_ns = *step;
  grid.count = 1 + static_cast<std::size_t>(*limit % 7);
  if (grid.step_ns > 100'000 * kNsPerSecond) return;
  logql::MetricLimits limits;
  limits.cells_max = 1000;
  const auto found =
      logql::run_metric_query(*std::get<logql::MetricPtr>(*query), grid, source, stop, limits);
  if (!found) return;
  expect_json(matrix_answer(found->series, grid, {}));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t bytes) {
  const std::string_view input(reinterpret_cast<const char*>(data), bytes);
  const std::size_t end = input.find('\0');
  const std::string_view line = end == input.npos ? std::string_view{} : input.substr(end + 1);
  std::vector<std::pair<std::string, std::string>> pairs;
  if (input.starts_with('{') || input.find("query=") == input.npos) {
    // A query as it is, which is easier to find.
    pairs.emplace_back("query", std::string(input.substr(0, end)));
  } else {
    pairs = parse_query(input.substr(0, end));
  }
  answer(LokiParams(std::move(pairs), kNow), line);
  return 0;
}
