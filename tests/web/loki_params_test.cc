#include "web/loki_params.h"

#include <functional>

#include "web/loki_rig.h"

namespace tailrace {
namespace {

constexpr std::int64_t kNow = kDay0 + 12 * 3600 * kNsPerSecond;

TEST(LokiTime, ReadsAllSpellings) {
  auto f = [](std::string_view text, std::optional<std::int64_t> want) {
    EXPECT_EQ(parse_loki_time(text), want) << text;
  };
  f("1795132800", kDay0);                         // ten digits: seconds
  f("4000000000", 4'000'000'000 * kNsPerSecond);  // Grafana's health check, in the year 2096
  f("17951328000", 17'951'328'000);               // eleven: nanoseconds
  f("1795132800000000001", kDay0 + 1);
  f("1795132800.25", kDay0 + 250 * kNsPerMs);
  f("1795132800.0004", kDay0);  // milliseconds are kept, no more
  f("0", 0);
  f("-5", -5 * kNsPerSecond);
  f("2026-11-20T00:00:00Z", kDay0);
  f("2026-11-20T00:00:00.125Z", kDay0 + 125 * kNsPerMs);
  f("2026-11-20T00:00:00.000000001Z", kDay0 + 1);
  f("2026-11-20T02:30:00+02:30", kDay0);
  f("2026-11-19T22:00:00.5-02:00", kDay0 + 500 * kNsPerMs);
  f("", std::nullopt);
  f("abc", std::nullopt);
  f("12x", std::nullopt);
  f("2026-11-20", std::nullopt);
  f("2026-13-20T00:00:00Z", std::nullopt);
  f("2026-11-20T00:00:00", std::nullopt);
  f("2026-11-20T00:00:00+0230", std::nullopt);
  f("2026-11-20T00:00:00,125Z", kDay0 + 125 * kNsPerMs);
  f("2026-11-20t00:00:00Z", std::nullopt);
  f("2026-11-20T00:00:00z", std::nullopt);
  f("2026-11-31T00:00:00Z", std::nullopt);  // there is none
  f("2026-02-29T00:00:00Z", std::nullopt);
  f("2026-11-+1T00:00:00Z", std::nullopt);
  f("+179513280", 179'513'280 * kNsPerSecond);
  f("+-5", std::nullopt);
  f("99999999999999999999", std::nullopt);
  // Far away: 1938 and 2115 are where time ends.
  f("9999999999", 4'600'000'000 * kNsPerSecond);
  f("9223372036854775807", 4'600'000'000 * kNsPerSecond);
  f("-9223372036854775808", -1'000'000'000 * kNsPerSecond);
  f("9100000000.5", 4'600'000'000 * kNsPerSecond);
  f("0342-11-20T00:00:00.5Z", -1'000'000'000 * kNsPerSecond);
  f("9999-12-31T23:59:59Z", 4'600'000'000 * kNsPerSecond);
}

// What a handler makes of the parameters, by requests of both kinds.
class Params {
 public:
  using Show = std::function<std::string(const LokiParams&)>;
  explicit Params(Show show)
      : server_([show = std::move(show)](Router& router) {
          for (const char* method : {"GET", "POST"}) {
            router.add(method, "/", [show](Request& request, Response& response) {
              response.body = show(LokiParams(request, kNow));
            });
          }
        }) {}
  std::string of(const std::string& query) {
    return body("GET /?" + query + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  }
  std::string of_form(const std::string& query, const std::string& form, const std::string& type) {
    return body("POST /?" + query + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Type: " +
                type + "\r\nContent-Length: " + std::to_string(form.size()) + "\r\n\r\n" + form);
  }

 private:
  std::string body(const std::string& request) {
    const std::string all = server_.talk(request);
    return all.substr(all.find("\r\n\r\n") + 4);
  }
  TestServer server_;
};

template <class T>
std::string shown(const Result<T>& result) {
  return result ? std::to_string(*result) : result.error().text();
}

TEST(LokiParams, Range) {
  Params params([](const LokiParams& given) {
    const Result<LokiParams::Range> range = given.range();
    if (!range) return range.error().text();
    return std::to_string(range->start_ns / kNsPerSecond - kNow / kNsPerSecond) + " " +
           std::to_string(range->end_ns / kNsPerSecond - kNow / kNsPerSecond);
  });
  auto f = [&](const std::string& query, std::string_view want) {
    EXPECT_EQ(params.of(query), want) << query;
  };
  const std::string now = std::to_string(kNow);
  const std::string later = std::to_string(kNow + 3600 * kNsPerSecond);
  f("", "-3600 0");
  f("since=30m", "-1800 0");
  f("end=" + later, "-3600 3600");  // an end in the future does not move the start
  f("start=" + now, "0 0");         // equal is good
  f("start=" + now + "&end=" + later, "0 3600");
  f("start=" + later + "&end=" + now, "end timestamp must not be before or equal to start time");
  f("since=290y", "-2795176000 0");
  f("start=abc", "could not parse 'start' parameter: cannot parse \"abc\" as a time");
  f("end=1.2.3", "could not parse 'end' parameter: cannot parse \"1.2.3\" as a time");
  EXPECT_TRUE(params.of("since=x").starts_with("could not parse 'since' parameter: "));
}

TEST(LokiParams, Step) {
  Params params([](const LokiParams& given) {
    return shown(given.step({0, 3600 * kNsPerSecond}));
  });
  auto f = [&](const std::string& query, std::string_view want) {
    EXPECT_EQ(params.of(query), want) << query;
  };
  f("", "14000000000");  // a 250th, in whole seconds
  f("step=30", "30000000000");
  f("step=0.5", "500000000");
  f("step=15000ms", "15000000000");
  f("step=1m30s", "90000000000");
  const std::string_view not_positive =
      "zero or negative query resolution step widths are not accepted. Try a positive integer";
  f("step=0", not_positive);
  f("step=-5", not_positive);
  f("step=abc", "cannot parse \"abc\" to a valid duration");
  f("step=0.1",
    "exceeded maximum resolution of 11,000 points per time series. Try increasing the value of the "
    "step parameter");
}

TEST(LokiParams, IntervalLimitAndDirection) {
  Params interval([](const LokiParams& given) { return shown(given.interval()); });
  EXPECT_EQ(interval.of(""), "0");
  EXPECT_EQ(interval.of("interval=2.5"), "2500000000");
  EXPECT_EQ(interval.of("interval=1m"), "60000000000");
  EXPECT_EQ(interval.of("interval=-1"), "interval must be >= 0");
  EXPECT_EQ(interval.of("interval=x"), "cannot parse \"x\" to a valid duration");

  Params limit([](const LokiParams& given) { return shown(given.count("limit", 100)); });
  EXPECT_EQ(limit.of(""), "100");
  EXPECT_EQ(limit.of("limit="), "100");
  EXPECT_EQ(limit.of("limit=7"), "7");
  EXPECT_EQ(limit.of("limit=0"), "limit must be a positive value");
  EXPECT_EQ(limit.of("limit=-3"), "limit must be a positive value");
  EXPECT_EQ(limit.of("limit=1x"), "strconv.Atoi: parsing \"1x\": invalid syntax");

  Params direction([](const LokiParams& given) { return shown(given.backward()); });
  EXPECT_EQ(direction.of(""), "1");
  EXPECT_EQ(direction.of("direction=BACKWARD"), "1");
  EXPECT_EQ(direction.of("direction=Forward"), "0");
  EXPECT_EQ(direction.of("direction=up"), "invalid direction 'up'");
}

TEST(LokiParams, FormsCountAsTheQueryDoes) {
  Params params([](const LokiParams& given) {
    std::string out = given.get("query");
    for (const std::string& each : given.all("match")) out += " " + each;
    return out;
  });
  const std::string form = "application/x-www-form-urlencoded";
  EXPECT_EQ(params.of("query=%7Ba%3D%22b+c%22%7D"), "{a=\"b c\"}");
  EXPECT_EQ(params.of_form("", "query=%7B%7D&match=x", form), "{} x");
  EXPECT_EQ(params.of_form("match=1", "match=2", form + "; charset=UTF-8"), " 2 1");
  EXPECT_EQ(params.of_form("query=q", "query=other", form), "other");
  EXPECT_EQ(params.of_form("", "query=q", "text/plain"), "") << "no form";
}

}  // namespace
}  // namespace tailrace
