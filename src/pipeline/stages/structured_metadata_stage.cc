// structured_metadata: fields, or labels, become metadata of the entry.
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "pipeline/stage.h"
#include "pipeline/stage_options.h"

namespace tailrace {
namespace {

struct MetadataSource {
  std::string name;
  std::string label;  // the source, as a label
  FieldId field;      // the source, as a field
};

class StructuredMetadataStage final : public Stage {
 public:
  StructuredMetadataStage(std::vector<MetadataSource> sources, const FieldTable& fields)
      : sources_(std::move(sources)), fields_(fields) {}

  void plan(FieldsRead& later) override {
    for (const MetadataSource& each : sources_) later.add(each.field);
  }

  void accept(Entry& entry) override {
    to_remove_.clear();
    for (const MetadataSource& each : sources_) {
      const std::optional<std::string_view> label = entry.labels.find(each.label);
      std::optional<std::string_view> text;
      if (const auto value = entry.fields.find(each.field, fields_)) {
        text = field_text(*value, *entry.arena);
      }
      if (!text || !is_valid_utf8(*text)) text = label;  // also where the field is null
      if (!text) continue;
      entry.metadata.emplace_back(each.name, *text);
      if (label == text) to_remove_.push_back(each.label);
    }
    // Not before all are read: two names may have one source.
    for (std::string_view label : to_remove_) entry.labels.remove(label);
    pass(entry);
  }

 private:
  std::vector<MetadataSource> sources_;
  const FieldTable& fields_;
  std::vector<std::string_view> to_remove_;
};

}  // namespace

StagePtr make_structured_metadata_stage(ConfigNode node, PipelineContext& context) {
  StageOptions options(std::move(node), "structured_metadata", {});
  if (!options.good()) return nullptr;
  std::vector<MetadataSource> sources;
  for (NamedSource& each : read_named_sources(options.node(), options)) {
    if (!is_label_name(each.name)) {
      options.fail_at(each.node, "invalid label name: " + each.name +
                                     " (letters, digits and _, not beginning with a digit)");
      continue;
    }
    const FieldId field = context.fields.id(each.source);
    sources.push_back({std::move(each.name), std::move(each.source), field});
  }
  if (!options.good()) return nullptr;
  return std::make_unique<StructuredMetadataStage>(std::move(sources), context.fields);
}

}  // namespace tailrace
