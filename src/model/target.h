// TargetGroup and Target: where lines are to be found.
#pragma once

#include <string>
#include <vector>

#include "model/labels.h"

namespace tailrace {

// What discovery yields: things with their own labels (at least __address__) and labels common to
// all.
struct TargetGroup {
  std::string source;  // which group of its discovery; a newer one with this name replaces it
  std::vector<Labels> targets;
  Labels labels;
};

// What is left after relabeling: a path to tail, and the labels of its lines.
struct FileTarget {
  std::string path;          // __path__: a glob
  std::string path_exclude;  // __path_exclude__: a glob, or empty
  Labels labels;             // without those that begin with "__"
  Labels discovered;         // as discovery gave them, for the pages
  friend bool operator==(const FileTarget&, const FileTarget&) = default;
};

}  // namespace tailrace
