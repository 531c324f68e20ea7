// limit: at most so many lines a second.
//
// With `drop`, lines above the rate are dropped. Without, they pass, and the sources are told to
// rest until the debt is paid: nobody blocks, and no more than one read goes ahead of the rate.
#include <algorithm>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/token_bucket.h"
#include "pipeline/drop_counter.h"
#include "pipeline/stage.h"
#include "pipeline/stage_options.h"

namespace tailrace {
namespace {

constexpr std::string_view kDefaultReason = "ratelimit_drop_stage";
constexpr std::int64_t kMinDistinctLabels = 10'000;

class LimitDropStage final : public Stage {
 public:
  LimitDropStage(TokenBucket::Limit limit, PipelineContext& context)
      : limit_(limit),
        clock_(context.clock),
        dropped_(context.metrics, std::string(kDefaultReason)) {}

  void accept(Entry& entry) override {
    if (!bucket_.try_take(limit_, clock_.monotonic_ns())) return dropped_.add();
    pass(entry);
  }

 private:
  TokenBucket::Limit limit_;
  const Clock& clock_;
  DropCounter dropped_;
  TokenBucket bucket_;
};

class LimitWaitStage final : public Stage {
 public:
  LimitWaitStage(TokenBucket::Limit limit, const Clock& clock) : limit_(limit), clock_(clock) {}

  void accept(Entry& entry) override {
    bucket_.take(limit_, clock_.monotonic_ns());
    pass(entry);
  }
  std::int64_t rest_until_ns() const override {
    return std::max(bucket_.paid_at_ns(limit_), next()->rest_until_ns());
  }

 private:
  TokenBucket::Limit limit_;
  const Clock& clock_;
  TokenBucket bucket_;
};

// One bucket per value of a label. Values live in two generations: when the young one is half of
// what is allowed, the old one is forgotten and the young one grows old. A value in use moves to
// the young one.
class LimitByLabelStage final : public Stage {
 public:
  LimitByLabelStage(TokenBucket::Limit limit, std::string label, std::size_t values_max,
                    PipelineContext& context)
      : limit_(limit),
        label_(std::move(label)),
        generation_max_(values_max / 2),
        clock_(context.clock),
        metrics_(context.metrics),
        dropped_(context.metrics, std::string(kDefaultReason)) {}

  ~LimitByLabelStage() override {
    forget(young_);
    forget(old_);
  }

  void accept(Entry& entry) override {
    const std::optional<std::string_view> value = entry.labels.find(label_);
    if (value) {
      PerValue& state = find(*value);
      if (!state.bucket.try_take(limit_, clock_.monotonic_ns())) return drop(*value, state);
    }
    pass(entry);
  }

 private:
  struct PerValue {
    TokenBucket bucket;
    std::optional<Counter> dropped;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  using Generation = std::unordered_map<std::string, PerValue, Hash, std::equal_to<>>;

  PerValue& find(std::string_view value) {
    const auto known = young_.find(value);
    if (known != young_.end()) return known->second;
    if (young_.size() >= generation_max_) {
      forget(old_);
      old_ = std::exchange(young_, {});
    }
    const auto aged = old_.find(value);
    if (aged != old_.end()) return young_.insert(old_.extract(aged)).position->second;
    return young_.try_emplace(std::string(value)).first->second;
  }

  MetricLabels labels_of(std::string_view value) const {
    return {{"label_name", label_}, {"label_value", std::string(value)}};
  }

  void drop(std::string_view value, PerValue& state) {
    if (!state.dropped) {
      state.dropped =
          metrics_.counter("logentry_dropped_lines_by_label_total",
                           "Lines that limit dropped, by the label it counts", labels_of(value));
    }
    state.dropped->add();
    dropped_.add();
  }

  void forget(Generation& generation) {
    for (const auto& [value, state] : generation) {
      if (state.dropped) metrics_.remove("logentry_dropped_lines_by_label_total", labels_of(value));
    }
    generation.clear();
  }

  TokenBucket::Limit limit_;
  std::string label_;
  std::size_t generation_max_;
  const Clock& clock_;
  Metrics& metrics_;
  DropCounter dropped_;
  Generation young_, old_;
};

}  // namespace

StagePtr make_limit_stage(ConfigNode node, PipelineContext& context) {
  StageOptions options(std::move(node), "limit",
                       {"rate", "burst", "drop", "by_label_name", "max_distinct_labels"});
  TokenBucket::Limit limit;
  std::int64_t burst = 0, distinct = 0;
  bool drop = false;
  std::string label;
  options.read_weak("rate", limit.rate);
  options.read_weak("burst", burst);
  options.read_weak("drop", drop);
  options.read_weak("by_label_name", label);
  options.read_weak("max_distinct_labels", distinct);
  if (!options.good()) return nullptr;
  if (!(limit.rate > 0))
    options.fail("rate", "rate must be given and above 0, in lines per second");
  if (burst <= 0) options.fail("burst", "burst must be given and above 0, in lines");
  if (!label.empty() && !drop) {
    options.fail("by_label_name",
                 "by_label_name needs drop: true; lines of one label cannot wait alone");
  }
  if (!options.good()) return nullptr;
  limit.burst = static_cast<double>(burst);
  if (!drop) return std::make_unique<LimitWaitStage>(limit, context.clock);
  if (label.empty()) return std::make_unique<LimitDropStage>(limit, context);
  return std::make_unique<LimitByLabelStage>(
      limit, std::move(label), static_cast<std::size_t>(std::max(distinct, kMinDistinctLabels)),
      context);
}

}  // namespace tailrace
