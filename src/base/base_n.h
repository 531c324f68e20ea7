// Base64 and Base32 with padding (RFC 4648).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tailrace {

std::string encode_base64(std::string_view bytes);
std::string encode_base32(std::string_view bytes);

// False if the text is wrong: `fault` is then the offset at which Go reports it. Line ends are
// skipped.
bool decode_base64(std::string_view text, std::string& out, std::size_t& fault);
bool decode_base32(std::string_view text, std::string& out, std::size_t& fault);

}  // namespace tailrace
