// The stages that exist, by name.
#pragma once

#include <string_view>
#include <vector>

#include "pipeline/stage.h"

namespace tailrace {

struct StageKind {
  std::string_view name;
  StageFactory make = nullptr;
  // Only edits the entry and passes it on at once: -inspect shows what it changed.
  bool is_simple = false;
};

// Null if there is no such stage. Names are case-sensitive.
const StageKind* find_stage_kind(std::string_view name);
std::vector<std::string_view> stage_names();

}  // namespace tailrace
