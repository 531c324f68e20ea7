#include "sources/file/line_decoder.h"

#include <gtest/gtest.h>

#include <string>

#include "base/text.h"
#include "sources/file/newlines.h"

namespace tailrace {
namespace {

std::string from_hex(const std::string& hex) {
  std::string out;
  for (std::size_t i = 0; i < hex.size(); i += 2)
    out += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  return out;
}

TEST(LineDecoder, TurnsLinesIntoUtf8) {
  const auto f = [](const std::string& encoding, const std::string& hex, const std::string& want) {
    SCOPED_TRACE(encoding);
    auto decoder = make_line_decoder(encoding);
    ASSERT_TRUE(decoder) << decoder.error().text();
    Arena arena;
    EXPECT_EQ((*decoder)->decode(from_hex(hex), arena), want);
  };
  f("ISO-8859-1", "636166e920ff", "café ÿ");
  f("windows-1252", "8020937194208e", "€ “q” Ž");
  f("ISO-8859-15", "a4a6b8", "€Šž");
  f("KOI8-R", "f0d2c9d7c5d4", "Привет");
  f("KOI8-U", "ebc9a7d7", "Київ");
  f("windows-1251", "cff0e8e2e5f22c20b9", "Привет, №");
  f("IBM866", "8fe0a8a2a5e220b0", "Привет ░");
  f("ISO-8859-5", "bfe0d8d2d5e2", "Привет");
  f("ISO-8859-7", "cae1ebe7ecddf1e1", "Καλημέρα");
  f("windows-1253", "cae1ebe7ecddf1e1", "Καλημέρα");
  f("windows-1255", "f9ece5ed", "שלום");
  f("windows-1256", "d3e1c7e3", "سلام");
  f("ISO-8859-2", "5a61bff3b3e6", "Zażółć");
  f("windows-1250", "5a61bff3b3e6", "Zażółć");
  f("windows-1257", "c0fe756f6c6173", "Ąžuolas");
  f("windows-1258", "d0f46e67", "Đông");
  f("windows-874", "cac7d1cab4d5", "สวัสดี");
  f("macintosh", "6e6195766520db", "naïve €");
  f("IBM437", "82b0ea", "é░Ω");
  f("IBM850", "a4d1", "ñÐ");
  f("IBM037", "c88593939640f1", "Hello 1");
  f("windows-1254", "ddf0fe", "İğş");
  f("Shift_JIS", "93fa967b8ceac3bdc48740ed408160", "日本語ﾃｽﾄ①纊～");
  f("EUC-JP", "c6fccbdcb8eca5c6a5b9a5c8", "日本語テスト");
  f("ISO-2022-JP", "411b2442467c4b5c386c1b284242", "A日本語B");
  f("GBK", "d6d0cec4a3acb2e2cad4", "中文，测试");
  f("GB18030", "d6d0cec495328236a8a6a2e38139b434", "中文𠀀é€ㆠ");
  f("HZ-GB-2312", "417e7b56504e447e7d7e7e42", "A中文~B");
  f("Big5", "c163c5e9a4a4a4e5", "繁體中文");
  f("EUC-KR", "c7d1b1b9beee208c63b9e6b0a2c7cf", "한국어 똠방각하");
  f("UTF-16LE", "6100e900e5653dd800de", "aé日😀");
  f("UTF-16BE", "006100e965e5d83dde00", "aé日😀");
  f("UTF-8", "c3a9e697a5f09f9880", "é日😀");
  f("us-ascii", "61ff", "a�");
  f("UTF-8", "61ff62c3", "a�b�");
  f("windows-1252", "81", "�");
  f("shift_jis", "8141c081", "、ﾀ�");
  f("Shift_JIS", "81200a", "� \n");
  f("EUC-JP", "a1", "�");
  f("euc-jp", "8fb0a1", "丂");
  f("GBK", "8031ff", "€1�");
  f("big5", "8862", "Ê̄");
  f("UTF-16LE", "0d", "�");
  f("UTF-16LE", "00d86100", "�a");
  f("UTF-16BE", "dc000061", "�a");
  f("EUC-KR", "c841", "�A");
  f("gb18030", "90308130", "𐀀");
  f("ISO-2022-JP", "1b2442467c1b2842", "日");
  f("hz-gb-2312", "7e7e7e7b56507e7d", "~中");
  f("latin1", "e9", "é");
  // A mark says how UTF-16 is meant.
  for (const std::string hex : {"fffe61006200", "feff00610062", "00610062"}) {
    auto decoder = make_line_decoder("UTF-16");
    ASSERT_TRUE(decoder);
    Arena arena;
    const std::string bytes = from_hex(hex);
    EXPECT_EQ((*decoder)->for_file(bytes.substr(0, 2)).decode(bytes, arena), "ab") << hex;
  }
}

TEST(LineDecoder, KnowsNamesAndRefusesOthers) {
  for (const std::string name :
       {"ISO-8859-1", "iso_8859-1", "LATIN1", "windows-1252", "utf-16le",    "UTF-16",
        "Shift_JIS",  "csShiftJIS", "EUC-JP", "ISO-2022-JP",  "GBK",         "GB18030",
        "HZ-GB-2312", "Big5",       "EUC-KR", "KOI8-R",       "KOI8-U",      "IBM866",
        "macintosh",  "utf-8",      "UTF8",   "US-ASCII",     "ISO-8859-16", "windows-874",
        "IBM00858",   "IBM037"}) {
    EXPECT_TRUE(make_line_decoder(name)) << name;
  }
  for (const std::string name : {"", "latin-1x", "klingon", "utf-7"}) {
    const auto decoder = make_line_decoder(name);
    ASSERT_FALSE(decoder) << name;
    EXPECT_NE(decoder.error().text().find("unknown encoding"), std::string::npos);
  }
}

// Whatever comes, the answer is UTF-8, and nothing is written beyond the room (which the sanitizers
// see).
TEST(LineDecoder, AnyBytesBecomeUtf8) {
  std::uint32_t state = 12345;
  const auto next = [&] { return static_cast<char>((state = state * 1664525 + 1013904223) >> 24); };
  for (const std::string name :
       {"ISO-8859-1", "windows-1252", "UTF-8", "UTF-16LE", "UTF-16BE", "UTF-16", "Shift_JIS",
        "EUC-JP", "ISO-2022-JP", "GBK", "GB18030", "HZ-GB-2312", "Big5", "EUC-KR", "IBM037"}) {
    SCOPED_TRACE(name);
    const auto decoder = make_line_decoder(name);
    ASSERT_TRUE(decoder);
    for (int round = 0; round < 2000; ++round) {
      Arena arena;
      std::string line;
      while (line.size() < static_cast<std::size_t>(round % 40)) {
        line += next();
        if (line.back() == '\x1b' || line.back() == '~') line += "$B";
      }
      ASSERT_TRUE(is_valid_utf8((*decoder)->decode(line, arena)));
    }
  }
}

TEST(Newlines, OfTwoBytesStandAtEvenOffsets) {
  const auto f = [](NewlineKind kind, const std::string& hex, std::size_t first, std::size_t last) {
    SCOPED_TRACE(hex);
    EXPECT_EQ(find_newline(from_hex(hex), kind), first);
    EXPECT_EQ(find_last_newline(from_hex(hex), kind), last);
  };
  constexpr std::size_t kNone = std::string::npos;
  f(NewlineKind::kByte, "610a620a63", 1, 3);
  f(NewlineKind::kByte, "", kNone, kNone);
  f(NewlineKind::kLittleEndian, "61000a0062000a00", 2, 6);
  f(NewlineKind::kLittleEndian, "000a000a", kNone, kNone);
  f(NewlineKind::kLittleEndian, "0a0a0a00", 2, 2);
  f(NewlineKind::kLittleEndian, "0a00", 0, 0);
  f(NewlineKind::kLittleEndian, "0a", kNone, kNone);
  f(NewlineKind::kBigEndian, "0061000a0a000a00000a", 2, 8);
  f(NewlineKind::kBigEndian, "0a000a00", kNone, kNone);
}

}  // namespace
}  // namespace tailrace
