#include "base/text.h"
#include "sources/encoding/decoders.h"
#include "sources/encoding/output.h"

namespace tailrace::encoding {

std::string_view decode_single_byte(std::string_view line, const std::uint16_t* characters,
                                    Arena& arena) {
  // All but EBCDIC begin with ASCII.
  if (characters['A'] == 'A' && is_ascii(line)) return line;
  Output out(arena, 3 * line.size());
  for (const char c : line) out.put(characters[static_cast<unsigned char>(c)]);
  return out.finish();
}

std::string_view decode_utf8_checked(std::string_view line, Arena& arena) {
  if (is_ascii(line) || is_valid_utf8(line)) return line;
  return arena.copy(to_valid_utf8(line));
}

std::string_view decode_utf16(std::string_view line, bool big_endian, Arena& arena) {
  const auto unit = [&](std::size_t at) {
    const auto first = static_cast<unsigned char>(line[at]);
    const auto second = static_cast<unsigned char>(line[at + 1]);
    return static_cast<char32_t>(big_endian ? first << 8 | second : second << 8 | first);
  };
  Output out(arena, 2 * line.size() + 3);
  for (std::size_t at = 0; at < line.size(); at += 2) {
    char32_t character = kNone;  // half a unit
    if (at + 1 < line.size()) {
      character = unit(at);
      if (character >= 0xd800 && character < 0xe000) {
        const char32_t low =
            character < 0xdc00 && at + 3 < line.size() ? unit(at + 2) : char32_t{0};
        const bool is_pair = low >= 0xdc00 && low < 0xe000;
        character =
            is_pair ? 0x10000 + ((character - 0xd800) << 10) + (low - 0xdc00) : char32_t{kNone};
        if (is_pair) at += 2;
      }
    }
    out.put(character);
  }
  return out.finish();
}

}  // namespace tailrace::encoding
