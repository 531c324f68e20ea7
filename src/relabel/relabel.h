// Relabeling: rules that rewrite the labels of a target, or drop it, as in Prometheus.
//
//   relabel_configs:
//   - source_labels: [env, team]      value = the labels' values, joined by `separator`
//     regex: (.*);(.*)                matched against all of the value: ^(?s:...)$
//     target_label: where
//     replacement: $2-${1}
//
// A label whose value is empty does not exist: neither before a rule nor after it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/config_node.h"
#include "model/labels.h"

namespace tailrace {

class GoRegex;

enum class RelabelAction : std::uint8_t {
  kReplace,
  kKeep,
  kDrop,
  kKeepEqual,
  kDropEqual,
  kHashMod,
  kLabelMap,
  kLabelDrop,
  kLabelKeep,
  kLowercase,
  kUppercase,
};

// One rule. Immutable once read; may be used by many threads.
struct RelabelConfig {
  RelabelAction action = RelabelAction::kReplace;
  std::vector<std::string> source_labels;
  std::string separator = ";";
  std::string regex_text = "(.*)";
  std::uint64_t modulus = 0;
  std::string target_label;
  std::string replacement = "$1";
  std::shared_ptr<const GoRegex> regex;  // of regex_text; shared by the copies of this rule
};
using RelabelConfigs = std::vector<RelabelConfig>;

// Reads the list `relabel_configs`. Problems (unknown actions, bad regexes, keys that an action
// does not take) are recorded at the node; rules that cannot work are left out.
RelabelConfigs read_relabel_configs(const ConfigNode& list);

// Applies the rules in order; nothing if one of them drops the target.
std::optional<Labels> relabel(const RelabelConfigs& rules, Labels labels);

}  // namespace tailrace
