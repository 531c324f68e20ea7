// MetricConfig: one metric of a metrics stage, as configured.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/stage.h"
#include "pipeline/stage_options.h"

namespace tailrace {

struct MetricConfig {
  enum class Kind : std::uint8_t { kCounter, kGauge, kHistogram };
  enum class Action : std::uint8_t { kInc, kDec, kAdd, kSub, kSet, kObserve };

  std::string name;  // with its prefix
  std::string help;
  Kind kind = Kind::kCounter;
  Action action = Action::kInc;
  FieldId source = 0;
  std::optional<std::string> value;  // counts only if the source has this text
  bool match_all = false;            // counts every line, whatever the source
  bool count_entry_bytes = false;    // with match_all: adds the bytes of the line
  std::int64_t idle_ns_max = 300 * kNsPerSecond;
  std::vector<double> buckets;  // of a histogram
};

// Reads `name: {type, ...}`; nothing if there is a problem, which is recorded.
std::optional<MetricConfig> read_metric(const std::string& name, const ConfigNode& node,
                                        FieldTable& fields);

// What Promtail takes for a number: a number, true and false as 1 and 0, a text that is a number,
// or a Go duration in seconds ("300ms" is 0.3).
std::optional<double> metric_number(const FieldValue& value);

}  // namespace tailrace
