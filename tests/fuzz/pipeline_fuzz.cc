// Any bytes as lines of a pipeline that has every stage. The first byte picks the pipeline.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "pipeline/pipeline.h"

namespace {

using namespace tailrace;

constexpr std::array<std::string_view, 4> kPipelines = {
    "- docker: {}\n- multiline: {firstline: '^\\S', max_lines: 3}\n- decolorize: {}\n- pack: "
    "{labels: [stream]}",
    "- cri: {max_partial_lines: 2, max_partial_line_size: 20, max_partial_line_size_truncate: "
    "true}\n"
    "- regex: {expression: '(?P<a>\\w+)(?:=(?P<b>\\S*))?'}\n- labels: {a: , b: }\n- labelallow: "
    "[a]",
    "- json: {expressions: {a: , b: 'c[0].d', n: 'length(x)'}, drop_malformed: true}\n"
    "- template: {source: a, template: '{{ .a }}{{ .b | ToUpper }}{{ range $k, $v := . }}{{ $k "
    "}}{{ end }}'}\n"
    "- timestamp: {source: b, format: 'Jan _2 15:04:05 MST', fallback_formats: [Unix, RFC3339]}\n- "
    "output: {source: a}",
    "- logfmt: {mapping: {a: , t: }}\n- timestamp: {source: t, format: UnixMs}\n- tenant: {source: "
    "a}\n"
    "- match: {selector: '{job=\"f\"} |~ \"=\"', stages: [replace: {expression: '(\\w)(\\d*)', "
    "replace: '<{{ .Value }}>'}]}\n"
    "- eventlogmessage: {source: a}\n- structured_metadata: {a: }\n"
    "- metrics: {a: {type: Histogram, config: {}}}\n- drop: {source: [a, t], expression: '^;'}\n- "
    "labeldrop: [job]",
};

class End final : public EntrySink {
 public:
  void accept(Entry& entry) override { bytes += entry.line.size() + entry.stream()->text().size(); }
  std::size_t bytes = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t bytes) {
  if (bytes == 0) return 0;
  FieldTable fields;
  static Metrics metrics;
  const FakeClock clock(1'700'000'000 * kNsPerSecond);
  ConfigErrors errors;
  End end;
  Arena arena;
  Interner interner;
  const YamlFile yaml("fuzz.yaml", std::string(kPipelines[data[0] % kPipelines.size()]), errors);
  PipelineContext context{fields, metrics, clock};
  const auto pipeline = Pipeline::build(yaml.root(), context, end);
  if (!pipeline) std::abort();
  Entry entry;
  entry.arena = &arena;
  entry.interner = &interner;
  std::string_view rest(reinterpret_cast<const char*>(data) + 1, bytes - 1);
  while (!rest.empty()) {
    const std::size_t newline = std::min(rest.find('\n'), rest.size());
    // A buffer of its own size, so that a read behind the line is seen.
    const auto line = std::make_unique<char[]>(newline);
    rest.copy(line.get(), newline);
    entry.begin({line.get(), newline}, clock.now_ns(), interner.intern({{"job", "f"}}), nullptr);
    pipeline->accept(entry);
    arena.reset();
    interner.sweep();
    rest.remove_prefix(std::min(newline + 1, rest.size()));
  }
  pipeline->flush(FlushReason::kStop, clock.monotonic_ns(), entry);
  return 0;
}
