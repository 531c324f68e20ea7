// The small line formats: logfmt, CRI, and colours.
#include <gtest/gtest.h>

#include "parse/cri.h"
#include "parse/decolorize.h"
#include "parse/go_regex.h"
#include "parse/go_regex_replace.h"
#include "parse/logfmt.h"
#include "parse/table.h"

namespace tailrace {
namespace {

constexpr std::string_view kLogfmt[] = {
#include "parse/tables/logfmt.inc"
};

std::string pairs_of(std::string_view line) {
  Arena arena;
  LogfmtReader reader(line, arena);
  std::string out;
  while (reader.next())
    out += std::string(reader.key()) + "=<" + std::string(reader.value()) + ">;";
  return out + (reader.failed() ? "error" : "");
}

TEST(Logfmt, AsGoLogfmtReadsIt) {
  for (const std::string_view row : kLogfmt) {
    SCOPED_TRACE(row);
    const std::vector<std::string> fields = test::row_fields(row);
    EXPECT_EQ(pairs_of(fields[0]), fields[1]);
  }
}

TEST(Logfmt, Values) {
  auto f = [](std::string_view line, std::string_view want) {
    EXPECT_EQ(pairs_of(line), want) << line;
  };
  f("level=info msg=ok", "level=<info>;msg=<ok>;");
  f("bare key= k=v", "bare=<>;key=<>;k=<v>;");
  f("a=\"b c\"d=e", "a=<b c>;d=<e>;");
  f("a=\"two\nlines\"", "error");
  f("a=1 =2", "a=<1>;error");
  f("a=1 b=x\"y c=3", "a=<1>;error");
  f("a=1 b=\"open", "a=<1>;error");
  f("", "");
  f(" \t ", "");
}

TEST(Cri, Lines) {
  auto f = [](std::string_view line, std::string_view want) {
    const auto parsed = parse_cri(line);
    std::string got = "no";
    if (parsed) {
      got = std::string(parsed->time) + "|" + std::string(parsed->stream) + "|" +
            std::string(parsed->flags) + "|" + std::string(parsed->content);
    }
    EXPECT_EQ(got, want) << line;
  };
  f("2021-01-01T00:00:00Z stdout F hello", "2021-01-01T00:00:00Z|stdout|F|hello");
  f("t stderr P  two blanks", "t|stderr|P| two blanks");
  f("t stdout F ", "t|stdout|F|");
  f("t stdout F", "no");
  f("t stdin F x", "no");
  f(" t stdout F x", "no");
  f("t  stdout F x", "no");
  f("a\tb stdout F x", "no");
  f("a\vb stdout F x", "a\vb|stdout|F|x");
  f("t stdout F:tag a\nb", "t|stdout|F:tag|a\nb");
  f("\xff stdout F \xfe", "\xff|stdout|F|\xfe");
  f("", "no");
}

constexpr std::string_view kColours =
    "[\\x1b\\x{9b}][\\[\\]()#;?]*(?:(?:(?:[a-zA-Z\\d]*(?:;[a-zA-Z\\d]*)*)?\\x07)|"
    "(?:(?:\\d{1,4}(?:;\\d{0,4})*)?[\\dA-PRZcf-ntqry=><~]))";

TEST(Decolorize, Lines) {
  auto f = [](std::string_view line, std::string_view want) {
    Arena arena;
    EXPECT_EQ(decolorize(line, arena), want);
  };
  f("plain", "plain");
  f("", "");
  f("\x1b[31mred\x1b[0m", "red");
  f("\xC2\x9B"
    "1;31mred",
    "red");
  f("\x1b]0;title\abody", "body");
  f("\x1b", "\x1b");
  f("a\x1b[Xb", "a\x1b[Xb");
}

TEST(Decolorize, IsTheExpression) {
  const GoRegex regex = GoRegex::compile(kColours, {.own_matcher = false}).value();
  const std::vector<std::string_view> words = {"\x1b", "\x1b[", "\xC2\x9B", ";",    "1", "12345",
                                               "m",    "x",     "\a",       "31",   "Q", "[?",
                                               "#",    "text",  "\xC2",     "\x9B", "0;"};
  test::Random random(27);
  Arena arena;
  for (int i = 0; i < 30000; ++i) {
    const std::string line = random.text(words, 14);
    ASSERT_EQ(decolorize(line, arena), regex_replace_all_literal(regex, line, "")) << i;
    arena.reset();
  }
}

TEST(Logfmt, RandomBytesDoNoHarm) {
  const std::vector<std::string_view> words = {"a",     "=",    "\"",   " ",    "\\",
                                               "\\u12", "\\\"", "key=", "\xff", "\\'"};
  test::Random random(11);
  for (int i = 0; i < 20000; ++i) {
    const std::string text = random.text(words, 14);
    const std::vector<char> exact(text.begin(), text.end());
    (void)pairs_of({exact.data(), exact.size()});
    (void)parse_cri({exact.data(), exact.size()});
  }
}

}  // namespace
}  // namespace tailrace
