// Fields that lines have: their names, kinds and values, from a sample of entries.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "logql/log_engine.h"

namespace tailrace {

struct DetectedField {
  std::string type = "string";   // int, float, boolean, duration, bytes, string: of the first value
  std::set<std::string> values;  // distinct
  std::set<std::string> parsers;       // that yield it; none: structured metadata
  std::vector<std::string> json_path;  // of json
};

// By name, at most `fields_max`.
std::map<std::string, DetectedField> detect_fields(const std::vector<logql::FoundEntry>& entries,
                                                   std::size_t fields_max);

}  // namespace tailrace
