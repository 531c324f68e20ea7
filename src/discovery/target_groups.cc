#include "discovery/target_groups.h"

#include <boost/json.hpp>

#include "base/text.h"

namespace tailrace {
namespace {

namespace json = boost::json;

constexpr std::string_view kAddressLabel = "__address__";

std::string group_source(const std::string& source, std::size_t index) {
  return source + ":" + std::to_string(index);
}

Error bad(const std::string& source, std::size_t index, std::string_view why) {
  return Error(ErrorCode::kInvalid, std::string(why))
      .in(source + ": group " + std::to_string(index));
}

std::string text_of(const json::string& text) { return {text.data(), text.size()}; }

Result<TargetGroup> read_group(const std::string& source, std::size_t index,
                               const json::value& value) {
  TargetGroup group{.source = group_source(source, index), .targets = {}, .labels = {}};
  const json::object* object = value.if_object();
  if (object == nullptr)
    return bad(source, index, "expected an object with \"targets\" and \"labels\"");
  for (const auto& [name, member] : *object) {
    const std::string_view key(name.data(), name.size());
    const bool is_targets = equals_ignoring_case(key, "targets");  // as Go reads JSON
    const bool is_labels = equals_ignoring_case(key, "labels");
    if (member.is_null()) continue;
    if (is_targets && member.is_array()) {
      for (const json::value& target : member.get_array()) {
        if (!target.is_string()) return bad(source, index, "a target must be a string");
        group.targets.push_back(Labels{{std::string(kAddressLabel), text_of(target.get_string())}});
      }
    } else if (is_labels && member.is_object()) {
      for (const auto& [label, text] : member.get_object()) {
        if (label.empty()) return bad(source, index, "a label has no name");
        if (text.is_null()) continue;
        if (!text.is_string()) return bad(source, index, "the value of a label must be a string");
        group.labels.set(std::string_view(label.data(), label.size()), text_of(text.get_string()));
      }
    } else if (is_targets || is_labels) {
      return bad(source, index, "\"targets\" must be a list and \"labels\" an object");
    } else {
      return bad(source, index, "unknown key " + go_quoted(key));
    }
  }
  return group;
}

}  // namespace

std::vector<TargetGroup> read_target_groups(const ConfigNode& list, const std::string& source) {
  std::vector<TargetGroup> out;
  for (const ConfigNode& node : list.items()) {
    node.strict({"targets", "labels"});
    TargetGroup& group = out.emplace_back();
    group.source = group_source(source, out.size() - 1);
    if (!node.is_map()) continue;
    std::vector<std::string> addresses;
    node.read("targets", addresses);
    for (const std::string& address : addresses) {
      group.targets.push_back(Labels{{std::string(kAddressLabel), address}});
    }
    node.read("labels", group.labels);
  }
  return out;
}

Result<std::vector<TargetGroup>> parse_target_groups_yaml(const std::string& source,
                                                          const std::string& text) {
  ConfigErrors errors;
  const YamlFile file(source, text, errors);
  std::vector<TargetGroup> groups = read_target_groups(file.root(), source);
  if (errors.failed()) return Error{ErrorCode::kInvalid, errors.problems().front().text()};
  return groups;
}

Result<std::vector<TargetGroup>> parse_target_groups_json(const std::string& source,
                                                          std::string_view text) {
  boost::system::error_code error;
  const json::value value = json::parse(json::string_view(text.data(), text.size()), error);
  if (error) return Error(ErrorCode::kInvalid, "not valid JSON: " + error.message()).in(source);
  const json::array* array = value.if_array();
  if (array == nullptr)
    return Error(ErrorCode::kInvalid, "expected a list of target groups").in(source);
  std::vector<TargetGroup> out;
  for (const json::value& element : *array) {
    TAILRACE_TRY(TargetGroup group, read_group(source, out.size(), element));
    out.push_back(std::move(group));
  }
  return out;
}

}  // namespace tailrace
