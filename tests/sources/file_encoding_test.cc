// Files in other encodings through the tailer: where lines end, and where reading goes on.
#include <gtest/gtest.h>

#include "file_rig.h"

namespace tailrace {
namespace {

using Lines = std::vector<std::string>;

std::string utf16(std::u16string_view text, bool big_endian) {
  std::string out;
  for (const char16_t unit : text) {
    const char low = static_cast<char>(unit & 0xff);
    const char high = static_cast<char>(unit >> 8);
    out += big_endian ? high : low;
    out += big_endian ? low : high;
  }
  return out;
}

class EncodedRig : public FileRig {
 public:
  explicit EncodedRig(const std::string& encoding, PositionBook book = PositionBook({}, ""),
                      std::size_t line_bytes_max = 1 << 20)
      : FileRig(std::move(book), line_bytes_max), decoder(make_line_decoder(encoding).value()) {
    context.decoder = decoder.get();
  }
  std::unique_ptr<LineDecoder> decoder;
};

// U+0A0A and U+0A00 have the byte of a newline in them.
constexpr std::u16string_view kText = u"one\né two\n\n\u0a0a\u0a00\u000a\u200a\n日本\r\n";
const Lines kLines = {"one", "é two", "", "\u0a0a\u0a00", "\u200a", "日本\r"};

TEST(FileEncoding, Utf16IsSplitAtItsOwnNewlines) {
  for (const bool big_endian : {false, true}) {
    for (const std::size_t step : {1U, 2U, 3U, 7U, 1000U}) {
      SCOPED_TRACE(std::to_string(big_endian) + " " + std::to_string(step));
      TempDir dir;
      write(dir / "a.log", "");
      EncodedRig rig(big_endian ? "UTF-16BE" : "UTF-16LE");
      rig.tail(dir / "a.log");
      const std::string bytes = utf16(kText, big_endian);
      for (std::size_t at = 0; at < bytes.size(); at += step) {
        append(dir / "a.log", bytes.substr(at, step));
        if (step < 1000) run_for(rig.io, std::chrono::milliseconds(1));
      }
      ASSERT_TRUE(rig.wait_for_lines(kLines.size()));
      EXPECT_EQ(rig.sink.lines, kLines);
      EXPECT_EQ(rig.saved().positions.begin()->second, std::to_string(bytes.size()));
    }
  }
}

TEST(FileEncoding, AMarkDecidesAlsoAfterARestart) {
  for (const bool big_endian : {false, true}) {
    TempDir dir;
    write(dir / "a.log", utf16(u"\ufeffone\ntwo\n", big_endian));
    PositionBook::Snapshot saved;
    {
      EncodedRig rig("UTF-16");
      rig.tail(dir / "a.log");
      ASSERT_TRUE(rig.wait_for_lines(2));
      EXPECT_EQ(rig.sink.lines, (Lines{"one", "two"}));
      saved = rig.saved();
    }
    append(dir / "a.log", utf16(u"three\n", big_endian));
    EncodedRig rig("UTF-16", PositionBook(saved.positions, saved.identities));
    rig.tail(dir / "a.log");
    ASSERT_TRUE(rig.wait_for_lines(1));
    EXPECT_EQ(rig.sink.lines, (Lines{"three"}));
  }
}

TEST(FileEncoding, ALongUtf16LineIsCutBetweenCharacters) {
  TempDir dir;
  const std::u16string long_line(300'000, u'x');
  write(dir / "a.log", utf16(u"a\n" + long_line + u"\nb\n", false));
  EncodedRig rig("UTF-16LE", PositionBook({}, ""), 200'001);
  rig.tail(dir / "a.log");
  ASSERT_TRUE(rig.wait_for_lines(3));
  EXPECT_EQ(rig.sink.lines, (Lines{"a", std::string(100'000, 'x'), "b"}));
}

TEST(FileEncoding, OneByteEncodingsAreDecodedLineByLine) {
  TempDir dir;
  write(dir / "a.log", "caf\xe9\nna\xefve\n");
  EncodedRig rig("ISO-8859-1");
  rig.tail(dir / "a.log");
  ASSERT_TRUE(rig.wait_for_lines(2));
  EXPECT_EQ(rig.sink.lines, (Lines{"café", "naïve"}));
}

}  // namespace
}  // namespace tailrace
