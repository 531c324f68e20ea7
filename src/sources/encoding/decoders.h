// The decoders, each a function from a line to UTF-8. For line_decoder.cc and tests.
#pragma once

#include <string_view>

#include "base/arena.h"
#include "sources/encoding/tables.h"

namespace tailrace::encoding {

std::string_view decode_single_byte(std::string_view line, const std::uint16_t* characters,
                                    Arena& arena);
std::string_view decode_utf8_checked(std::string_view line, Arena& arena);
std::string_view decode_utf16(std::string_view line, bool big_endian, Arena& arena);

std::string_view decode_shift_jis(std::string_view line, Arena& arena);
std::string_view decode_euc_jp(std::string_view line, Arena& arena);
std::string_view decode_iso_2022_jp(std::string_view line, Arena& arena);
std::string_view decode_euc_kr(std::string_view line, Arena& arena);
std::string_view decode_big5(std::string_view line, Arena& arena);
// GBK is the part of it without four-byte characters.
std::string_view decode_gb18030(std::string_view line, bool four_bytes, Arena& arena);
std::string_view decode_hz(std::string_view line, Arena& arena);

}  // namespace tailrace::encoding
