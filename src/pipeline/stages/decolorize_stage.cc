// decolorize: takes the escape sequences of terminals out of the line.
#include <utility>

#include "parse/decolorize.h"
#include "pipeline/stage.h"
#include "pipeline/stage_options.h"

namespace tailrace {
namespace {

class DecolorizeStage final : public Stage {
 public:
  void accept(Entry& entry) override {
    entry.line = decolorize(entry.line, *entry.arena);
    pass(entry);
  }
};

}  // namespace

StagePtr make_decolorize_stage(ConfigNode node, PipelineContext&) {
  const StageOptions options(std::move(node), "decolorize", {});
  return options.good() ? std::make_unique<DecolorizeStage>() : nullptr;
}

}  // namespace tailrace
