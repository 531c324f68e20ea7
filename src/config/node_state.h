// What stands behind ConfigNode and YamlFile. Inner header of this folder.
#pragma once

#include <string>
#include <unordered_set>
#include <utility>

#include "config/config_node.h"
#include "config/yaml_tree.h"

namespace tailrace {

struct YamlFile::Impl {
  Impl(std::string file_name, std::string file_text, ConfigErrors& file_errors)
      : name(std::move(file_name)), text(std::move(file_text)), errors(file_errors) {}

  const std::string name;
  const std::string text;
  ConfigErrors& errors;
  yaml::Tree tree;
  // Pairs that somebody complained about already: a map may be looked through twice.
  mutable std::unordered_set<const yaml::Pair*> reported;
};

// A place in the file: a node, or where one is missing (kNoNode; the mark is then that of its
// parent).
struct ConfigNode::State {
  const YamlFile::Impl* file;
  yaml::NodeId id;
  yaml::Mark mark;
  std::string path;

  const yaml::Node* node() const;
};

}  // namespace tailrace
