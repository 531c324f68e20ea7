// regexp, pattern, decolorize, and line filters that stand behind other stages.
#include <algorithm>
#include <utility>

#include "logql/line_pattern.h"
#include "logql/line_pipeline.h"
#include "parse/decolorize.h"
#include "parse/go_regex.h"

namespace tailrace::logql {
namespace {

class LineFilterStage final : public LineStage {
 public:
  explicit LineFilterStage(LineFilter filter) : filter_(std::move(filter)) {}
  bool process(LineState& state) override { return filter_.matches(state.line); }

 private:
  LineFilter filter_;
};

class RegexpStage final : public LineStage {
 public:
  explicit RegexpStage(GoRegex regex)
      : regex_(std::move(regex)), found_(regex_.groups().size() + 1) {}
  bool process(LineState& state) override {
    if (!regex_.search(state.line, found_)) return true;
    for (std::size_t i = 0; i < regex_.groups().size(); ++i) {
      const std::string_view name = label_name_of(regex_.groups()[i].name, state.arena);
      state.labels.set_parsed(state.labels.free_name(name, state.arena), found_[i + 1]);
    }
    return true;
  }

 private:
  GoRegex regex_;
  std::vector<std::string_view> found_;
};

class PatternStage final : public LineStage {
 public:
  explicit PatternStage(LinePattern pattern) : pattern_(std::move(pattern)) {}
  bool process(LineState& state) override {
    pattern_.capture(state.line, values_);
    for (std::size_t i = 0; i < values_.size(); ++i)
      state.labels.set_parsed(state.labels.free_name(pattern_.names()[i], state.arena), values_[i]);
    return true;
  }

 private:
  LinePattern pattern_;
  std::vector<std::string_view> values_;
};

class DecolorizeStage final : public LineStage {
 public:
  bool process(LineState& state) override {
    state.line = decolorize(state.line, state.arena);
    return true;
  }
};

}  // namespace

Result<LineStagePtr> make_stage(const LineFilterSyntax& syntax) {
  TAILRACE_TRY(LineFilter filter, LineFilter::compile(syntax));
  return LineStagePtr(std::make_unique<LineFilterStage>(std::move(filter)));
}

Result<LineStagePtr> make_stage(const RegexpSyntax& syntax) {
  Result<GoRegex> regex = GoRegex::compile(syntax.expression, {.keep = GroupsKept::kNamed});
  if (!regex) return std::move(regex).error();
  if (regex->groups().empty())
    return Error{ErrorCode::kInvalid, "at least one named capture must be supplied"};
  std::vector<std::string> names;
  for (const std::string& name : regex->all_names()) {
    if (name.empty()) continue;
    if (std::find(names.begin(), names.end(), name) != names.end())
      return Error{ErrorCode::kInvalid, "duplicate extracted label name '" + name + "'"};
    names.push_back(name);
  }
  return LineStagePtr(std::make_unique<RegexpStage>(std::move(regex).value()));
}

Result<LineStagePtr> make_stage(const PatternSyntax& syntax) {
  Result<LinePattern> pattern = LinePattern::compile_stage(syntax.pattern);
  if (!pattern) return std::move(pattern).error();
  return LineStagePtr(std::make_unique<PatternStage>(std::move(pattern).value()));
}

Result<LineStagePtr> make_stage(const DecolorizeSyntax&) {
  return LineStagePtr(std::make_unique<DecolorizeStage>());
}

}  // namespace tailrace::logql
