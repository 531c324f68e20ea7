// UTF-8 as Go reads it: shortest forms only, no surrogates, at most U+10FFFF; each byte that starts
// nothing valid is one U+FFFD.
#include <cstring>

#include "base/text.h"

namespace tailrace {
namespace {

constexpr char32_t kReplacement = 0xFFFD;

unsigned byte_at(std::string_view text, std::size_t at) {
  return static_cast<unsigned char>(text[at]);
}

// Length of the valid character of two to four bytes at `at`, which it stores; 0 if there is none.
std::size_t decode_long(std::string_view text, std::size_t at, char32_t& character) noexcept {
  const unsigned lead = byte_at(text, at);
  // What the second byte may be keeps out long forms (E0, F0), surrogates (ED) and too large values
  // (F4).
  unsigned low = 0x80;
  unsigned high = 0xBF;
  std::size_t length = 0;
  if (lead >= 0xC2 && lead <= 0xDF) {
    length = 2;
    character = lead & 0x1F;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    length = 3;
    character = lead & 0x0F;
    if (lead == 0xE0) low = 0xA0;
    if (lead == 0xED) high = 0x9F;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    length = 4;
    character = lead & 0x07;
    if (lead == 0xF0) low = 0x90;
    if (lead == 0xF4) high = 0x8F;
  }
  if (length == 0 || text.size() - at < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    const unsigned next = byte_at(text, at + i);
    if (next < low || next > high) return 0;
    low = 0x80;
    high = 0xBF;
    character = (character << 6) | (next & 0x3F);
  }
  return length;
}

// The first position from `at` on that is not ASCII, eight bytes at a time.
std::size_t skip_ascii(std::string_view text, std::size_t at) noexcept {
  while (text.size() - at >= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + at, 8);
    if (word & 0x8080808080808080ULL) break;
    at += 8;
  }
  while (at < text.size() && byte_at(text, at) < 0x80) ++at;
  return at;
}

}  // namespace

bool is_valid_utf8(std::string_view text) noexcept {
  char32_t character = 0;
  for (std::size_t at = skip_ascii(text, 0); at < text.size(); at = skip_ascii(text, at)) {
    const std::size_t length = decode_long(text, at, character);
    if (length == 0) return false;
    at += length;
  }
  return true;
}

char32_t decode_utf8(std::string_view text, std::size_t& at, bool* valid) noexcept {
  if (valid) *valid = true;
  const unsigned lead = byte_at(text, at);
  if (lead < 0x80) {
    ++at;
    return lead;
  }
  char32_t character = 0;
  const std::size_t length = decode_long(text, at, character);
  if (length > 0) {
    at += length;
    return character;
  }
  if (valid) *valid = false;
  ++at;
  return kReplacement;
}

void append_utf8(std::string& out, char32_t character) {
  const auto put = [&out](char32_t byte) { out += static_cast<char>(byte); };
  if (character > 0x10FFFF || (character >= 0xD800 && character <= 0xDFFF))
    character = kReplacement;
  if (character < 0x80) {
    put(character);
  } else if (character < 0x800) {
    put(0xC0 | (character >> 6));
    put(0x80 | (character & 0x3F));
  } else if (character < 0x10000) {
    put(0xE0 | (character >> 12));
    put(0x80 | ((character >> 6) & 0x3F));
    put(0x80 | (character & 0x3F));
  } else {
    put(0xF0 | (character >> 18));
    put(0x80 | ((character >> 12) & 0x3F));
    put(0x80 | ((character >> 6) & 0x3F));
    put(0x80 | (character & 0x3F));
  }
}

std::string to_valid_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t ascii_end = skip_ascii(text, at);
    out.append(text, at, ascii_end - at);
    at = ascii_end;
    if (at < text.size()) append_utf8(out, decode_utf8(text, at));
  }
  return out;
}

}  // namespace tailrace
