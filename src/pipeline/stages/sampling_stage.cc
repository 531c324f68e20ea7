// sampling: keeps each entry with a given probability.
#include <random>
#include <string>
#include <utility>

#include "base/hash.h"
#include "pipeline/drop_counter.h"
#include "pipeline/stage.h"
#include "pipeline/stage_options.h"

namespace tailrace {
namespace {

class SamplingStage final : public Stage {
 public:
  SamplingStage(double rate, DropCounter dropped)
      : rate_(rate), state_(std::random_device{}()), dropped_(std::move(dropped)) {}

  void accept(Entry& entry) override {
    if (uniform() >= rate_) return dropped_.add();
    pass(entry);
  }

 private:
  // In [0, 1), from 53 well mixed bits.
  double uniform() {
    constexpr double kUnit = 1.0 / static_cast<double>(std::uint64_t{1} << 53);
    return static_cast<double>(hash_mix(++state_, 0x5851f42d4c957f2dULL) >> 11) * kUnit;
  }

  double rate_;
  std::uint64_t state_;
  DropCounter dropped_;
};

}  // namespace

StagePtr make_sampling_stage(ConfigNode node, PipelineContext& context) {
  StageOptions options(std::move(node), "sampling", {"rate", "drop_counter_reason"});
  double rate = 0;
  std::string reason;
  options.read_weak("rate", rate);
  options.read_weak("drop_counter_reason", reason);
  if (!options.good()) return nullptr;
  if (!(rate >= 0 && rate <= 1)) {
    options.fail("rate", "the sampling rate must be between 0.0 and 1.0");
    return nullptr;
  }
  return std::make_unique<SamplingStage>(
      rate, DropCounter(context.metrics, reason.empty() ? "sampling_stage" : reason));
}

}  // namespace tailrace
