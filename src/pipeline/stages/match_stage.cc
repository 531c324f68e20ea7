// match: runs stages for the entries that a selector picks, or drops them.
//
// Entries keep their order: those that match go through the inner stages and out again before the
// next one is looked at.
#include <string>
#include <utility>
#include <vector>

#include "logql/line_filter.h"
#include "logql/matcher.h"
#include "logql/parser.h"
#include "pipeline/drop_counter.h"
#include "pipeline/pipeline.h"
#include "pipeline/stage_options.h"

namespace tailrace {
namespace {

struct Selector {
  std::vector<logql::Matcher> matchers;
  std::vector<logql::LineFilter> filters;

  static Result<Selector> compile(std::string_view text) {
    TAILRACE_TRY(const logql::SelectorSyntax syntax, logql::parse_match_selector(text));
    Selector selector;
    TAILRACE_TRY(selector.matchers, logql::compile_matchers(syntax.matchers));
    TAILRACE_TRY(selector.filters, logql::compile_line_filters(syntax.filters));
    return selector;
  }

  bool matches(const Entry& entry) const {
    for (const logql::Matcher& matcher : matchers) {
      const auto value = entry.labels.find(matcher.name());
      if (!matcher.matches(value.value_or(std::string_view{}))) return false;
    }
    return logql::all_match(filters, entry.line);
  }
};

class MatchDropStage final : public Stage {
 public:
  MatchDropStage(Selector selector, DropCounter dropped)
      : selector_(std::move(selector)), dropped_(std::move(dropped)) {}

  void accept(Entry& entry) override {
    if (selector_.matches(entry)) return dropped_.add();
    pass(entry);
  }

 private:
  Selector selector_;
  DropCounter dropped_;
};

class MatchKeepStage final : public Stage {
 public:
  MatchKeepStage(Selector selector, FieldTable& fields)
      : selector_(std::move(selector)), fields_(fields), end_(*this) {}

  bool build(const ConfigNode& stages, PipelineContext& context) {
    inner_ = Pipeline::build_nested(stages, context, end_);
    return inner_ != nullptr;
  }

  void plan(FieldsRead& later) override { inner_->plan(later); }

  void accept(Entry& entry) override {
    if (!selector_.matches(entry)) return pass(entry);
    entry.fields.refill(entry.stream(), fields_);
    inner_->accept(entry);
  }

  // The inner stages end in ours, so these reach all that is behind us too.
  void flush(FlushReason reason, std::int64_t now_monotonic_ns, Entry& entry) override {
    inner_->flush(reason, now_monotonic_ns, entry);
  }
  std::int64_t deadline_ns() const override { return inner_->deadline_ns(); }
  bool has_room() const override { return inner_->has_room(); }
  std::int64_t rest_until_ns() const override { return inner_->rest_until_ns(); }

 private:
  // Where the inner stages end: hands on to what follows the match stage.
  class End final : public EntrySink {
   public:
    explicit End(const MatchKeepStage& stage) : stage_(stage) {}
    void accept(Entry& entry) override { stage_.next()->accept(entry); }
    void flush(FlushReason reason, std::int64_t now_monotonic_ns, Entry& entry) override {
      stage_.next()->flush(reason, now_monotonic_ns, entry);
    }
    std::int64_t deadline_ns() const override { return stage_.next()->deadline_ns(); }
    bool has_room() const override { return stage_.next()->has_room(); }
    std::int64_t rest_until_ns() const override { return stage_.next()->rest_until_ns(); }

   private:
    const MatchKeepStage& stage_;
  };

  Selector selector_;
  FieldTable& fields_;
  End end_;
  std::unique_ptr<Pipeline> inner_;
};

}  // namespace

StagePtr make_match_stage(ConfigNode node, PipelineContext& context) {
  StageOptions options(std::move(node), "match",
                       {"selector", "stages", "action", "pipeline_name", "drop_counter_reason"});
  std::string selector_text, action = "keep", reason;
  std::optional<std::string> name;
  options.read("selector", selector_text);
  options.read("action", action);
  options.read("pipeline_name", name);
  options.read("drop_counter_reason", reason);
  if (!options.good()) return nullptr;
  if (name && name->empty()) {
    options.fail("pipeline_name", "pipeline name can not be empty; leave it out or name it");
  }
  if (selector_text.empty()) {
    options.fail("selector", "selector statement required for match stage");
    return nullptr;
  }
  Result<Selector> selector = Selector::compile(selector_text);
  if (!selector) {
    options.fail("selector", "invalid selector syntax for match stage: " + selector.error().text());
  }
  const ConfigNode stages = options.get("stages");
  const bool has_stages = !stages.empty() && !(stages.is_list() && stages.items().empty());
  if (action.empty()) action = "keep";
  if (action == "drop") {
    if (has_stages) {
      options.fail("stages",
                   "stages must not be there when action is drop: nothing would reach them");
    }
    if (!options.good()) return nullptr;
    return std::make_unique<MatchDropStage>(
        std::move(selector).value(),
        DropCounter(context.metrics, reason.empty() ? "match_stage" : reason));
  }
  if (action != "keep") {
    options.fail("action", "match stage action must be keep or drop, not " + action);
    return nullptr;
  }
  if (!has_stages) {
    options.fail("stages",
                 "match stage requires at least one additional stage to be defined in '- stages'");
  }
  if (!options.good()) return nullptr;
  auto stage = std::make_unique<MatchKeepStage>(std::move(selector).value(), context.fields);
  if (!stage->build(stages, context)) return nullptr;
  return stage;
}

}  // namespace tailrace
