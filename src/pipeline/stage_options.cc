#include "pipeline/stage_options.h"

#include "base/units.h"

namespace tailrace {

StageOptions::StageOptions(ConfigNode node, std::string_view stage,
                           std::initializer_list<std::string_view> known)
    : node_(std::move(node)), stage_(stage) {
  if (node_.empty()) return;
  if (!node_.is_map()) {
    fail("expected a map of options");
  } else if (known.size() != 0) {
    node_.loose(known);
  }
}

void warn_of_options(const ConfigNode& node, std::string_view stage) {
  if (node.empty() || (node.is_map() && node.entries().empty())) return;
  node.warn("the " + std::string(stage) + " stage has no options; what stands here does nothing");
}

void StageOptions::read(std::string_view key, std::optional<std::string>& out) {
  if (!has(key)) return;
  std::string text;
  read(key, text);
  out = std::move(text);
}

void StageOptions::read_weak(std::string_view key, std::optional<std::string>& out) {
  if (!has(key)) return;
  std::string text;
  read_weak(key, text);
  out = std::move(text);
}

void StageOptions::read_duration(std::string_view key, std::optional<std::int64_t>& out_ns) {
  std::optional<std::string> text;
  read_weak(key, text);
  if (!text || !good_) return;
  Result<std::int64_t> parsed = parse_go_duration(*text);
  if (parsed) {
    out_ns = *parsed;
  } else {
    fail(key, std::string(key) + ": " + parsed.error().text());
  }
}

void StageOptions::read_size(std::string_view key, std::optional<std::uint64_t>& out_bytes) {
  std::optional<std::string> text;
  read_weak(key, text);
  if (!text || !good_) return;
  Result<std::uint64_t> parsed = parse_size(*text);
  if (parsed) {
    out_bytes = *parsed;
  } else {
    fail(key, std::string(key) + ": " + parsed.error().text());
  }
}

std::string StageOptions::worded(std::string_view message) const {
  return "invalid " + std::string(stage_) + " stage config: " + std::string(message);
}

void StageOptions::fail(std::string_view key, std::string_view message) {
  fail_at(get(key), message);
}

void StageOptions::fail(std::string_view message) { fail_at(node_, message); }

void StageOptions::fail_at(const ConfigNode& node, std::string_view message) {
  good_ = false;
  node.error(worded(message));
}

std::vector<std::pair<std::string, ConfigNode>> StageOptions::named(const ConfigNode& map) {
  for (const auto& [name, node] : map.keys_not_text()) {
    fail_at(node, "the name " + name + " is a number or a boolean in YAML; write it in quotes");
  }
  return map.entries();
}

std::vector<NamedSource> read_named_sources(const ConfigNode& map, StageOptions& options) {
  std::vector<NamedSource> out;
  if (map.empty()) return out;
  if (!map.is_map()) {
    options.fail_at(map, "expected a map of names");
    return out;
  }
  for (auto& [name, node] : options.named(map)) {
    std::string source;
    if (!node.read_typed(source)) {
      options.fail_at(node, "the source of " + name + " must be a string (quote it)");
      continue;
    }
    out.push_back({name, source.empty() ? name : source, node});
  }
  return out;
}

}  // namespace tailrace
