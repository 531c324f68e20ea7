#include "pipeline/pipeline.h"

#include <string>
#include <utility>

#include "base/text.h"
#include "pipeline/inspect.h"
#include "pipeline/registry.h"

namespace tailrace {
namespace {

void report_unknown(const ConfigNode& item, std::string_view name) {
  std::string message = "Unknown stage type: " + std::string(name);
  const std::string_view meant = closest(name, stage_names());
  if (!meant.empty()) message += "; did you mean " + std::string(meant) + "?";
  item.error(std::move(message));
}

// Appends the stage that `item` describes. False if there is something wrong with it.
bool add_stage(const ConfigNode& item, PipelineContext& context, std::vector<StagePtr>& stages) {
  if (!item.is_map()) {
    item.error("a pipeline stage must be a map with one key, the name of the stage");
    return false;
  }
  const auto entries = item.entries();
  if (entries.empty()) return true;  // "- {}" is no stage and no error, as in Promtail
  if (entries.size() != 1) {
    item.error("pipeline stage must contain only one key, the name of the stage; found " +
               std::to_string(entries.size()) + " (is a dash missing in front of one?)");
    return false;
  }
  const auto& [name, options] = entries.front();
  const StageKind* const kind = find_stage_kind(name);
  if (kind == nullptr) {
    report_unknown(item, name);
    return false;
  }
  StagePtr stage = kind->make(options, context);
  if (!stage) return false;
  if (context.inspect && kind->is_simple) {
    inspect_stage(kind->name, std::move(stage), context, stages);
  } else {
    stages.push_back(std::move(stage));
  }
  return true;
}

}  // namespace

std::unique_ptr<Pipeline> Pipeline::build(ConfigNode stages, PipelineContext& context,
                                          EntrySink& end) {
  std::unique_ptr<Pipeline> pipeline = build_nested(std::move(stages), context, end);
  if (!pipeline) return nullptr;
  FieldsRead later;
  if (context.inspect) later.add_all();  // people want to see all that is extracted
  pipeline->plan(later);
  return pipeline;
}

std::unique_ptr<Pipeline> Pipeline::build_nested(ConfigNode stages, PipelineContext& context,
                                                 EntrySink& end) {
  auto pipeline = std::make_unique<Pipeline>();
  bool good = true;
  if (!stages.empty()) {
    if (!stages.is_list()) {
      stages.error("pipeline stages must be a list");
      return nullptr;
    }
    for (const ConfigNode& item : stages.items()) {
      if (!add_stage(item, context, pipeline->stages_)) good = false;
    }
  }
  if (!good) return nullptr;
  pipeline->head_ = &end;
  for (auto stage = pipeline->stages_.rbegin(); stage != pipeline->stages_.rend(); ++stage) {
    (*stage)->set_next(pipeline->head_);
    pipeline->head_ = stage->get();
  }
  return pipeline;
}

void Pipeline::plan(FieldsRead& later) {
  for (auto stage = stages_.rbegin(); stage != stages_.rend(); ++stage) (*stage)->plan(later);
}

}  // namespace tailrace
