// Any bytes as JSON: the scanner and the tree must agree on what is an object, and what is written
// must be read back.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "parse/json_scan.h"
#include "parse/json_value.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t bytes) {
  using namespace tailrace;
  const std::string_view text(reinterpret_cast<const char*>(data), bytes);
  static const JsonFields fields({"a", "level", ""});
  Arena arena;
  std::array<JsonField, 3> values;
  const bool scanned = fields.scan(text, arena, values);
  // The scanner reads as the stages do: bytes stay, and control characters may stand behind an
  // escape.
  const auto kept = parse_json(text, arena, JsonBytes::kKeep);
  if (scanned != (kept && (kept->is_object() || kept->is_null()))) __builtin_trap();
  // As Go's library does: what was read is text.
  const auto tree = parse_json(text, arena);
  if (!tree) return 0;
  std::string written;
  append_json(written, *tree);
  const auto again = parse_json(written, arena);
  if (!again || !(*again == *tree)) __builtin_trap();
  return 0;
}
