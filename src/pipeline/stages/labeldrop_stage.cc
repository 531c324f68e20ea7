// labeldrop: takes the named labels away.
#include <string>
#include <utility>
#include <vector>

#include "pipeline/label_names.h"

namespace tailrace {
namespace {

class LabeldropStage final : public Stage {
 public:
  explicit LabeldropStage(std::vector<std::string> names) : names_(std::move(names)) {}

  void accept(Entry& entry) override {
    for (const std::string& name : names_) {
      if (entry.labels.find(name)) entry.labels.remove(name);
    }
    pass(entry);
  }

 private:
  std::vector<std::string> names_;
};

}  // namespace

StagePtr make_labeldrop_stage(ConfigNode node, PipelineContext&) {
  std::optional<std::vector<std::string>> names = read_label_names(node, "labeldrop");
  return names ? std::make_unique<LabeldropStage>(std::move(*names)) : nullptr;
}

}  // namespace tailrace
