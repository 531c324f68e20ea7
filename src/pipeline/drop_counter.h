// DropCounter: logentry_dropped_lines_total, for the stages that drop on purpose.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "telemetry/metrics.h"

namespace tailrace {

class DropCounter {
 public:
  DropCounter(Metrics& metrics, std::string reason)
      : metrics_(metrics), reason_(std::move(reason)) {}

  // The series appears with the first line dropped, as in Promtail.
  void add() {
    if (!counter_) {
      counter_ =
          metrics_.counter("logentry_dropped_lines_total",
                           "Lines that the pipeline dropped on purpose", {{"reason", reason_}});
    }
    counter_->add();
  }

 private:
  Metrics& metrics_;
  std::string reason_;
  std::optional<Counter> counter_;
};

}  // namespace tailrace
