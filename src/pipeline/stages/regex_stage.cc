// regex: named groups of the first match become fields.
#include <string>
#include <utility>
#include <vector>

#include "parse/go_regex.h"
#include "pipeline/text_source.h"

namespace tailrace {
namespace {

class RegexStage final : public Stage {
 public:
  RegexStage(GoRegex regex, TextSource source, FieldTable& fields)
      : regex_(std::move(regex)), source_(source) {
    bind(fields);
    fields_ = &fields;
  }

  // Groups cost time, so those that nobody reads are not asked for.
  void plan(FieldsRead& later) override {
    std::vector<std::string> names;
    for (const GoRegex::Group& group : regex_.groups()) {
      if (later.has(fields_->id(group.name))) names.push_back(group.name);
    }
    if (names.size() < regex_.groups().size()) {
      Result<GoRegex> less = GoRegex::compile(
          regex_.expression(), {.keep = GroupsKept::kListed, .names = std::move(names)});
      if (less) regex_ = std::move(less).value();
      bind(*fields_);
    }
    source_.plan(later);
  }

  void accept(Entry& entry) override {
    if (!targets_.empty()) {
      const std::optional<std::string_view> text = source_.text(entry);
      if (text && regex_.search(*text, found_)) {
        for (std::size_t i = 0; i < targets_.size(); ++i) {
          entry.fields.set(targets_[i], FieldValue::of(found_[i + 1]));
        }
      }
    }
    pass(entry);
  }

 private:
  void bind(FieldTable& fields) {
    targets_.clear();
    for (const GoRegex::Group& group : regex_.groups()) targets_.push_back(fields.id(group.name));
    found_.resize(targets_.size() + 1);
  }

  GoRegex regex_;
  TextSource source_;
  FieldTable* fields_ = nullptr;
  std::vector<FieldId> targets_;         // of groups()
  std::vector<std::string_view> found_;  // the whole match, then the groups
};

}  // namespace

StagePtr make_regex_stage(ConfigNode node, PipelineContext& context) {
  StageOptions options(std::move(node), "regex", {"expression", "source"});
  std::string expression;
  options.read("expression", expression);
  const TextSource source = TextSource::read(options, context.fields);
  if (options.good() && expression.empty()) options.fail("expression", "expression is required");
  if (!options.good()) return nullptr;
  Result<GoRegex> regex = GoRegex::compile(expression, {.keep = GroupsKept::kNamed});
  if (!regex) {
    options.fail("expression", regex.error().text());
    return nullptr;
  }
  return std::make_unique<RegexStage>(std::move(regex).value(), source, context.fields);
}

}  // namespace tailrace
