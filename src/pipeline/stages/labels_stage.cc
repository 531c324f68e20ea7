// labels: fields become labels.
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "pipeline/stage.h"
#include "pipeline/stage_options.h"

namespace tailrace {
namespace {

struct LabelSource {
  std::string label;
  FieldId source;
};

class LabelsStage final : public Stage {
 public:
  LabelsStage(std::vector<LabelSource> labels, const FieldTable& fields)
      : labels_(std::move(labels)), fields_(fields) {}

  void plan(FieldsRead& later) override {
    for (const LabelSource& each : labels_) later.add(each.source);
  }

  void accept(Entry& entry) override {
    for (const LabelSource& each : labels_) {
      const std::optional<FieldValue> value = entry.fields.find(each.source, fields_);
      if (!value) continue;
      const std::optional<std::string_view> text = field_text(*value, *entry.arena);
      if (text && is_valid_utf8(*text)) entry.labels.set(each.label, *text);
    }
    pass(entry);
  }

 private:
  std::vector<LabelSource> labels_;
  const FieldTable& fields_;
};

}  // namespace

StagePtr make_labels_stage(ConfigNode node, PipelineContext& context) {
  StageOptions options(std::move(node), "labels", {});
  if (!options.good()) return nullptr;
  std::vector<LabelSource> labels;
  for (NamedSource& each : read_named_sources(options.node(), options)) {
    if (!is_label_name(each.name)) {
      options.fail_at(each.node, "invalid label name: " + each.name +
                                     " (letters, digits and _, not beginning with a digit)");
      continue;
    }
    labels.push_back({std::move(each.name), context.fields.id(each.source)});
  }
  if (!options.good()) return nullptr;
  return std::make_unique<LabelsStage>(std::move(labels), context.fields);
}

}  // namespace tailrace
