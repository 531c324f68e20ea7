// Pipeline: the stages of one scrape config, in a chain that ends in a sink.
#pragma once

#include <memory>
#include <vector>

#include "pipeline/stage.h"

namespace tailrace {

class Pipeline final : public EntrySink {
 public:
  // Reads `pipeline_stages` (a list of maps with one key each; null or absent: no stages). Problems
  // are recorded on the node; null then. `end` outlives the pipeline and takes what comes through.
  static std::unique_ptr<Pipeline> build(ConfigNode stages, PipelineContext& context,
                                         EntrySink& end);
  // For a pipeline inside a stage, which calls plan() from its own.
  static std::unique_ptr<Pipeline> build_nested(ConfigNode stages, PipelineContext& context,
                                                EntrySink& end);
  // As Stage::plan, for all stages.
  void plan(FieldsRead& later);

  void accept(Entry& entry) override { head_->accept(entry); }
  void flush(FlushReason reason, std::int64_t now_monotonic_ns, Entry& entry) override {
    head_->flush(reason, now_monotonic_ns, entry);
  }
  std::int64_t deadline_ns() const override { return head_->deadline_ns(); }
  bool has_room() const override { return head_->has_room(); }
  std::int64_t rest_until_ns() const override { return head_->rest_until_ns(); }

 private:
  std::vector<StagePtr> stages_;
  EntrySink* head_ = nullptr;
};

}  // namespace tailrace
