// labelallow: takes all labels away but the named ones.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/label_names.h"

namespace tailrace {
namespace {

class LabelallowStage final : public Stage {
 public:
  explicit LabelallowStage(std::vector<std::string> names) : names_(std::move(names)) {}

  void accept(Entry& entry) override {
    // The names in the set outlive the edits: it stays interned while a read is under way.
    for (const auto& [name, value] : entry.stream()->labels()) {
      if (std::find(names_.begin(), names_.end(), name) == names_.end()) entry.labels.remove(name);
    }
    pass(entry);
  }

 private:
  std::vector<std::string> names_;
};

}  // namespace

StagePtr make_labelallow_stage(ConfigNode node, PipelineContext&) {
  std::optional<std::vector<std::string>> names = read_label_names(node, "labelallow");
  return names ? std::make_unique<LabelallowStage>(std::move(*names)) : nullptr;
}

}  // namespace tailrace
