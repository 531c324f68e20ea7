// EUC-KR, Big5, GBK, GB 18030 and HZ, by the decoders of the Encoding Standard. A broken sequence
// becomes one U+FFFD, and a byte in it that is ASCII stands for itself.
#include <algorithm>

#include "sources/encoding/decoders.h"
#include "sources/encoding/output.h"

namespace tailrace::encoding {
namespace {

unsigned char byte_at(std::string_view line, std::size_t at) {
  return static_cast<unsigned char>(line[at]);
}
bool is_digit(unsigned char byte) { return byte >= 0x30 && byte <= 0x39; }

// Decodes lines of one- and two-byte characters. `pair(lead, trail)`: the character, or kNone;
// `out` for those that are more than one.
template <class Pair>
std::string_view decode_pairs(std::string_view line, Arena& arena, Pair pair) {
  if (is_ascii(line)) return line;
  Output out(arena, 3 * line.size());
  for (std::size_t at = 0; at < line.size(); ++at) {
    const unsigned char lead = byte_at(line, at);
    if (lead < 0x80) {
      out.put(lead);
      continue;
    }
    if (lead == 0x80 || lead == 0xff || at + 1 == line.size()) {
      out.put(kNone);
      continue;
    }
    const unsigned char trail = byte_at(line, at + 1);
    const char32_t character = pair(lead, trail, out);
    if (character != 0) out.put(character);
    if (character != kNone || trail >= 0x80) ++at;
  }
  return out.finish();
}

char32_t gbk_pair(unsigned char lead, unsigned char trail) {
  const bool fits = (trail >= 0x40 && trail <= 0x7e) || (trail >= 0x80 && trail <= 0xfe);
  if (!fits) return kNone;
  return kGb18030[(lead - 0x81U) * 190 + trail - (trail < 0x7f ? 0x40U : 0x41U)];
}

char32_t gb18030_quad(std::string_view four) {
  const std::uint32_t pointer =
      (((byte_at(four, 0) - 0x81U) * 10 + byte_at(four, 1) - 0x30U) * 126 + byte_at(four, 2) -
       0x81U) *
          10 +
      byte_at(four, 3) - 0x30U;
  constexpr std::uint32_t kBasicEnd = 39420;
  constexpr std::uint32_t kSecondPlane = 189000;
  if (pointer >= kSecondPlane) {
    const char32_t character = 0x10000 + pointer - kSecondPlane;
    return character <= 0x10ffff ? character : char32_t{kNone};
  }
  if (pointer >= kBasicEnd) return kNone;
  const auto after = std::upper_bound(
      kGb18030Ranges.begin(), kGb18030Ranges.end(), pointer,
      [](std::uint32_t wanted, const Gb18030Range& range) { return wanted < range.pointer; });
  const Gb18030Range& range = *(after - 1);
  return range.character + (pointer - range.pointer);
}

}  // namespace

std::string_view decode_euc_kr(std::string_view line, Arena& arena) {
  return decode_pairs(line, arena, [](unsigned char lead, unsigned char trail, Output&) {
    const bool fits = trail >= 0x41 && trail <= 0xfe;
    return fits ? char32_t{kEucKr[(lead - 0x81U) * 190 + trail - 0x41U]} : char32_t{kNone};
  });
}

std::string_view decode_big5(std::string_view line, Arena& arena) {
  return decode_pairs(
      line, arena, [](unsigned char lead, unsigned char trail, Output& out) -> char32_t {
        const bool fits = (trail >= 0x40 && trail <= 0x7e) || (trail >= 0xa1 && trail <= 0xfe);
        if (!fits) return kNone;
        const std::size_t pointer = (lead - 0x81U) * 157 + trail - (trail < 0x7f ? 0x40U : 0x62U);
        // Letters with two marks have no character of their own.
        if (pointer == 1133 || pointer == 1135 || pointer == 1164 || pointer == 1166) {
          out.put(pointer < 1150 ? 0xca : 0xea);
          out.put(pointer == 1133 || pointer == 1164 ? 0x304 : 0x30c);
          return 0;
        }
        const bool is_second = (kBig5SecondPlane[pointer / 16] >> pointer % 16 & 1) != 0;
        return kBig5[pointer] + (is_second ? char32_t{0x20000} : char32_t{0});
      });
}

std::string_view decode_gb18030(std::string_view line, bool four_bytes, Arena& arena) {
  if (is_ascii(line)) return line;
  Output out(arena, 3 * line.size());
  for (std::size_t at = 0; at < line.size(); ++at) {
    const unsigned char lead = byte_at(line, at);
    if (lead < 0x80) {
      out.put(lead);
      continue;
    }
    if (lead == 0x80) {
      out.put(0x20ac);
      continue;
    }
    if (lead == 0xff || at + 1 == line.size()) {
      out.put(kNone);
      continue;
    }
    const unsigned char trail = byte_at(line, at + 1);
    if (four_bytes && is_digit(trail)) {
      const bool whole = at + 3 < line.size() && byte_at(line, at + 2) >= 0x81 &&
                         byte_at(line, at + 2) <= 0xfe && is_digit(byte_at(line, at + 3));
      out.put(whole ? gb18030_quad(line.substr(at, 4)) : char32_t{kNone});
      if (whole) at += 3;
      continue;
    }
    const char32_t character = gbk_pair(lead, trail);
    out.put(character);
    if (character != kNone || trail >= 0x80) ++at;
  }
  return out.finish();
}

// "~{" begins two-byte characters, "~}" ends them, "~~" is a tilde.
std::string_view decode_hz(std::string_view line, Arena& arena) {
  if (line.find('~') == std::string_view::npos && is_ascii(line)) return line;
  Output out(arena, 3 * line.size());
  bool in_pairs = false;
  for (std::size_t at = 0; at < line.size(); ++at) {
    const unsigned char first = byte_at(line, at);
    const unsigned char second = at + 1 < line.size() ? byte_at(line, at + 1) : 0;
    if (first >= 0x80) {
      out.put(kNone);
    } else if (first == '~') {
      ++at;
      if (second == '{' || second == '}') {
        in_pairs = second == '{';
      } else if (second == '~') {
        out.put('~');
      } else {
        out.put(kNone);
        --at;
      }
    } else if (!in_pairs) {
      out.put(first);
    } else {
      const bool fits = first >= 0x21 && first <= 0x7e && second >= 0x21 && second <= 0x7e;
      out.put(fits ? gbk_pair(static_cast<unsigned char>(first | 0x80),
                              static_cast<unsigned char>(second | 0x80))
                   : char32_t{kNone});
      if (fits) ++at;
    }
  }
  return out.finish();
}

}  // namespace tailrace::encoding
