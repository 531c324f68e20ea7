#include "base/units.h"

#include <gtest/gtest.h>

#include <limits>
#include <optional>

namespace tailrace {
namespace {

constexpr std::int64_t kMaxNs = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kMinNs = std::numeric_limits<std::int64_t>::min();

TEST(GoDuration, Parses) {
  auto f = [](std::string_view text, std::optional<std::int64_t> want) {
    SCOPED_TRACE(text);
    const Result<std::int64_t> got = parse_go_duration(text);
    ASSERT_EQ(got.has_value(), want.has_value());
    if (want) {
      EXPECT_EQ(*got, *want);
    } else {
      EXPECT_NE(got.error().text().find("\"" + std::string(text) + "\""), std::string::npos);
    }
  };
  f("0", 0);
  f("-0", 0);
  f("1h30m", 5'400'000'000'000);
  f("1.5s", 1'500'000'000);
  f("300ms", 300'000'000);
  f("-1.5h", -5'400'000'000'000);
  f("+5s", 5'000'000'000);
  f("1.s", 1'000'000'000);
  f(".5s", 500'000'000);
  f("1us", 1'000);
  f("1\u00b5s", 1'000);
  f("1\u03bcs", 1'000);
  f("1s1s", 2'000'000'000);
  f("39h9m14.425s", 140'954'425'000'000);
  f("9007199254.740993s", 9'007'199'254'740'993'000);
  f("0.100000000000000000000h", 360'000'000'000);
  f("0.3333333333333333333h", 1'200'000'000'000);
  f("0.9223372036854775807h", 3'320'413'933'267);
  f("0.00000000000000000000001s", 0);
  f("9223372036854775807ns", kMaxNs);
  f("-9223372036854775808ns", kMinNs);
  f("2562047h47m16.854775807s", kMaxNs);
  f("", std::nullopt);
  f("+", std::nullopt);
  f(".", std::nullopt);
  f("1", std::nullopt);
  f("s", std::nullopt);
  f("--1s", std::nullopt);
  f(" 1s", std::nullopt);
  f("1s ", std::nullopt);
  f("1d", std::nullopt);
  f("1e3s", std::nullopt);
  f("10 seconds", std::nullopt);
  f("3000000h", std::nullopt);
  f("9223372036854775808ns", std::nullopt);
  f("2562047h47m16.854775808s", std::nullopt);
  f("99999999999999999999s", std::nullopt);
}

TEST(GoDuration, FormatsAsGo) {
  auto f = [](std::int64_t ns, std::string_view want) {
    EXPECT_EQ(format_go_duration(ns), want);
    EXPECT_EQ(parse_go_duration(format_go_duration(ns)).value(), ns);
  };
  f(0, "0s");
  f(1, "1ns");
  f(999, "999ns");
  f(1'100, "1.1\u00b5s");
  f(1'500'000, "1.5ms");
  f(999'999'999, "999.999999ms");
  f(2'200'000'000, "2.2s");
  f(60'000'000'000, "1m0s");
  f(3'661'500'000'000, "1h1m1.5s");
  f(-1'500'000'000, "-1.5s");
  f(kMaxNs, "2562047h47m16.854775807s");
  f(kMinNs, "-2562047h47m16.854775808s");
}

TEST(PrometheusDuration, Parses) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  auto f = [](std::string_view text, std::optional<std::int64_t> want) {
    SCOPED_TRACE(text);
    const Result<std::int64_t> got = parse_prometheus_duration(text);
    EXPECT_EQ(got.has_value() ? std::optional(*got) : std::nullopt, want);
  };
  f("0", 0);
  f("0s", 0);
  f("5m", 300 * kSecond);
  f("1d12h", 36 * 3600 * kSecond);
  f("1w", 7 * 86400 * kSecond);
  f("1y", 365 * 86400 * kSecond);
  f("1s500ms", kSecond + kSecond / 2);
  f("90s", 90 * kSecond);
  f("292y", std::int64_t{292} * 365 * 86400 * kSecond);
  f("", std::nullopt);
  f("1", std::nullopt);
  f("1.5s", std::nullopt);
  f("-1s", std::nullopt);
  f("12h1d", std::nullopt);
  f("1h1h", std::nullopt);
  f("1us", std::nullopt);
  f("1 h", std::nullopt);
  f("293y", std::nullopt);
  f("99999999999999999999s", std::nullopt);
}

TEST(PrometheusDuration, FormatsAsPrometheus) {
  auto f = [](std::string_view text, std::string_view want) {
    EXPECT_EQ(format_prometheus_duration(parse_prometheus_duration(text).value()), want);
  };
  f("0", "0s");
  f("5m", "5m");
  f("90s", "1m30s");
  f("36h", "1d12h");
  f("1w", "1w");
  f("8d", "8d");
  f("365d", "1y");
  f("366d", "366d");
  f("1ms", "1ms");
  EXPECT_EQ(format_prometheus_duration(-1'500'000'000), "-1s500ms");
  EXPECT_EQ(format_prometheus_duration(999'999), "0s");
}

TEST(Size, Parses) {
  auto f = [](std::string_view text, std::optional<std::uint64_t> want) {
    SCOPED_TRACE(text);
    const Result<std::uint64_t> got = parse_size(text);
    EXPECT_EQ(got.has_value() ? std::optional(*got) : std::nullopt, want);
  };
  f("0", 0);
  f("100", 100);
  f("100B", 100);
  f("1k", 1024);
  f("256kb", 262'144);
  f("1 MB", 1'048'576);
  f("2g", 2'147'483'648);
  f("1TB", 1'099'511'627'776);
  f("1pb", 1'125'899'906'842'624);
  f("18446744073709551615", std::numeric_limits<std::uint64_t>::max());
  f("", std::nullopt);
  f("kb", std::nullopt);
  f("1.5kb", std::nullopt);
  f("-1", std::nullopt);
  f("1kib", std::nullopt);
  f("1 k b", std::nullopt);
  f("18446744073709551616", std::nullopt);
  f("16384pb", std::nullopt);
}

}  // namespace
}  // namespace tailrace
