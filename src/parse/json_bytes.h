// JsonBytes: what becomes of bytes in a string that are not UTF-8.
#pragma once

#include <cstdint>

namespace tailrace {

// Go's encoding/json puts U+FFFD; json-iterator, which Promtail's stages read lines with, keeps
// them.
enum class JsonBytes : std::uint8_t { kToUtf8, kKeep };

}  // namespace tailrace
