#include "positions/positions_file.h"

#include <charconv>

#include "base/file.h"
#include "base/text.h"
#include "config/config_errors.h"
#include "config/yaml_writer.h"

namespace tailrace {

void read_positions_options(const ConfigNode& node, PositionsOptions& options) {
  node.strict({"filename", "sync_period", "ignore_invalid_yaml"});
  node.read("filename", options.filename);
  const bool has_period = node.read("sync_period", options.sync_period);
  node.read("ignore_invalid_yaml", options.ignore_invalid_yaml);
  if (options.filename.empty()) node.error("filename", "must not be empty");
  if (has_period && options.sync_period.ns <= 0)
    node.error("sync_period", "must be more than 0, such as 10s");
}

Result<Positions> parse_positions(const std::string& name, const std::string& text) {
  Positions out;
  if (trim_space(text).empty()) return out;
  ConfigErrors errors;
  const YamlFile file(name, text, errors);
  const ConfigNode root = file.root();
  root.strict({"positions"});
  for (const auto& [key, value] : root.get("positions").entries()) value.read(out[key]);
  if (!errors.failed()) return out;
  // One problem is enough: a file of NULs would have thousands.
  return Error{ErrorCode::kInvalid, errors.problems().front().text()};
}

std::string format_positions(const Positions& positions) {
  std::string out = positions.empty() ? "positions: {}\n" : "positions:\n";
  for (const auto& [key, value] : positions) append_yaml_pair(out, "  ", key, value);
  return out;
}

Result<Positions> load_positions(const std::string& path) {
  const Result<std::string> text = read_file(path);
  if (!text && text.error().code() == ErrorCode::kNotFound) return Positions{};
  if (!text) return Error(text.error()).in("reading positions");
  Result<Positions> positions = parse_positions(path, *text);
  if (!positions) return std::move(positions).error().in("reading positions");
  return positions;
}

bool is_damaged(std::string_view text) {
  return text.find('\0') != std::string_view::npos || (!text.empty() && text.back() != '\n');
}

Positions salvage_positions(const std::string& text) {
  const std::size_t good = std::min(text.find('\0'), text.size());
  const std::size_t last_newline = text.rfind('\n', good == 0 ? 0 : good - 1);
  if (last_newline == std::string::npos || last_newline >= good) return {};
  return parse_positions("positions", text.substr(0, last_newline + 1)).value_or({});
}

Result<void> save_positions_blocking(const std::string& path, const Positions& positions) {
  Result<void> saved = replace_file_blocking(path, format_positions(positions), 0600);
  if (!saved) return std::move(saved).error().in("writing positions");
  return saved;
}

std::optional<std::uint64_t> offset_of(const Positions& positions, const std::string& key) {
  const auto found = positions.find(key);
  if (found == positions.end()) return std::nullopt;
  const std::string& text = found->second;
  std::uint64_t offset = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), offset);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return offset;
}

void set_offset(Positions& positions, const std::string& key, std::uint64_t offset) {
  positions[key] = std::to_string(offset);
}

}  // namespace tailrace
