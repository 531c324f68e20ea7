// StageOptions: reads the options of one stage, by the rules that hold inside stages: option names
// match without regard to case, unknown ones are warned about, problems name the stage.
//
//   StageOptions options(node, "regex", {"expression", "source"});
//   options.read("expression", expression);
//   if (expression.empty()) options.fail("expression", "expression is required");
//   if (!options.good()) return nullptr;
//
// Most stages want the right YAML type (read); some convert (read_weak). Absent and null leave the
// target.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config_node.h"

namespace tailrace {

class StageOptions {
 public:
  // For stages whose options are a map with known names; anything but a map (or nothing) is a
  // problem.
  StageOptions(ConfigNode node, std::string_view stage,
               std::initializer_list<std::string_view> known);

  bool has(std::string_view key) const { return !get(key).empty(); }
  ConfigNode get(std::string_view key) const { return node_.get_ignoring_case(key); }

  void read(std::string_view key, std::string& out) { check(get(key).read_typed(out)); }
  void read(std::string_view key, bool& out) { check(get(key).read(out)); }
  void read(std::string_view key, double& out) { check(get(key).read(out)); }
  void read(std::string_view key, std::vector<std::string>& out) { check(get(key).read(out)); }
  void read(std::string_view key, std::optional<std::string>& out);

  void read_weak(std::string_view key, std::string& out) { check(get(key).read_weak(out)); }
  void read_weak(std::string_view key, bool& out) { check(get(key).read_weak(out)); }
  void read_weak(std::string_view key, std::int64_t& out) { check(get(key).read_weak(out)); }
  void read_weak(std::string_view key, double& out) { check(get(key).read_weak(out)); }
  void read_weak(std::string_view key, std::vector<std::string>& out) {
    check(get(key).read_weak(out));
  }
  void read_weak(std::string_view key, std::optional<std::string>& out);

  // Go durations and sizes. A bare number is no duration here, as its unit is missing.
  void read_duration(std::string_view key, std::optional<std::int64_t>& out_ns);
  void read_size(std::string_view key, std::optional<std::uint64_t>& out_bytes);

  // "invalid regex stage config: <message>", at the option or at the stage.
  void fail(std::string_view key, std::string_view message);
  void fail(std::string_view message);
  // For items below the options.
  void fail_at(const ConfigNode& node, std::string_view message);
  // Names and values of a map of free names, which must be text.
  std::vector<std::pair<std::string, ConfigNode>> named(const ConfigNode& map);
  bool good() const noexcept { return good_; }
  std::string_view stage() const noexcept { return stage_; }
  const ConfigNode& node() const noexcept { return node_; }

 private:
  void check(bool read) { good_ = good_ && read; }
  std::string worded(std::string_view message) const;

  ConfigNode node_;
  std::string_view stage_;
  bool good_ = true;
};

// For a stage that has none: as in Promtail anything may stand there, and does nothing.
void warn_of_options(const ConfigNode& node, std::string_view stage);

// For stages whose options are a map of free names to optional sources (labels,
// structured_metadata, json's expressions): name and source in file order; a null or empty source
// is the name itself.
struct NamedSource {
  std::string name;
  std::string source;
  ConfigNode node;
};
std::vector<NamedSource> read_named_sources(const ConfigNode& map, StageOptions& options);

}  // namespace tailrace
