// output: a field becomes the line.
#include <string>
#include <utility>

#include "pipeline/stage.h"
#include "pipeline/stage_options.h"

namespace tailrace {
namespace {

class OutputStage final : public Stage {
 public:
  OutputStage(FieldId source, const FieldTable& fields) : source_(source), fields_(fields) {}

  void plan(FieldsRead& later) override { later.add(source_); }

  void accept(Entry& entry) override {
    if (const std::optional<FieldValue> value = entry.fields.find(source_, fields_)) {
      if (const auto text = field_text(*value, *entry.arena)) entry.line = *text;
    }
    pass(entry);
  }

 private:
  FieldId source_;
  const FieldTable& fields_;
};

}  // namespace

StagePtr make_output_stage(ConfigNode node, PipelineContext& context) {
  StageOptions options(std::move(node), "output", {"source"});
  std::string source;
  if (options.good()) options.read("source", source);
  if (options.good() && source.empty()) options.fail("source", "output source value is required");
  if (!options.good()) return nullptr;
  return std::make_unique<OutputStage>(context.fields.id(source), context.fields);
}

}  // namespace tailrace
