// What the engines below the stages cost. Figures are ns per line (or text).
//
//   cmake --build <release build> --target parse_bench && tests/bench/parse_bench
#include <benchmark/benchmark.h>

#include <array>
#include <string>
#include <vector>

#include "parse/cri.h"
#include "parse/decolorize.h"
#include "parse/go_regex.h"
#include "parse/go_template.h"
#include "parse/json_scan.h"
#include "parse/logfmt.h"
#include "parse/timestamp_format.h"

namespace tailrace {
namespace {

constexpr std::string_view kAccess =
    R"(^(?P<remote>\S+) \S+ \S+ \[(?P<time>[^\]]+)\] "(?P<method>\S+) (?P<path>\S+) [^"]*" (?P<status>\d{3}) (?P<size>\d+))";

std::vector<std::string> access_lines() {
  std::vector<std::string> lines;
  for (int i = 0; i < 64; ++i) {
    lines.push_back("203.0.113." + std::to_string(i) + " - frank [10/Oct/2023:13:55:" +
                    std::to_string(10 + i % 50) + " +0000] \"GET /api/v1/orders/" +
                    std::to_string(i * 7919) + "/items?page=2&sort=desc HTTP/1.1\" " +
                    (i % 5 == 0 ? "404 " : "200 ") + std::to_string(1000 + i * 37) +
                    " \"https://www.example.com/start\" \"Mozilla/5.0 (X11; Linux x86_64)\"");
  }
  return lines;
}

void regex(benchmark::State& state, std::string_view expression, const GoRegexOptions& options) {
  const GoRegex made = GoRegex::compile(expression, options).value();
  const std::vector<std::string> lines = access_lines();
  std::vector<std::string_view> found(made.groups().size() + 1);
  std::size_t next = 0;
  for (auto _ : state) benchmark::DoNotOptimize(made.search(lines[next++ % lines.size()], found));
}

void register_regexes() {
  for (const bool own : {true, false}) {
    const std::string engine = own ? "own" : "re2";
    const auto add = [&](const std::string& name, std::string_view expression,
                         GoRegexOptions options) {
      options.own_matcher = own;
      benchmark::RegisterBenchmark(
          ("regex/" + name + "/" + engine).c_str(),
          [=](benchmark::State& state) { regex(state, expression, options); });
    };
    add("access_two_groups", kAccess, {.keep = GroupsKept::kListed, .names = {"method", "status"}});
    add("access_six_groups", kAccess, {});
    add("access_matches", kAccess, {.keep = GroupsKept::kNone});
    add("inside", R"(" (?P<status>\d{3}) (?P<size>\d+) ")", {});
    add("absent", R"(level=(?P<level>\w+))", {});
    add("around_dots", R"((?P<ip>\d+\.\d+\.\d+\.\d+).*HTTP/(?P<version>[\d.]+))", {});
    add("alternatives", R"((GET|POST|PUT) \S+)", {});
  }
}

void json(benchmark::State& state) {
  const std::string line =
      R"({"level":"info","ts":"2023-10-10T13:55:36.123456Z","caller":"server.go:120","msg":"request finished with something longer in the text","status":200,"duration_ms":12.5,"user":{"id":17,"name":"frank"},"tags":["a","b"]})";
  const JsonFields fields({"level", "msg", "status"});
  std::array<JsonField, 3> values;
  Arena arena;
  for (auto _ : state) benchmark::DoNotOptimize(fields.scan(line, arena, values));
}
BENCHMARK(json);

void logfmt(benchmark::State& state) {
  const std::string line =
      "level=info ts=2023-10-10T13:55:36Z caller=server.go:120 msg=\"request finished\" status=200 "
      "user=frank";
  Arena arena;
  for (auto _ : state) {
    LogfmtReader reader(line, arena);
    while (reader.next()) benchmark::DoNotOptimize(reader.value());
  }
}
BENCHMARK(logfmt);

void cri(benchmark::State& state) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(parse_cri("2023-10-10T13:55:36.123456789Z stdout F some content"));
  }
}
BENCHMARK(cri);

void plain_decolorize(benchmark::State& state) {
  Arena arena;
  const std::string line = access_lines()[0];
  for (auto _ : state) benchmark::DoNotOptimize(decolorize(line, arena));
}
BENCHMARK(plain_decolorize);

void timestamp(benchmark::State& state, std::string_view format, std::string_view text) {
  const TimestampFormat made = TimestampFormat::compile(format, nullptr);
  for (auto _ : state) benchmark::DoNotOptimize(made.parse(text, 0));
}
BENCHMARK_CAPTURE(timestamp, rfc3339, "RFC3339Nano", "2023-10-10T13:55:36.123456789Z");
BENCHMARK_CAPTURE(timestamp, access_log, "02/Jan/2006:15:04:05 -0700",
                  "10/Oct/2023:13:55:36 +0200");
BENCHMARK_CAPTURE(timestamp, unix, "Unix", "1696946136.123");

class SameForAll final : public TemplateData {
 public:
  std::optional<std::string_view> field(std::size_t) const override { return "some value here"; }
  void for_each(const Visit&) const override {}
};

void go_template(benchmark::State& state, std::string_view text) {
  const GoTemplate made = GoTemplate::compile(text).value();
  const SameForAll data;
  std::string out;
  for (auto _ : state) {
    out.clear();
    benchmark::DoNotOptimize(made.execute(data, out));
  }
}
BENCHMARK_CAPTURE(go_template, field, "{{ .Value }}");
BENCHMARK_CAPTURE(go_template, upper, "x {{ ToUpper .Value }} y");
BENCHMARK_CAPTURE(go_template, three_fields, "{{ .a }} {{ .b }} {{ .c }}");
BENCHMARK_CAPTURE(go_template, condition, "{{ if eq .a \"x\" }}1{{ else }}2{{ end }}");

}  // namespace
}  // namespace tailrace

int main(int argc, char** argv) {
  tailrace::register_regexes();
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
