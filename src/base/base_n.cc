#include "base/base_n.h"

#include <cstdint>

namespace tailrace {
namespace {

// 8 characters of 5 bits or 4 of 6 stand for 5 or 3 bytes.
struct Coding {
  std::string_view alphabet;
  unsigned bits;
  std::size_t characters, bytes;
};
constexpr Coding kBase64{"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", 6, 4,
                         3};
constexpr Coding kBase32{"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 5, 8, 5};

std::string encode(std::string_view bytes, const Coding& coding) {
  std::string out;
  std::uint64_t waiting = 0;
  unsigned count = 0;
  const std::uint64_t mask = (std::uint64_t{1} << coding.bits) - 1;
  for (const char c : bytes) {
    waiting = (waiting << 8) | static_cast<unsigned char>(c);
    for (count += 8; count >= coding.bits; count -= coding.bits) {
      out += coding.alphabet[(waiting >> (count - coding.bits)) & mask];
    }
  }
  if (count > 0) out += coding.alphabet[(waiting << (coding.bits - count)) & mask];
  while (out.size() % coding.characters != 0) out += '=';
  return out;
}

bool is_line_end(char c) { return c == '\n' || c == '\r'; }

// How many characters of a last group are possible: those that end a whole byte.
bool can_end_at(std::size_t characters, const Coding& coding) {
  if (characters == coding.characters) return true;
  const std::size_t bits = characters * coding.bits;
  return bits >= 8 && bits % 8 < coding.bits;
}

// Where Go sees the fault: at a strange character; in front of padding that comes too early or is
// not complete; at the start of a group that the text leaves open.
bool decode(std::string_view text, const Coding& coding, std::string& out, std::size_t& fault) {
  std::uint64_t waiting = 0;
  unsigned count = 0;
  std::size_t in_group = 0;
  std::size_t at = 0;
  for (; at < text.size() && text[at] != '='; ++at) {
    if (is_line_end(text[at])) continue;
    const std::size_t digit = coding.alphabet.find(text[at]);
    fault = at;
    if (digit == std::string_view::npos) return false;
    waiting = (waiting << coding.bits) | digit;
    count += coding.bits;
    in_group = (in_group + 1) % coding.characters;
    if (count < 8) continue;
    count -= 8;
    out += static_cast<char>((waiting >> count) & 0xFF);
  }
  if (at == text.size()) {
    fault = at - in_group;
    return in_group == 0;
  }
  fault = at;
  if (in_group == 0 || !can_end_at(in_group, coding)) return false;
  std::size_t missing = coding.characters - in_group;
  for (; at < text.size(); ++at) {
    if (is_line_end(text[at])) continue;
    if (missing == 0) {
      fault = at;
      return false;
    }
    if (text[at] != '=') {
      fault = at - 1;
      return false;
    }
    --missing;
  }
  fault = text.size();
  return missing == 0;
}

}  // namespace

std::string encode_base64(std::string_view bytes) { return encode(bytes, kBase64); }
std::string encode_base32(std::string_view bytes) { return encode(bytes, kBase32); }
bool decode_base64(std::string_view text, std::string& out, std::size_t& fault) {
  return decode(text, kBase64, out, fault);
}
bool decode_base32(std::string_view text, std::string& out, std::size_t& fault) {
  return decode(text, kBase32, out, fault);
}

}  // namespace tailrace
