#include "parse/time_zone.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "parse/go_time.h"
#include "parse/table.h"

namespace tailrace {
namespace {

TEST(TimeZone, OffsetsAndNames) {
  auto f = [](const char* zone, std::string_view when, int offset, std::string_view name,
              bool summer) {
    SCOPED_TRACE(std::string(zone) + " " + std::string(when));
    const auto period = (*TimeZone::find(zone))->at(parse_rfc3339(when)->seconds);
    EXPECT_EQ(period.offset, offset);
    EXPECT_EQ(period.abbreviation, name);
    EXPECT_EQ(period.is_summer, summer);
  };
  f("UTC", "2021-06-01T00:00:00Z", 0, "UTC", false);
  f("", "2021-06-01T00:00:00Z", 0, "UTC", false);
  f("Europe/Berlin", "2021-03-28T00:59:59Z", 3600, "CET", false);
  f("Europe/Berlin", "2021-03-28T01:00:00Z", 7200, "CEST", true);
  f("Europe/Berlin", "2099-07-01T00:00:00Z", 7200, "CEST", true);  // by the rule behind the table
  f("Europe/Berlin", "1800-01-01T00:00:00Z", 3208, "LMT", false);
  f("Australia/Sydney", "2090-01-01T00:00:00Z", 39600, "AEDT", true);  // summer over the new year
  f("Australia/Sydney", "2090-07-01T00:00:00Z", 36000, "AEST", false);
  f("Asia/Kolkata", "2050-01-01T00:00:00Z", 19800, "IST", false);
}

TEST(TimeZone, UnknownNames) {
  auto f = [](std::string_view name) {
    SCOPED_TRACE(name);
    const auto zone = TimeZone::find(name);
    ASSERT_FALSE(zone);
    EXPECT_EQ(zone.error().code(), ErrorCode::kNotFound);
    EXPECT_EQ(zone.error().text(), "unknown time zone " + std::string(name));
  };
  f("Mars/Base");
  f("../../../etc/passwd");
  f("/etc/localtime");
  f("Europe\\Berlin");
}

TEST(TimeZone, SameZoneIsOnePointer) {
  EXPECT_EQ(*TimeZone::find("Asia/Tokyo"), *TimeZone::find("Asia/Tokyo"));
}

// A version 2 file by hand: one kind, no changes, and a rule.
std::string small_file(std::string_view rule) {
  auto header = [](char times, char types, char name_bytes) {
    std::string out = "TZif2" + std::string(15, '\0');
    for (const char count : {'\0', '\0', '\0', times, types, name_bytes})
      out += std::string(3, '\0') + count;
    return out;
  };
  std::string out = header(0, 1, 4) + std::string("\0\0\0\0\0\0UTC\0", 10);
  out += header(0, 1, 4) + std::string("\0\0\x0e\x10\0\0XYZ\0", 10);
  return out + "\n" + std::string(rule) + "\n";
}

TEST(TimeZone, ReadsFiles) {
  auto f = [](std::string_view rule, std::string_view when, int offset) {
    SCOPED_TRACE(rule);
    const auto zone = TimeZone::from_tzif("test", small_file(rule));
    ASSERT_TRUE(zone);
    EXPECT_EQ(zone->at(parse_rfc3339(when)->seconds).offset, offset);
  };
  f("", "2021-01-01T00:00:00Z", 3600);  // no rule: the table holds
  f("XYZ-2", "2021-01-01T00:00:00Z", 7200);
  f("<+03>-3", "2021-01-01T00:00:00Z", 10800);
  f("A", "2021-01-01T00:00:00Z", 3600);  // no name: the rule is ignored
  f("EST5EDT", "2021-07-01T00:00:00Z", -4 * 3600);
  f("EST5EDT4:30,J60,J300", "2020-03-01T07:00:00Z", -16200);  // J60 is 1 March in every year
  f("EST5EDT,59,299", "2020-02-29T06:59:59Z", -5 * 3600);     // 59 is 29 February in leap years
  f("EST5EDT,59,299", "2020-02-29T07:00:00Z", -4 * 3600);
  f("EST5EDT,M3.2.0,M11.1.0/-1:30", "2021-11-06T22:00:00Z", -4 * 3600);
}

TEST(TimeZone, DamagedFilesAreRefused) {
  const std::string good = small_file("CET-1CEST,M3.5.0,M10.5.0/3");
  const std::size_t body = good.rfind('\n', good.size() - 2);
  for (std::size_t bytes = 0; bytes < body; ++bytes) {
    const auto zone = TimeZone::from_tzif("test", std::string_view(good).substr(0, bytes));
    EXPECT_FALSE(zone) << bytes;
  }
  test::Random random(99);
  for (int i = 0; i < 20000; ++i) {
    std::string bytes = good;
    for (int k = 0; k < 3; ++k)
      bytes[random.below(bytes.size())] = static_cast<char>(random.below(256));
    const auto zone = TimeZone::from_tzif("test", bytes);
    if (zone) {
      (void)zone->at(0);
      (void)zone->from_wall(1'600'000'000);
    }
  }
}

}  // namespace
}  // namespace tailrace
