// logfmt: key=value pairs as labels.
//
// Faults are passed over: reading goes on behind the next blank. With --strict the first one ends
// it and is told.
#include <algorithm>
#include <utility>

#include "base/text.h"
#include "logql/line_pipeline.h"
#include "parse/logfmt.h"

namespace tailrace::logql {
namespace {

constexpr std::string_view kLogfmtError = "LogfmtParserErr";

// Bytes that are no UTF-8 become spaces.
std::string_view clean(std::string_view value, Arena& arena) {
  if (is_valid_utf8(value)) return value;
  char* const out = arena.allocate(value.size());
  std::size_t size = 0;
  for (std::size_t at = 0; at < value.size();) {
    const std::size_t start = at;
    bool valid = true;
    decode_utf8(value, at, &valid);
    if (valid) {
      size = static_cast<std::size_t>(std::copy(value.begin() + static_cast<std::ptrdiff_t>(start),
                                                value.begin() + static_cast<std::ptrdiff_t>(at),
                                                out + size) -
                                      out);
    } else {
      out[size++] = ' ';
    }
  }
  return {out, size};
}

// Calls take(key, value) for each pair; false if there was a fault.
template <class Take>
bool for_each_pair(std::string_view line, bool strict, Arena& arena, Take take) {
  LogfmtReader reader(line, arena, LogfmtReader::PassOver());
  while (!reader.at_end()) {
    if (reader.next()) {
      take(reader.key(), reader.value());
    } else if (reader.failed() && strict) {
      break;
    }
  }
  return !reader.failed();
}

class LogfmtStage final : public LineStage {
 public:
  explicit LogfmtStage(LogfmtSyntax options) : options_(std::move(options)) {}

  bool process(LineState& state) override {
    if (!options_.extracts.empty()) {
      for (const ExtractSyntax& extract : options_.extracts) {
        if (!state.labels.is_taken(extract.name)) state.labels.set_parsed(extract.name, {});
      }
    }
    const bool good = for_each_pair(
        state.line, options_.strict, state.arena,
        [&](std::string_view key, std::string_view value) { take(key, value, state); });
    if (!good && options_.strict)
      state.labels.set_error(kLogfmtError,
                             "logfmt syntax error: the line is not a list of key=value pairs");
    return true;
  }

 private:
  void take(std::string_view key, std::string_view value, LineState& state) const {
    std::string_view name = label_name_of(key, state.arena);
    if (name.empty()) return;
    value = clean(value, state.arena);
    if (options_.extracts.empty()) {
      if (value.empty() && !options_.keep_empty) return;
      state.labels.set_parsed(state.labels.free_name(name, state.arena), value);
      return;
    }
    for (const ExtractSyntax& extract : options_.extracts) {
      if (extract.path == name) {
        state.labels.set_parsed(state.labels.free_name(extract.name, state.arena), value);
        return;
      }
    }
  }

  const LogfmtSyntax options_;
};

}  // namespace

Result<LineStagePtr> make_stage(const LogfmtSyntax& syntax) {
  return LineStagePtr(std::make_unique<LogfmtStage>(syntax));
}

}  // namespace tailrace::logql
