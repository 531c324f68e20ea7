// pack: wraps the line and some fields into one JSON object, and takes their labels away.
//
//   {"pod":"a","_entry":"the line"}
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "parse/json_value.h"
#include "pipeline/stage.h"
#include "pipeline/stage_options.h"

namespace tailrace {
namespace {

struct PackedName {
  std::string name;
  FieldId field;
};

class PackStage final : public Stage {
 public:
  PackStage(std::vector<PackedName> names, bool ingest_timestamp, PipelineContext& context)
      : names_(std::move(names)),
        ingest_timestamp_(ingest_timestamp),
        fields_(context.fields),
        clock_(context.clock) {}

  void plan(FieldsRead& later) override {
    for (const PackedName& each : names_) later.add(each.field);
  }

  void accept(Entry& entry) override {
    text_ = "{";
    for (const PackedName& each : names_) {
      const std::optional<FieldValue> value = entry.fields.find(each.field, fields_);
      if (!value) continue;
      const std::optional<std::string_view> value_text = field_text(*value, *entry.arena);
      if (!value_text) continue;
      append_json_string(text_, each.name, kJsonIteratorStyle);
      text_ += ':';
      append_json_string(text_, *value_text, kJsonIteratorStyle);
      text_ += ',';
      entry.labels.remove(each.name);
    }
    text_ += "\"_entry\":";
    append_json_string(text_, entry.line, kJsonIteratorStyle);
    text_ += '}';
    entry.line = entry.arena->copy(text_);
    if (ingest_timestamp_) entry.timestamp_ns = clock_.now_ns();
    pass(entry);
  }

 private:
  std::vector<PackedName> names_;  // sorted
  bool ingest_timestamp_;
  const FieldTable& fields_;
  const Clock& clock_;
  std::string text_;
};

}  // namespace

StagePtr make_pack_stage(ConfigNode node, PipelineContext& context) {
  StageOptions options(std::move(node), "pack", {"labels", "ingest_timestamp"});
  std::vector<std::string> labels;
  bool ingest_timestamp = true;
  options.read_weak("labels", labels);
  options.read_weak("ingest_timestamp", ingest_timestamp);
  if (!options.good()) return nullptr;
  std::sort(labels.begin(), labels.end());
  labels.erase(std::unique(labels.begin(), labels.end()), labels.end());
  std::vector<PackedName> names;
  for (std::string& label : labels) {
    const FieldId field = context.fields.id(label);
    names.push_back({std::move(label), field});
  }
  return std::make_unique<PackStage>(std::move(names), ingest_timestamp, context);
}

}  // namespace tailrace
