// static_labels: labels with values from the configuration.
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "pipeline/stage.h"
#include "pipeline/stage_options.h"

namespace tailrace {
namespace {

class StaticLabelsStage final : public Stage {
 public:
  explicit StaticLabelsStage(std::vector<Labels::Pair> labels) : labels_(std::move(labels)) {}

  void accept(Entry& entry) override {
    for (const auto& [name, value] : labels_) entry.labels.set(name, value);
    pass(entry);
  }

 private:
  std::vector<Labels::Pair> labels_;
};

}  // namespace

StagePtr make_static_labels_stage(ConfigNode node, PipelineContext&) {
  StageOptions options(std::move(node), "static_labels", {});
  if (!options.good()) return nullptr;
  std::vector<Labels::Pair> labels;
  const auto entries = options.named(options.node());
  for (const auto& [name, value_node] : entries) {
    std::string value;
    if (!value_node.read_typed(value)) {
      options.fail_at(value_node, "the value of " + name + " must be a string (quote it)");
    } else if (name.empty() || !is_valid_utf8(name)) {
      options.fail_at(value_node, "invalid label name: " + name);
    } else if (!value.empty()) {  // null and empty values mean no label
      labels.emplace_back(name, std::move(value));
    }
  }
  if (!options.good()) return nullptr;
  return std::make_unique<StaticLabelsStage>(std::move(labels));
}

}  // namespace tailrace
