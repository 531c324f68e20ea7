#include "base/text.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <random>

#include "base/unicode_case.h"

namespace tailrace {
namespace {

TEST(GoQuoted, EscapesAsGo) {
  auto f = [](std::string_view text, std::string_view want) { EXPECT_EQ(go_quoted(text), want); };
  f("", R"("")");
  f("plain", R"("plain")");
  f("a\"b\\c", R"("a\"b\\c")");
  f("\a\b\f\n\r\t\v", R"("\a\b\f\n\r\t\v")");
  f(std::string_view("\0\x01\x1f\x7f", 4), R"("\x00\x01\x1f\x7f")");
  f("\u00e9 \u4e16\u754c \U0001F600", "\"\u00e9 \u4e16\u754c \U0001F600\"");
  f("\u00a0\u200b\u2028\ufeff", R"("\u00a0\u200b\u2028\ufeff")");
  f("\U000e0001\U0010ffff", R"("\U000e0001\U0010ffff")");
  f("\xff\xc3(\xed\xa0\x80", R"("\xff\xc3(\xed\xa0\x80")");
  f("\ufffd", "\"\ufffd\"");
}

TEST(Utf8, KnowsWhatIsValid) {
  auto f = [](std::string_view text, bool want) {
    EXPECT_EQ(is_valid_utf8(text), want) << go_quoted(text);
  };
  f("", true);
  f("eight by eight bytes of ASCII", true);
  f("\u00e9\u4e16\U0001F600", true);
  f("\xed\x9f\xbf\xee\x80\x80", true);
  f("\xf4\x8f\xbf\xbf", true);
  f("\x80", false);
  f("\xc0\x80", false);  // long forms
  f("\xc1\xbf", false);
  f("\xe0\x9f\xbf", false);
  f("\xf0\x8f\xbf\xbf", false);
  f("\xed\xa0\x80", false);      // surrogate
  f("\xf4\x90\x80\x80", false);  // above U+10FFFF
  f("\xf5\x80\x80\x80", false);
  f("abcdefgh\xe4\xb8", false);  // cut
  f("\xe4\xb8z", false);
}

TEST(Utf8, DecodesWhatItEncodes) {
  for (char32_t c = 0; c <= 0x10FFFF; ++c) {
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    std::string text;
    append_utf8(text, c);
    std::size_t at = 0;
    bool valid = false;
    ASSERT_EQ(decode_utf8(text, at, &valid), c);
    ASSERT_EQ(at, text.size());
    ASSERT_TRUE(valid);
  }
}

TEST(Utf8, ReplacesByteByByte) {
  auto f = [](std::string_view text, std::string_view want) {
    EXPECT_EQ(to_valid_utf8(text), want);
  };
  f("fine \u00e9", "fine \u00e9");
  f("a\xff"
    "b",
    "a\ufffdb");
  f("\xe4\xb8", "\ufffd\ufffd");
  f("\xed\xa0\x80", "\ufffd\ufffd\ufffd");
  std::string surrogate;
  append_utf8(surrogate, 0xD800);
  EXPECT_EQ(surrogate, "\ufffd");
}

// Counts and edges as Go prints them for its own tables (Unicode 15.0).
TEST(GoPrintable, AgreesWithGo) {
  std::size_t count = 0;
  for (char32_t c = 0; c <= 0x110000; ++c) count += is_go_printable(c);
  EXPECT_EQ(count, 148998U);
  auto f = [](char32_t c, bool want) {
    EXPECT_EQ(is_go_printable(c), want) << std::hex << unsigned{c};
  };
  f(' ', true);
  f('~', true);
  f(0x7F, false);
  f(0xA0, false);
  f(0xA1, true);
  f(0xAD, false);   // soft hyphen
  f(0x378, false);  // not assigned
  f(0x200B, false);
  f(0x3000, false);  // a space, but not ASCII
  f(0xE000, false);  // private use
  f(0x1F600, true);
  f(0x323AF, true);
  f(0x323B0, false);
  f(0xE0100, true);
  f(0x110000, false);
}

TEST(Case, MapsAsGo) {
  auto f = [](std::string_view text, std::string_view upper, std::string_view lower) {
    EXPECT_EQ(to_upper(text), upper);
    EXPECT_EQ(to_lower(text), lower);
  };
  f("MiXeD-\u00c9\u00e9", "MIXED-\u00c9\u00c9", "mixed-\u00e9\u00e9");
  f("stra\u00dfe", "STRA\u00dfE", "stra\u00dfe");
  f("\u0416\u0436 \u03a3\u03c3\u03c2", "\u0416\u0416 \u03a3\u03a3\u03a3",
    "\u0436\u0436 \u03c3\u03c3\u03c2");
  f("\u0130\u0131", "\u0130I", "i\u0131");
  f("\u01c5", "\u01c4", "\u01c6");
  f("a\xff\xed\xa0\x80", "A\ufffd\ufffd\ufffd\ufffd", "a\ufffd\ufffd\ufffd\ufffd");
  f("\U00010428\U00010400", "\U00010400\U00010400", "\U00010428\U00010428");
  EXPECT_EQ(to_title(U'\u01c6'), U'\u01c5');
  EXPECT_EQ(to_title(U'\u01f1'), U'\u01f2');
  EXPECT_EQ(to_title(U'\u10d0'), U'\u10d0');
  EXPECT_EQ(to_title(U'a'), U'A');
}

// Sums over all code points, printed by a program in Go.
TEST(Case, SumsAgreeWithGo) {
  std::uint64_t upper = 0;
  std::uint64_t lower = 0;
  std::uint64_t title = 0;
  for (char32_t c = 0; c <= 0x10FFFF; ++c) {
    upper += (std::uint64_t{c} % 1009 + 1) * to_upper(c);
    lower += (std::uint64_t{c} % 1009 + 1) * to_lower(c);
    title += (std::uint64_t{c} % 1009 + 1) * to_title(c);
  }
  EXPECT_EQ(upper, 313425630750546U);
  EXPECT_EQ(lower, 313427691133948U);
  EXPECT_EQ(title, 313425590403836U);
}

TEST(Text, SmallHelpers) {
  EXPECT_EQ(trim_space(" \t\r\n\v\fa b \n"), "a b");
  EXPECT_EQ(trim_space("  "), "");
  EXPECT_EQ(ascii_lower("AbZ\u00c9"), "abz\u00c9");
  EXPECT_TRUE(equals_ignoring_case("Max_Wait", "max_waiT"));
  EXPECT_FALSE(equals_ignoring_case("a", "ab"));
  EXPECT_FALSE(equals_ignoring_case("[", "{"));
  using Parts = std::vector<std::string_view>;
  EXPECT_EQ(split("a,b,,c", ','), (Parts{"a", "b", "", "c"}));
  EXPECT_EQ(split("", ','), Parts{""});
  EXPECT_EQ(split(",", ','), (Parts{"", ""}));
}

TEST(DoubleText, IsShortestWithoutExponent) {
  auto f = [](double value, std::string_view want) { EXPECT_EQ(double_text(value), want); };
  f(0, "0");
  f(-0.0, "-0");
  f(42, "42");
  f(-1.5, "-1.5");
  f(3.14159, "3.14159");
  f(1e-7, "0.0000001");
  f(0.1 + 0.2, "0.30000000000000004");
  f(1e21, "1000000000000000000000");
  f(1e23, "100000000000000000000000");
  f(123456789012345680, "123456789012345680");
  f(100, "100");
  f(std::numeric_limits<double>::infinity(), "+Inf");
  f(-std::numeric_limits<double>::infinity(), "-Inf");
  f(std::numeric_limits<double>::quiet_NaN(), "NaN");
  EXPECT_LE(double_text(-std::numeric_limits<double>::max()).size(), kDoubleTextBytesMax);
  EXPECT_LE(double_text(-std::numeric_limits<double>::denorm_min()).size(), kDoubleTextBytesMax);
}

TEST(DoubleText, ReadsBack) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 20'000; ++i) {
    const std::uint64_t bits = random();
    double value = 0;
    std::memcpy(&value, &bits, sizeof value);
    if (!std::isfinite(value)) continue;
    const std::string text = double_text(value);
    ASSERT_LE(text.size(), kDoubleTextBytesMax);
    ASSERT_EQ(text.find('e'), std::string::npos);
    ASSERT_EQ(std::strtod(text.c_str(), nullptr), value) << text;
  }
}

TEST(Closest, SuggestsOnlySlips) {
  const std::vector<std::string_view> names{"batchwait", "batchsize", "url",
                                            "tenant_id", "job_name",  "regex"};
  auto f = [&names](std::string_view word, std::string_view want) {
    EXPECT_EQ(closest(word, names), want) << word;
  };
  f("batch_wait", "batchwait");
  f("BatchWait", "batchwait");
  f("bacthsize", "batchsize");
  f("jobname", "job_name");
  f("urls", "url");
  f("tenant", "");
  f("reglex", "regex");
  f("something_else", "");
  f("x", "");
  f("", "");
  f(std::string(200, 'a'), "");
}

}  // namespace
}  // namespace tailrace
