// The options of labeldrop and labelallow: a list of label names.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/stage.h"

namespace tailrace {

// Nothing if there is a problem, which is recorded.
inline std::optional<std::vector<std::string>> read_label_names(const ConfigNode& node,
                                                                std::string_view stage) {
  const auto fail = [&](const ConfigNode& at, std::string_view message) {
    at.error("invalid " + std::string(stage) + " stage config: " + std::string(message));
    return std::nullopt;
  };
  if (!node.is_list()) return fail(node, "expected a list of label names");
  std::vector<std::string> names;
  for (const ConfigNode& item : node.items()) {
    std::string name;
    if (!item.read_typed(name)) return fail(item, "label names must be strings (quote them)");
    names.push_back(std::move(name));
  }
  if (names.empty()) return fail(node, "the list of label names is empty");
  return names;
}

}  // namespace tailrace
