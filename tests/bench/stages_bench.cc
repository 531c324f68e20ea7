// What a line costs in every stage, and in the pipelines people run. Figures are ns per line.
//
//   cmake -B build/bench -G Ninja -DCMAKE_BUILD_TYPE=Release
//   cmake --build build/bench --target stages_bench && build/bench/tests/bench/stages_bench
//
// Not the static preset: Debian has the benchmark library shared only.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "base/file.h"
#include "pipeline/log_lines.h"
#include "pipeline/pipeline.h"

namespace tailrace {
namespace {

// Takes entries as a batch would: asks for the stream and looks at the line.
class End final : public EntrySink {
 public:
  void accept(Entry& entry) override {
    benchmark::DoNotOptimize(entry.stream());
    benchmark::DoNotOptimize(entry.line.data());
  }
};

// The database of a case of the corpus, in a file of its own for as long as this lives.
struct GeoipDatabase {
  GeoipDatabase() {
    const std::string text =
        read_file(TAILRACE_SOURCE_DIR "/tests/conformance/cases/stage-geoip-city/case.yaml")
            .value_or("");
    ConfigErrors errors;
    const YamlFile yaml("case.yaml", text, errors);
    std::string base64, bytes;
    yaml.root().get("files").get("db.mmdb").read("base64", base64);
    const YamlFile binary("db.mmdb", "!!binary " + base64, errors);
    binary.root().read(bytes);
    std::ofstream(path, std::ios::binary) << bytes;
  }
  ~GeoipDatabase() { std::filesystem::remove(path); }
  GeoipDatabase(const GeoipDatabase&) = delete;
  GeoipDatabase& operator=(const GeoipDatabase&) = delete;

  const std::string path = std::filesystem::temp_directory_path() /
                           ("stages_bench-" + std::to_string(::getpid()) + ".mmdb");
};

struct Case {
  std::string name;
  std::string stages;
  const std::vector<std::string>* lines;
};

void run(benchmark::State& state, const Case& each) {
  Interner interner;
  FieldTable fields;
  Metrics metrics;
  ConfigErrors errors;
  End end;
  Arena arena;
  const YamlFile yaml(each.name, each.stages, errors);
  PipelineContext context{fields, metrics, Clock::system()};
  const auto pipeline = Pipeline::build(yaml.root(), context, end);
  if (!pipeline) {
    std::cerr << errors.text();
    std::exit(1);
  }
  const LabelSetRef target(interner.intern({{"job", "bench"}, {"filename", "/var/log/app.log"}}));
  Entry entry;
  entry.arena = &arena;
  entry.interner = &interner;
  std::size_t lines = 0, bytes = 0, since_reset = 0;
  const auto start = std::chrono::steady_clock::now();
  for (auto _ : state) {
    for (const std::string& line : *each.lines) {
      entry.begin(line, 1'700'000'000'000'000'000, target.get(), nullptr);
      pipeline->accept(entry);
      bytes += line.size();
      if ((since_reset += line.size()) > 128 * 1024) {  // the end of a read
        arena.reset();
        if (interner.sweep_due()) interner.sweep();
        since_reset = 0;
      }
    }
    lines += each.lines->size();
  }
  const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - start;
  state.counters["ns/line"] = took.count() / static_cast<double>(lines);
  state.counters["B/line"] = static_cast<double>(bytes) / static_cast<double>(lines);
  pipeline->flush(FlushReason::kStop, 0, entry);
}

void derive(benchmark::State& state) {
  Interner interner;
  const LabelSetRef base(interner.intern({{"job", "bench"}, {"filename", "/var/log/app.log"}}));
  const std::vector<std::string> levels{"info", "warn", "error", "debug"},
      codes{"200", "404", "500"};
  std::size_t i = 0;
  for (auto _ : state) {
    const std::array<LabelEdit, 2> edits{LabelEdit{"level", levels[i % 4]},
                                         LabelEdit{"status", codes[i % 3]}};
    benchmark::DoNotOptimize(interner.derive(base.get(), edits));
    ++i;
  }
}

}  // namespace
}  // namespace tailrace

int main(int argc, char** argv) {
  using namespace tailrace;
  LogLines make;
  const auto nginx = make.nginx(5000), json = make.json(5000), docker = make.docker(5000),
             plain = make.plain(5000), logfmt = make.logfmt(5000), cri = make.cri(5000);
  const std::vector<std::string> coloured{"\x1b[31mred\x1b[0m and plain text of a usual length"};
  const std::vector<std::string> event{
      "A logon.\r\nSubject: bob\r\nAccount Name: admin\r\nDomain: d"};
  constexpr const char* kNginx =
      R"(- regex: {expression: '^(?P<ip>\S+) \S+ (?P<user>\S+) \[(?P<t>[^\]]+)\] "(?P<method>\S+) (?P<path>\S+) [^"]*" (?P<status>\d+)'})";
  const std::string regex = std::string(kNginx) + "\n";
  const std::string json_all = "- json: {expressions: {ts: , level: , msg: }}\n";
  const GeoipDatabase database;
  const std::vector<std::string> addresses{"10.1.2.3", "10.2.0.9", "192.168.7.7", "not an address"};
  const std::vector<Case> cases{
      {"pipeline/none", "[]", &plain},
      {"pipeline/json+labels+timestamp",
       json_all + "- labels: {level: }\n- timestamp: {source: ts, format: RFC3339Nano}", &json},
      {"pipeline/docker", "- docker: {}", &docker},
      {"pipeline/regex+labels", regex + "- labels: {method: , status: }", &nginx},
      {"pipeline/cri", "- cri: {}", &cri},
      {"pipeline/logfmt+labels+timestamp",
       "- logfmt: {mapping: {ts: , level: }}\n- labels: {level: }\n- timestamp: {source: ts, "
       "format: RFC3339Nano}",
       &logfmt},
      {"stage/regex_6_groups",
       regex +
           "- output: {source: x}\n- drop: {source: [ip, user, t, method, path, status, never]}",
       &nginx},
      {"stage/json_keys",
       "- json: {expressions: {level: }}\n- drop: {source: never, value: x}\n- drop: {source: "
       "level, value: x}",
       &json},
      {"stage/json_path",
       "- json: {expressions: {status: http.status}}\n- drop: {source: status, value: x}", &json},
      {"stage/logfmt", "- logfmt: {mapping: {level: }}\n- drop: {source: level, value: x}",
       &logfmt},
      {"stage/labels_2_of_line", "- labels: {a: job, b: filename}", &plain},
      {"stage/static_labels", "- static_labels: {a: x, b: z}", &plain},
      {"stage/labeldrop", "- labeldrop: [filename]", &plain},
      {"stage/labelallow", "- labelallow: [job]", &plain},
      {"stage/structured_metadata", "- structured_metadata: {filename: }", &plain},
      {"stage/tenant", "- tenant: {label: job}", &plain},
      {"stage/output", "- output: {source: job}", &plain},
      {"stage/timestamp_fail_fudge", "- timestamp: {source: job, format: RFC3339}", &plain},
      {"stage/match_line",
       "- match: {selector: '{job=\"bench\"} |= \"worker-7\"', stages: [static_labels: {a: x}]}",
       &plain},
      {"stage/match_regex",
       "- match: {selector: '{job=~\"b.*\"} |~ \"worker-[67]\"', action: drop}", &plain},
      {"stage/drop_expression", "- drop: {expression: 'worker-[67]'}", &plain},
      {"stage/drop_longer_than", "- drop: {longer_than: 8kb}", &plain},
      {"stage/limit_drop", "- limit: {rate: 1e12, burst: 1000000, drop: true}", &plain},
      {"stage/sampling", "- sampling: {rate: 0.5}", &plain},
      {"stage/multiline", "- multiline: {firstline: 'worker-[01]'}", &plain},
      {"stage/replace", "- replace: {expression: 'req-(\\S+)', replace: 'x'}", &plain},
      {"stage/template",
       "- template: {source: a, template: '{{ .job }}-{{ .filename | ToUpper }}'}\n- labels: {a: }",
       &plain},
      {"stage/pack", "- pack: {labels: [filename]}", &plain},
      {"stage/metrics",
       "- metrics: {lines: {type: Counter, config: {match_all: true, action: inc}}}", &plain},
      {"stage/decolorize_none", "- decolorize: {}", &plain},
      {"stage/decolorize", "- decolorize: {}", &coloured},
      {"stage/eventlogmessage",
       "- regex: {expression: '(?s)(?P<message>.*)'}\n- eventlogmessage: {}", &event},
      {"stage/geoip_city",
       "- regex: {expression: '(?P<ip>.*)'}\n- geoip: {source: ip, db_type: city, db: " +
           database.path + "}",
       &addresses},
  };
  for (const Case& each : cases) {
    benchmark::RegisterBenchmark(each.name.c_str(),
                                 [&each](benchmark::State& state) { run(state, each); });
  }
  benchmark::RegisterBenchmark("interner/derive_2_edits", derive);
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
