// -inspect: tells on standard error what a stage changed in an entry.
//
//   [inspect: regex stage]:
//   {stages.Entry}.Extracted["level"]:
//           +: warn
//
// On a terminal in colours: green for what is new, yellow for what changed, red for what is gone.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/stage.h"

namespace tailrace {

// A copy of what people may look at in an entry.
struct EntrySnapshot {
  static EntrySnapshot of(Entry& entry, const FieldTable& table);

  struct Value {
    std::string type;  // Go's name of it: string, float64, bool
    std::string text;
    friend bool operator==(const Value&, const Value&) = default;
  };
  std::map<std::string, Value> fields;
  std::string labels;  // {job="app"}
  std::int64_t timestamp_ns = 0;
  std::string line;
};

// The block for one stage; ends with a newline.
std::string describe_changes(std::string_view stage, const EntrySnapshot& before,
                             const EntrySnapshot& after, bool in_colours);

// Appends `stage` with a watcher before and behind it. The stage must pass every entry on at once.
void inspect_stage(std::string_view name, StagePtr stage, PipelineContext& context,
                   std::vector<StagePtr>& stages);

}  // namespace tailrace
