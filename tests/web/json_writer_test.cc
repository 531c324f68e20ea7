#include "web/json_writer.h"

#include <gtest/gtest.h>

#include <limits>

namespace tailrace {
namespace {

TEST(JsonWriter, Seconds) {
  auto f = [](std::int64_t ns, std::string_view want) {
    std::string out;
    append_json_seconds(out, ns);
    EXPECT_EQ(out, want);
  };
  f(0, "0");
  f(1'795'132'800'000'000'000, "1795132800");
  f(1'795'132'800'035'000'000, "1795132800.035");
  f(1'795'132'800'100'000'000, "1795132800.1");
  f(1'795'132'800'120'999'999, "1795132800.12");  // milliseconds, cut
}

TEST(JsonWriter, Values) {
  auto f = [](double value, std::string_view want) {
    std::string out;
    append_json_value(out, value);
    EXPECT_EQ(out, want);
  };
  f(2, "\"2\"");
  f(-0.5, "\"-0.5\"");
  f(2.0 / 15, "\"0.13333333333333333\"");
  f(1e21, "\"1000000000000000000000\"");
  f(std::numeric_limits<double>::quiet_NaN(), "\"NaN\"");
  f(std::numeric_limits<double>::infinity(), "\"+Inf\"");
  f(-std::numeric_limits<double>::infinity(), "\"-Inf\"");
}

TEST(JsonWriter, Texts) {
  auto f = [](std::string_view text, std::string_view want) {
    std::string out;
    append_json_text(out, text);
    EXPECT_EQ(out, want);
  };
  f("", R"("")");
  f("a \"b\" \\ c", R"("a \"b\" \\ c")");
  f("tab\tnew\nline", R"("tab\tnew\nline")");
  f(std::string_view("\0\x1f", 2), R"("\u0000\u001f")");
  f("\xc3\xa4 \xf0\x9f\x8c\x8d", "\"\xc3\xa4 \xf0\x9f\x8c\x8d\"");
  f("a\xff\x62", "\"a\xef\xbf\xbd\x62\"");                // bytes that are no text
  f("cut \xe2\x82", "\"cut \xef\xbf\xbd\xef\xbf\xbd\"");  // one for each byte
}

TEST(JsonWriter, NumbersThatJsonHasNot) {
  std::string out;
  append_json_number_of(out, std::numeric_limits<double>::infinity());
  append_json_number_of(out, 1.5);
  EXPECT_EQ(out, "01.5");
}

}  // namespace
}  // namespace tailrace
