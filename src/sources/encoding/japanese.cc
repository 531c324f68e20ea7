// Shift_JIS, EUC-JP and ISO-2022-JP, by the decoders of the Encoding Standard. A broken sequence
// becomes one U+FFFD, and a byte in it that is ASCII stands for itself.
#include "sources/encoding/decoders.h"
#include "sources/encoding/output.h"

namespace tailrace::encoding {
namespace {

constexpr char32_t kHalfWidthKatakana = 0xff61 - 0xa1;  // plus the byte
constexpr std::size_t kPrivateBegin = 8836;             // pointers of Shift_JIS
constexpr std::size_t kPrivateEnd = 10716;

unsigned char byte_at(std::string_view line, std::size_t at) {
  return static_cast<unsigned char>(line[at]);
}

char32_t jis0208(std::size_t pointer) {
  return pointer < kJis0208Size ? kJis0208[pointer] : char32_t{kNone};
}

}  // namespace

std::string_view decode_shift_jis(std::string_view line, Arena& arena) {
  if (is_ascii(line)) return line;
  Output out(arena, 3 * line.size());
  for (std::size_t at = 0; at < line.size(); ++at) {
    const unsigned char lead = byte_at(line, at);
    if (lead <= 0x80) {
      out.put(lead);
      continue;
    }
    if (lead >= 0xa1 && lead <= 0xdf) {
      out.put(kHalfWidthKatakana + lead);
      continue;
    }
    if (lead == 0xa0 || lead > 0xfc || at + 1 == line.size()) {
      out.put(kNone);
      continue;
    }
    const unsigned char trail = byte_at(line, at + 1);
    const bool fits = (trail >= 0x40 && trail <= 0x7e) || (trail >= 0x80 && trail <= 0xfc);
    char32_t character = kNone;
    if (fits) {
      const std::size_t pointer =
          (lead - (lead < 0xa0 ? 0x81U : 0xc1U)) * 188 + trail - (trail < 0x7f ? 0x40U : 0x41U);
      const bool is_private = pointer >= kPrivateBegin && pointer < kPrivateEnd;
      character =
          is_private ? static_cast<char32_t>(0xe000 + pointer - kPrivateBegin) : jis0208(pointer);
    }
    out.put(character);
    if (fits || trail >= 0x80) ++at;
  }
  return out.finish();
}

std::string_view decode_euc_jp(std::string_view line, Arena& arena) {
  if (is_ascii(line)) return line;
  Output out(arena, 3 * line.size());
  const auto is_high = [&](std::size_t at) {
    return at < line.size() && byte_at(line, at) >= 0xa1 && byte_at(line, at) <= 0xfe;
  };
  for (std::size_t at = 0; at < line.size(); ++at) {
    const unsigned char lead = byte_at(line, at);
    if (lead < 0x80) {
      out.put(lead);
    } else if (lead == 0x8e && is_high(at + 1) && byte_at(line, at + 1) <= 0xdf) {
      out.put(kHalfWidthKatakana + byte_at(line, ++at));
    } else if (lead == 0x8f && is_high(at + 1) && is_high(at + 2)) {
      const std::size_t row = byte_at(line, at + 1) - 0xa1U;
      out.put(kJis0212[row * 94 + byte_at(line, at + 2) - 0xa1U]);
      at += 2;
    } else if (is_high(at) && is_high(at + 1)) {
      const std::size_t row = lead - 0xa1U;
      out.put(jis0208(row * 94 + byte_at(line, ++at) - 0xa1U));
    } else {
      out.put(kNone);
    }
  }
  return out.finish();
}

std::string_view decode_iso_2022_jp(std::string_view line, Arena& arena) {
  if (line.find('\x1b') == std::string_view::npos && is_ascii(line)) return line;
  enum class Set { kAscii, kRoman, kKatakana, kKanji, kMoreKanji };
  struct Escape {
    std::string_view text;
    Set set;
  };
  static constexpr Escape kEscapes[] = {
      {"\x1b(B", Set::kAscii}, {"\x1b(J", Set::kRoman}, {"\x1b(I", Set::kKatakana},
      {"\x1b$@", Set::kKanji}, {"\x1b$B", Set::kKanji}, {"\x1b$(D", Set::kMoreKanji},
  };
  Set set = Set::kAscii;
  Output out(arena, 3 * line.size());
  for (std::size_t at = 0; at < line.size(); ++at) {
    const unsigned char first = byte_at(line, at);
    if (first == 0x1b) {
      bool known = false;
      for (const Escape& escape : kEscapes) {
        if (!line.substr(at).starts_with(escape.text)) continue;
        set = escape.set;
        at += escape.text.size() - 1;
        known = true;
        break;
      }
      if (!known) out.put(kNone);
      continue;
    }
    const bool is_double = set == Set::kKanji || set == Set::kMoreKanji;
    if (first >= 0x80) {
      out.put(kNone);
    } else if (is_double && first > 0x20 && first < 0x7f) {
      const unsigned char second = at + 1 < line.size() ? byte_at(line, at + 1) : 0;
      if (second <= 0x20 || second >= 0x7f) {
        out.put(kNone);
        continue;
      }
      const std::size_t pointer = (first - 0x21U) * 94 + second - 0x21U;
      out.put(set == Set::kKanji ? jis0208(pointer) : char32_t{kJis0212[pointer]});
      ++at;
    } else if (set == Set::kKatakana && first > 0x20 && first < 0x60) {
      out.put(kHalfWidthKatakana + 0x80 + first);
    } else if (set == Set::kRoman && first == 0x5c) {
      out.put(0xa5);
    } else if (set == Set::kRoman && first == 0x7e) {
      out.put(0x203e);
    } else {
      out.put(first);
    }
  }
  return out.finish();
}

}  // namespace tailrace::encoding
