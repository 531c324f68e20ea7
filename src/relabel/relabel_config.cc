// Reading rules: what Prometheus' validation asks of each action.
#include <array>

#include "base/text.h"
#include "parse/go_regex.h"
#include "relabel/relabel.h"

namespace tailrace {
namespace {

struct ActionName {
  std::string_view name;
  RelabelAction action;
};
constexpr std::array<ActionName, 11> kActions{{{"replace", RelabelAction::kReplace},
                                               {"keep", RelabelAction::kKeep},
                                               {"drop", RelabelAction::kDrop},
                                               {"keepequal", RelabelAction::kKeepEqual},
                                               {"dropequal", RelabelAction::kDropEqual},
                                               {"hashmod", RelabelAction::kHashMod},
                                               {"labelmap", RelabelAction::kLabelMap},
                                               {"labeldrop", RelabelAction::kLabelDrop},
                                               {"labelkeep", RelabelAction::kLabelKeep},
                                               {"lowercase", RelabelAction::kLowercase},
                                               {"uppercase", RelabelAction::kUppercase}}};

std::string_view name_of(RelabelAction action) {
  for (const ActionName& entry : kActions) {
    if (entry.action == action) return entry.name;
  }
  return {};
}

bool needs_target(RelabelAction action) {
  switch (action) {
    case RelabelAction::kReplace:
    case RelabelAction::kKeepEqual:
    case RelabelAction::kDropEqual:
    case RelabelAction::kHashMod:
    case RelabelAction::kLowercase:
    case RelabelAction::kUppercase:
      return true;
    case RelabelAction::kKeep:
    case RelabelAction::kDrop:
    case RelabelAction::kLabelMap:
    case RelabelAction::kLabelDrop:
    case RelabelAction::kLabelKeep:
      return false;
  }
  return false;
}

bool read_action(const ConfigNode& node, RelabelAction& action) {
  std::string text;
  if (node.get("action").empty()) return true;
  if (!node.read("action", text)) return false;
  std::vector<std::string_view> names;
  for (const ActionName& entry : kActions) {
    names.push_back(entry.name);
    if (equals_ignoring_case(entry.name, text)) {
      action = entry.action;
      return true;
    }
  }
  std::string message = "unknown relabel action " + go_quoted(text);
  if (const std::string_view suggestion = closest(text, names); !suggestion.empty()) {
    message += "; did you mean " + go_quoted(suggestion) + "?";
  }
  node.error("action", std::move(message));
  return false;
}

// Records an error for every key in `keys` that is there and differs from its default.
bool refuse(const ConfigNode& node, const RelabelConfig& rule,
            std::initializer_list<std::string_view> keys, std::string_view allowed) {
  static const RelabelConfig kDefault;
  bool good = true;
  for (std::string_view key : keys) {
    const bool is_set = (key == "source_labels" && !rule.source_labels.empty()) ||
                        (key == "separator" && rule.separator != kDefault.separator) ||
                        (key == "regex" && rule.regex_text != kDefault.regex_text) ||
                        (key == "modulus" && rule.modulus != kDefault.modulus) ||
                        (key == "target_label" && rule.target_label != kDefault.target_label) ||
                        (key == "replacement" && rule.replacement != kDefault.replacement);
    if (!is_set) continue;
    node.error(key, "has no place here: the action " + std::string(name_of(rule.action)) +
                        " takes only " + std::string(allowed));
    good = false;
  }
  return good;
}

// As in Promtail, a key with nothing after it is the empty text here, not the default.
bool read_text(const ConfigNode& node, std::string_view key, std::string& out) {
  const ConfigNode value = node.get(key);
  if (!value.absent() && value.empty()) out.clear();
  return node.read(key, out);
}

bool check(const ConfigNode& node, const RelabelConfig& rule) {
  const std::string action(name_of(rule.action));
  bool good = true;
  const auto fail = [&](std::string_view key, std::string message) {
    node.error(key, std::move(message));
    good = false;
  };
  if (rule.action == RelabelAction::kHashMod && rule.modulus == 0) {
    fail("modulus", "the action hashmod needs a modulus that is not 0");
  }
  if (needs_target(rule.action) && rule.target_label.empty()) {
    fail("target_label", "the action " + action + " needs a target_label");
  } else if (needs_target(rule.action) && !is_valid_utf8(rule.target_label)) {
    fail("target_label", "not a label name: " + go_quoted(rule.target_label));
  }
  switch (rule.action) {
    case RelabelAction::kLowercase:
    case RelabelAction::kUppercase:
      return refuse(node, rule, {"replacement"}, "source_labels, separator and target_label") &&
             good;
    case RelabelAction::kKeepEqual:
    case RelabelAction::kDropEqual:
      return refuse(node, rule, {"separator", "regex", "modulus", "replacement"},
                    "source_labels and target_label") &&
             good;
    case RelabelAction::kLabelDrop:
    case RelabelAction::kLabelKeep:
      return refuse(node, rule,
                    {"source_labels", "separator", "modulus", "target_label", "replacement"},
                    "regex") &&
             good;
    case RelabelAction::kLabelMap:
      if (rule.replacement.empty()) fail("replacement", "the action labelmap needs a replacement");
      return good;
    case RelabelAction::kReplace:
    case RelabelAction::kKeep:
    case RelabelAction::kDrop:
    case RelabelAction::kHashMod:
      return good;
  }
  return good;
}

bool read_regex(const ConfigNode& node, RelabelConfig& rule) {
  if (!node.read("regex", rule.regex_text)) return false;
  Result<GoRegex> regex =
      GoRegex::compile(rule.regex_text, {.keep = GroupsKept::kAll, .whole_text = true});
  if (!regex) {
    node.error("regex", "bad regular expression " + go_quoted(rule.regex_text) + ": " +
                            regex.error().text());
    return false;
  }
  rule.regex = std::make_shared<const GoRegex>(std::move(*regex));
  return true;
}

}  // namespace

RelabelConfigs read_relabel_configs(const ConfigNode& list) {
  RelabelConfigs out;
  for (const ConfigNode& node : list.items()) {
    node.strict({"source_labels", "separator", "regex", "modulus", "target_label", "replacement",
                 "action"});
    if (!node.is_map()) continue;  // said by strict(), or an empty item
    RelabelConfig rule;
    bool good = node.read("source_labels", rule.source_labels);
    good &= read_text(node, "separator", rule.separator);
    good &= node.read("modulus", rule.modulus);
    good &= node.read("target_label", rule.target_label);
    good &= read_text(node, "replacement", rule.replacement);
    good &= read_regex(node, rule);
    good &= read_action(node, rule.action);
    const std::vector<ConfigNode> sources = node.get("source_labels").is_list()
                                                ? node.get("source_labels").items()
                                                : std::vector<ConfigNode>();
    for (const ConfigNode& source : sources) {
      if (!source.scalar().empty()) continue;
      source.error("a label name must not be empty");
      good = false;
    }
    if (good && check(node, rule)) out.push_back(std::move(rule));
  }
  return out;
}

}  // namespace tailrace
