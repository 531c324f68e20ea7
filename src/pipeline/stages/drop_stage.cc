// drop: lets go of entries for which all given conditions hold.
#include <string>
#include <utility>
#include <vector>

#include "parse/go_regex.h"
#include "pipeline/drop_counter.h"
#include "pipeline/stage.h"
#include "pipeline/stage_options.h"

namespace tailrace {
namespace {

struct DropOptions {
  std::vector<FieldId> sources;
  std::string separator = ";";
  std::optional<GoRegex> expression;
  std::optional<std::string> value;
  std::optional<std::int64_t> older_than_ns;
  std::optional<std::uint64_t> longer_than_bytes;
};

class DropStage final : public Stage {
 public:
  DropStage(DropOptions options, DropCounter dropped, PipelineContext& context)
      : options_(std::move(options)),
        dropped_(std::move(dropped)),
        fields_(context.fields),
        clock_(context.clock) {}

  void plan(FieldsRead& later) override {
    for (FieldId source : options_.sources) later.add(source);
  }

  void accept(Entry& entry) override {
    if (is_to_drop(entry)) return dropped_.add();
    pass(entry);
  }

 private:
  bool is_to_drop(Entry& entry) {
    if (options_.longer_than_bytes && entry.line.size() <= *options_.longer_than_bytes)
      return false;
    if (options_.older_than_ns && entry.timestamp_ns >= clock_.now_ns() - *options_.older_than_ns) {
      return false;
    }
    const bool has_test = options_.expression || options_.value;
    if (options_.sources.empty()) return !has_test || test(entry.line);
    return has_test ? sources_pass_test(entry) : has_all_sources(entry);
  }

  bool test(std::string_view text) const {
    return options_.expression ? options_.expression->matches(text) : text == *options_.value;
  }

  bool has_all_sources(const Entry& entry) const {
    for (FieldId source : options_.sources) {
      if (!entry.fields.find(source, fields_)) return false;
    }
    return true;
  }

  // Sources that are missing are left out; one that is null decides against dropping.
  bool sources_pass_test(Entry& entry) {
    joined_.clear();
    bool first = true;
    for (FieldId source : options_.sources) {
      const std::optional<FieldValue> value = entry.fields.find(source, fields_);
      if (!value) continue;
      const std::optional<std::string_view> text = field_text(*value, *entry.arena);
      if (!text) return false;
      if (options_.sources.size() == 1) return test(*text);
      if (!first) joined_ += options_.separator;
      joined_ += *text;
      first = false;
    }
    return test(joined_);
  }

  DropOptions options_;
  DropCounter dropped_;
  const FieldTable& fields_;
  const Clock& clock_;
  std::string joined_;
};

}  // namespace

StagePtr make_drop_stage(ConfigNode node, PipelineContext& context) {
  StageOptions options(std::move(node), "drop",
                       {"source", "separator", "expression", "value", "older_than", "longer_than",
                        "drop_counter_reason"});
  DropOptions drop;
  std::vector<std::string> sources;
  std::optional<std::string> expression;
  std::string reason;
  options.read_weak("source", sources);
  options.read_weak("separator", drop.separator);
  options.read_weak("expression", expression);
  options.read_weak("value", drop.value);
  options.read_weak("drop_counter_reason", reason);
  options.read_duration("older_than", drop.older_than_ns);
  options.read_size("longer_than", drop.longer_than_bytes);
  if (!options.good()) return nullptr;
  if (sources.empty() && !expression && !drop.older_than_ns && !drop.longer_than_bytes) {
    options.fail("drop stage needs at least one of source, expression, older_than or longer_than");
  }
  if (drop.value && expression) {
    options.fail("value", "only one of expression and value can be given");
  }
  if (drop.value && sources.empty()) options.fail("value", "value needs source to compare with");
  if (expression) {
    Result<GoRegex> regex = GoRegex::compile(*expression, {.keep = GroupsKept::kNone});
    if (regex) {
      drop.expression = std::move(regex).value();
    } else {
      options.fail("expression", regex.error().text());
    }
  }
  if (!options.good()) return nullptr;
  for (const std::string& source : sources) drop.sources.push_back(context.fields.id(source));
  return std::make_unique<DropStage>(
      std::move(drop), DropCounter(context.metrics, reason.empty() ? "drop_stage" : reason),
      context);
}

}  // namespace tailrace
