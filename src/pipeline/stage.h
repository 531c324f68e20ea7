// Stage: one step on an entry.
//
// A pipeline is a chain of direct calls. accept() edits the entry and passes it on, drops it (does
// not pass), or holds it (copies it into a HeldEntry, passes it later). New bytes go to
// entry.arena. There is no queue and no thread, so a stage is as cheap as what it does.
//
//   void accept(Entry& entry) override {
//     if (matches(entry.line)) pass(entry);
//   }
//
// The rules of Promtail hold for all: a stage that cannot do its work on an entry (source missing,
// wrong type, no match) passes it on unchanged.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "config/config_node.h"
#include "model/entry_sink.h"
#include "model/field.h"
#include "pipeline/fields_read.h"
#include "telemetry/metrics.h"

namespace tailrace {

class Stage : public EntrySink {
 public:
  void set_next(EntrySink* next) noexcept { next_ = next; }

  // Called once when the whole pipeline is built, for the last stage first. `later` are the fields
  // that somebody behind this stage reads: what is not among them need not be extracted. A stage
  // then adds the fields that it reads itself.
  virtual void plan(FieldsRead& later) { (void)later; }

  // Stages that hold nothing inherit these: they only hand through.
  void flush(FlushReason reason, std::int64_t now_monotonic_ns, Entry& entry) override {
    next_->flush(reason, now_monotonic_ns, entry);
  }
  std::int64_t deadline_ns() const override { return next_->deadline_ns(); }
  bool has_room() const override { return next_->has_room(); }
  std::int64_t rest_until_ns() const override { return next_->rest_until_ns(); }

 protected:
  void pass(Entry& entry) { next_->accept(entry); }
  EntrySink* next() const noexcept { return next_; }

 private:
  EntrySink* next_ = nullptr;
};

using StagePtr = std::unique_ptr<Stage>;

// What a stage may use; outlives the pipeline. One per pipeline (nested ones share their parent's).
struct PipelineContext {
  FieldTable& fields;
  Metrics& metrics;
  const Clock& clock;
  // -inspect: after each simple stage the changes are described here.
  bool inspect = false;
  // -check-syntax: everything is built, but nothing outside is touched that a check must not touch.
  bool check_only = false;
};

// Builds one stage from the options behind its name. Problems are recorded on `options`, and null
// returned.
using StageFactory = StagePtr (*)(ConfigNode options, PipelineContext& context);

}  // namespace tailrace
