// template: a field from a Go template over the other fields.
#include <string>
#include <utility>

#include "pipeline/bound_template.h"
#include "pipeline/stage_options.h"

namespace tailrace {
namespace {

class TemplateStage final : public Stage {
 public:
  TemplateStage(FieldId source, BoundTemplate compiled, const FieldTable& fields)
      : source_(source), template_(std::move(compiled)), fields_(fields) {}

  void plan(FieldsRead& later) override {
    later.add(source_);
    template_.plan(later);
  }

  void accept(Entry& entry) override {
    std::optional<std::string_view> current;
    if (const std::optional<FieldValue> value = entry.fields.find(source_, fields_)) {
      current = field_text(*value, *entry.arena);
    }
    text_.clear();
    if (template_.execute(entry, current, text_)) {
      if (text_.empty()) {
        entry.fields.remove(source_);
      } else {
        entry.fields.set(source_, FieldValue::of(entry.arena->copy(text_)));
      }
    }
    pass(entry);
  }

 private:
  FieldId source_;
  BoundTemplate template_;
  const FieldTable& fields_;
  std::string text_;
};

}  // namespace

StagePtr make_template_stage(ConfigNode node, PipelineContext& context) {
  StageOptions options(std::move(node), "template", {"source", "template"});
  std::string source, text;
  options.read("source", source);
  options.read("template", text);
  if (!options.good()) return nullptr;
  if (source.empty()) options.fail("source", "template source value is required");
  Result<BoundTemplate> compiled = BoundTemplate::compile(text, true, context);
  if (!compiled) options.fail("template", compiled.error().text());
  if (!options.good()) return nullptr;
  return std::make_unique<TemplateStage>(context.fields.id(source), std::move(compiled).value(),
                                         context.fields);
}

}  // namespace tailrace
