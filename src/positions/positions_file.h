// The positions file, exactly as Promtail reads and writes it, so that people can come and go:
//
//   positions:
//     /var/log/app.log: "1234"
//     journal-<job>: s=...;i=...
//
// Values are texts: byte offsets, line counts or cursors. Everything here blocks on the disk and
// keeps no state.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "config/config_node.h"

namespace tailrace {

using Positions = std::map<std::string, std::string>;

// The block `positions` of the configuration.
struct PositionsOptions {
  std::string filename = "/var/log/positions.yaml";
  GoDuration sync_period{std::int64_t{10} * 1'000'000'000};
  bool ignore_invalid_yaml = false;
};
void read_positions_options(const ConfigNode& node, PositionsOptions& options);

// What a file of this text holds. Strict: kInvalid for anything but one map of texts under
// `positions` (numbers need no quotes). Nothing, or only white space, is an empty set. `name` is
// how messages call the file.
Result<Positions> parse_positions(const std::string& name, const std::string& text);
std::string format_positions(const Positions& positions);

// A missing file is an empty set.
Result<Positions> load_positions(const std::string& path);

// Whether a text that does not parse is what a crash or a full disk makes of a good file: cut off
// somewhere, or filled with NULs. A file that somebody edited wrongly is not.
bool is_damaged(std::string_view text);
// The entries in front of the damage; nothing that was cut is among them. Empty if there is nothing
// to save.
Positions salvage_positions(const std::string& text);

// Replaces the file atomically; mode 0600.
Result<void> save_positions_blocking(const std::string& path, const Positions& positions);

// The value of `key` as an offset or count; nothing if there is none or it is no whole number.
std::optional<std::uint64_t> offset_of(const Positions& positions, const std::string& key);
void set_offset(Positions& positions, const std::string& key, std::uint64_t offset);

}  // namespace tailrace
