// LinePipeline: the compiled stages of a log query. One line at a time goes through it: its text
// may be replaced, its labels edited, or it is dropped.
//
// Not for two threads at once (templates keep state): each worker of a query compiles its own.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/arena.h"
#include "base/result.h"
#include "logql/ast.h"
#include "logql/line_filter.h"
#include "logql/line_labels.h"

namespace tailrace::logql {

struct LineState {
  std::int64_t timestamp_ns = 0;
  std::string_view line;
  LineLabels labels;
  Arena arena;  // of this line: reset before the next
};

class LineStage {
 public:
  virtual ~LineStage() = default;
  // False: the line is dropped.
  virtual bool process(LineState& state) = 0;
  // Whether the outcome depends on the text or the time of the line, and not only on its labels.
  virtual bool reads_line() const { return true; }
};
using LineStagePtr = std::unique_ptr<LineStage>;

class LinePipeline {
 public:
  // kInvalid: a regex, pattern or template that does not compile, in Loki's words:
  // "parse error : stage '|~ ...' : error parsing regexp: ...".
  static Result<LinePipeline> compile(const std::vector<StageSyntax>& stages);

  // The line filters on lines as they are stored, wherever they stand: nothing in front of them
  // changes the text. They ask for nothing else, so whole blocks can be tested before entries are
  // made; process() does not ask them again.
  const std::vector<LineFilter>& leading_filters() const noexcept { return leading_; }
  bool process(LineState& state) {
    for (const LineStagePtr& stage : stages_) {
      if (!stage->process(state)) return false;
    }
    return true;
  }
  // Whether process() reads the text or the time of lines. If not, equal labels give equal
  // outcomes.
  bool reads_line() const noexcept { return reads_line_; }
  bool empty() const noexcept { return stages_.empty(); }

 private:
  std::vector<LineFilter> leading_;
  std::vector<LineStagePtr> stages_;
  bool reads_line_ = false;
};

// Factories, each beside its stage. `stages/`.
Result<LineStagePtr> make_stage(const LineFilterSyntax& syntax);
Result<LineStagePtr> make_stage(const JsonSyntax& syntax);
Result<LineStagePtr> make_stage(const LogfmtSyntax& syntax);
Result<LineStagePtr> make_stage(const RegexpSyntax& syntax);
Result<LineStagePtr> make_stage(const PatternSyntax& syntax);
Result<LineStagePtr> make_stage(const UnpackSyntax& syntax);
Result<LineStagePtr> make_stage(const LabelFilterSyntax& syntax);
Result<LineStagePtr> make_stage(const LineFormatSyntax& syntax);
Result<LineStagePtr> make_stage(const LabelFormatSyntax& syntax);
Result<LineStagePtr> make_stage(const DropSyntax& syntax);
Result<LineStagePtr> make_stage(const KeepSyntax& syntax);
Result<LineStagePtr> make_stage(const DecolorizeSyntax& syntax);

// A JSON key as a label's name: other characters than letters and digits become _, and a digit does
// not stand first.
std::string_view label_name_of(std::string_view key, Arena& arena);

}  // namespace tailrace::logql
