// The small languages inside queries: in front of a zero byte a pattern, a template, a path, an
// address or a label's value, behind it the line they work on.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "logql/ip_pattern.h"
#include "logql/json_path.h"
#include "logql/line_pattern.h"
#include "logql/line_pipeline.h"
#include "logql/quantity.h"
#include "logql/query_template.h"
#include "store/log_level.h"

namespace {

using namespace tailrace;
using namespace tailrace::logql;

void run(Result<LineStagePtr> stage, std::string_view line) {
  if (!stage) return;
  const Labels stream{{"job", "app"}};
  const std::vector<MetadataView> metadata = {{"trace", "7"}};
  LineState state;
  state.timestamp_ns = 1'795'132'800'000'000'000;
  state.line = line;
  state.labels.begin(stream, metadata, state.arena);
  (void)(*stage)->process(state);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t bytes) {
  const std::string_view input(reinterpret_cast<const char*>(data), bytes);
  const std::size_t end = input.find('\0');
  const std::string_view text = input.substr(0, end);
  const std::string_view line = end == input.npos ? std::string_view{} : input.substr(end + 1);
  const std::string owned(text);
  if (const auto pattern = LinePattern::compile_stage(text)) {
    std::vector<std::string_view> values;
    pattern->capture(line, values);
    if (values.size() > pattern->names().size()) __builtin_trap();
  }
  if (const auto pattern = LinePattern::compile_filter(text)) {
    const bool matches = pattern->matches_whole(line);
    if (matches && line.find(pattern->longest_literal()) == line.npos) __builtin_trap();
  }
  Arena arena;
  if (const auto path = JsonPath::compile(text)) {
    if (path->step_texts().empty()) __builtin_trap();
    (void)path->find(line, arena);
  }
  if (const auto ip = IpPattern::compile(text)) (void)ip->found_in(line);
  (void)parse_bytes(text);
  (void)parse_any_duration(text);
  if (level_of_line(line).empty()) __builtin_trap();
  run(make_stage(LineFormatSyntax{owned}), line);
  run(make_stage(PatternSyntax{owned}), line);
  run(make_stage(RegexpSyntax{owned}), line);
  run(make_stage(JsonSyntax{{{"x", owned}}}), line);
  run(make_stage(JsonSyntax{}), line);
  run(make_stage(LogfmtSyntax{true, true, {{"x", owned}}}), line);
  run(make_stage(LogfmtSyntax{}), line);
  run(make_stage(UnpackSyntax{}), line);
  run(make_stage(DecolorizeSyntax{}), line);
  return 0;
}
