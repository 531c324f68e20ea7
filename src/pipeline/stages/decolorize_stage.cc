// decolorize: takes the escape sequences of terminals out of the line.

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
  warn_of_options(node, "decolorize");
  return std::make_unique<DecolorizeStage>();
}

}  // namespace tailrace
