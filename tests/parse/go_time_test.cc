#include "parse/go_time.h"

#include <gtest/gtest.h>

#include "parse/table.h"
#include "parse/timestamp_format.h"

namespace tailrace {
namespace {

constexpr std::string_view kParse[] = {
#include "parse/tables/time_parse.inc"
};
constexpr std::string_view kFormat[] = {
#include "parse/tables/time_format.inc"
};

const TimeZone& zone_of(const std::string& name) {
  const Result<const TimeZone*> zone = TimeZone::find(name);
  EXPECT_TRUE(zone) << name;
  return **zone;
}

TEST(GoLayout, ReadsWhatGoReads) {
  for (const std::string_view row : kParse) {
    SCOPED_TRACE(row);
    const std::vector<std::string> fields = test::row_fields(row);
    const auto time = GoLayout::compile(fields[0]).parse(fields[2], zone_of(fields[1]));
    ASSERT_EQ(time.has_value(), fields[3] != "no");
    if (!time) continue;
    EXPECT_EQ(std::to_string(time->seconds), fields[3]);
    EXPECT_EQ(std::to_string(time->nanos), fields[4]);
    EXPECT_EQ(std::to_string(time->offset), fields[5]);
    EXPECT_EQ(time->zone(), fields[6]);
  }
}

TEST(GoLayout, WritesWhatGoWrites) {
  for (const std::string_view row : kFormat) {
    SCOPED_TRACE(row);
    const std::vector<std::string> fields = test::row_fields(row);
    const GoTime time = GoTime::at(std::stoll(fields[2]), std::stoi(fields[3]), zone_of(fields[1]));
    std::string text;
    GoLayout::compile(fields[0]).format(time, text);
    EXPECT_EQ(text, fields[4]);
  }
}

TEST(GoLayout, QuickPathIsTheLongPath) {
  // Blanks in the layout do not change what it reads here, but keep it from the quick path.
  const GoLayout quick = GoLayout::compile("2006-01-02T15:04:05.999999999Z07:00");
  const std::vector<std::string_view> pieces = {
      "2021-03-14", "T",          "02:30:00", "Z", "+05:30", ".5",
      ",123",       "2020-02-29", "-",        ":", "24",     "1999-12-31T23:59:59"};
  test::Random random(20210314);
  const GoLayout slow = GoLayout::compile("2006-01-02T15:04:05.999999999Z07:00 ");
  for (int i = 0; i < 20000; ++i) {
    const std::string text = random.text(pieces, 6);
    SCOPED_TRACE(text);
    const auto a = quick.parse(text, TimeZone::utc());
    const auto b = slow.parse(text + " ", TimeZone::utc());
    if (text.ends_with(' ')) continue;
    ASSERT_EQ(a.has_value(), b.has_value());
    if (a) {
      EXPECT_EQ(a->unix_ns(), b->unix_ns());
    }
  }
}

TEST(GoLayout, NanosecondsThatFit) {
  auto f = [](std::string_view text, std::optional<std::int64_t> want) {
    SCOPED_TRACE(text);
    const auto time = parse_rfc3339(text);
    ASSERT_TRUE(time);
    EXPECT_EQ(time->unix_ns(), want);
  };
  f("1970-01-01T00:00:00Z", 0);
  f("1969-12-31T23:59:59.999999999Z", -1);
  f("2262-04-11T23:47:16.854775807Z", std::numeric_limits<std::int64_t>::max());
  f("2262-04-11T23:47:16.854775808Z", std::nullopt);
  f("1677-09-21T00:12:43.145224192Z", std::numeric_limits<std::int64_t>::min());
  f("1677-09-21T00:12:43.145224191Z", std::nullopt);
  f("0000-01-01T00:00:00Z", std::nullopt);
  f("9999-12-31T23:59:59Z", std::nullopt);
}

std::int64_t ns(std::string_view rfc3339) { return parse_rfc3339(rfc3339)->unix_ns().value(); }

TEST(TimestampFormat, Numbers) {
  auto f = [](std::string_view format, std::string_view text, std::optional<std::int64_t> want) {
    SCOPED_TRACE(std::string(format) + " " + std::string(text));
    EXPECT_EQ(TimestampFormat::compile(format, nullptr).parse(text, 0), want);
  };
  f("Unix", "1609459200", 1609459200'000000000);
  f("Unix", "1609459200.5", 1609459200'500000000);
  f("Unix", "1609459200.123456789", 1609459200'123456789);
  f("Unix", "1609459200.1234567891", 1609459200'123456789);
  f("Unix", "-1.5", -500000000);
  f("Unix", "+7", 7'000000000);
  f("Unix", "1.", std::nullopt);
  f("Unix", ".5", std::nullopt);
  f("Unix", "1.5.5", std::nullopt);
  f("Unix", "1e3", std::nullopt);
  f("Unix", " 1", std::nullopt);
  f("Unix", "", std::nullopt);
  f("Unix", "99999999999", std::nullopt);  // year 5138: does not fit
  f("UnixMs", "1609459200123", 1609459200'123000000);
  f("UnixMs", "1609459200123.5", std::nullopt);
  f("UnixUs", "-1", -1000);
  f("UnixNs", "9223372036854775807", std::numeric_limits<std::int64_t>::max());
  f("UnixNs", "9223372036854775808", std::nullopt);
}

TEST(TimestampFormat, Layouts) {
  auto f = [](std::string_view format, const char* zone, std::string_view text,
              std::optional<std::int64_t> want) {
    SCOPED_TRACE(std::string(format) + " " + std::string(text));
    const TimeZone* place = zone == nullptr ? nullptr : *TimeZone::find(zone);
    EXPECT_EQ(TimestampFormat::compile(format, place).parse(text, 0), want);
  };
  f("RFC3339Nano", nullptr, "2021-01-01T00:00:00.5+01:00", ns("2020-12-31T23:00:00.5Z"));
  f("RFC3339Nano", nullptr, "2021-01-01t00:00:00Z", std::nullopt);
  f("RFC3339Nano", nullptr, "2021-01-01T00:00:00z", std::nullopt);
  // The location is for custom layouts only.
  f("ANSIC", "America/New_York", "Fri Jan  1 00:00:00 2021", ns("2021-01-01T00:00:00Z"));
  f("2006-01-02 15:04", "America/New_York", "2021-03-14 02:30", ns("2021-03-14T06:30:00Z"));
  f("2006-01-02 15:04", "America/New_York", "2021-11-07 01:30", ns("2021-11-07T05:30:00Z"));
  f("2006-01-02 15:04 MST", "America/New_York", "2021-01-01 00:00 EST", ns("2021-01-01T05:00:00Z"));
  f("2006-01-02 15:04 MST", "America/New_York", "2021-01-01 00:00 PST", ns("2021-01-01T00:00:00Z"));
  f("2006-01-02 15:04 MST", nullptr, "2021-01-01 00:00 GMT+3", ns("2021-01-01T00:00:00Z"));
  // "06" in the fraction counts as a year, so this is year 0, which has no nanoseconds.
  f("Jan 2 15:04:05.000006", nullptr, "Jan 2 15:04:05.123456", std::nullopt);
}

TEST(TimestampFormat, MissingYear) {
  auto f = [](std::string_view text, std::string_view now, std::string_view want) {
    SCOPED_TRACE(std::string(text) + " now " + std::string(now));
    EXPECT_EQ(TimestampFormat::compile("Jan 2 15:04:05", nullptr).parse(text, ns(now)), ns(want));
  };
  f("Jun 5 10:00:00", "2021-06-05T10:00:01Z", "2021-06-05T10:00:00Z");
  f("Dec 31 23:59:59", "2022-01-15T12:00:00Z", "2021-12-31T23:59:59Z");
  f("Jan 1 00:00:01", "2021-12-15T12:00:00Z", "2022-01-01T00:00:01Z");
  f("Dec 31 23:59:59", "2022-02-15T12:00:00Z", "2022-12-31T23:59:59Z");
  f("Feb 29 00:00:00", "2024-03-15T12:00:00Z", "2024-02-29T00:00:00Z");
  f("Feb 29 00:00:00", "2023-03-15T12:00:00Z", "2023-03-01T00:00:00Z");
}

TEST(TimestampFormat, RandomTextsDoNoHarm) {
  const std::vector<std::string_view> pieces = {"Mon", "Jan", "2006", " ",  "GMT+", "-0700",
                                                "12",  ":",   ".5",   "PM", "Z"};
  test::Random random(7);
  for (const std::string_view layout :
       {"Mon Jan _2 15:04:05 MST 2006", "RFC3339Nano", "Unix", "__2 06 -07:00:00 .000"}) {
    const TimestampFormat format = TimestampFormat::compile(layout, &TimeZone::utc());
    for (int i = 0; i < 5000; ++i) (void)format.parse(random.text(pieces, 10), 0);
  }
}

}  // namespace
}  // namespace tailrace
