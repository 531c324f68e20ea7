// JsonFields: the values of some top-level keys of a JSON object, in one pass and without a tree.
//
// The whole text is checked, as Go's encoding/json would: one object (or null, which counts as an
// empty one), white space around it, nothing else. Of a repeated key the last value counts. Strings
// without escapes are views of the text; bytes that are not UTF-8 stay (JsonBytes::kKeep).
//
//   const JsonFields fields({"level", "msg"});
//   std::array<JsonField, 2> values;
//   if (fields.scan(line, arena, values)) use(values[0].text);
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"

namespace tailrace {

struct JsonField {
  enum class Kind : std::uint8_t { kAbsent, kNull, kBool, kNumber, kString, kObject, kArray };
  Kind kind = Kind::kAbsent;
  bool boolean = false;
  double number = 0;
  // kString: its characters, unescaped. kNumber, kObject, kArray: the JSON as it
  // stands in the text. A view of the scanned text or of the arena.
  std::string_view text;
};

class JsonFields {
 public:
  // Equal keys may be given more than once.
  explicit JsonFields(std::vector<std::string> keys);

  const std::vector<std::string>& keys() const noexcept { return keys_; }

  // values[i] becomes the value of keys()[i]; `values` has room for all. False, and values of no
  // meaning, if `text` is not one JSON object. Numbers beyond double's range make the text
  // malformed, as in Go.
  bool scan(std::string_view text, Arena& arena, std::span<JsonField> values) const;

 private:
  std::size_t index_of(std::string_view key) const noexcept;  // keys_.size(): nobody asked
  // From behind "{" to behind "}"; null for a fault.
  const char* scan_members(const char* at, const char* end, Arena& arena,
                           std::span<JsonField> values) const;

  std::vector<std::string> keys_;
  std::vector<std::uint32_t> same_;  // the first index with an equal key
  std::uint64_t lengths_ = 0;        // bit n: some key has n bytes (63: 63 or more)
  bool has_repeats_ = false;
};

}  // namespace tailrace
