// The stages that read times: timestamp, docker, cri.
#include "model/ledger.h"
#include "pipeline/run_stage.h"

namespace tailrace {
namespace {

constexpr std::int64_t kNow = 1'700'000'000 * kNsPerSecond;
constexpr std::int64_t k2021 = 1'609'459'200 * kNsPerSecond;  // 2021-01-01T00:00:00Z

std::vector<std::int64_t> times_of(const RanList& out) {
  std::vector<std::int64_t> times;
  for (const Ran& ran : out) times.push_back(ran.timestamp_ns);
  return times;
}
using Times = std::vector<std::int64_t>;

Times times(std::string_view options, const std::vector<std::string>& lines) {
  return times_of(run_stages("- regex: {expression: '^(?P<t>.*)$'}\n- timestamp: {source: t, " +
                                 std::string(options) + "}",
                             lines));
}

TEST(TimestampStage, ReadsFormats) {
  auto f = [](std::string_view options, std::string_view line, std::int64_t want) {
    EXPECT_EQ(times(options, {std::string(line)}), Times{want}) << options << " " << line;
  };
  f("format: RFC3339", "2021-01-01T00:00:00Z", k2021);
  f("format: RFC3339Nano", "2021-01-01T00:00:00.000000001Z", k2021 + 1);
  f("format: Unix", "1609459200.5", k2021 + kNsPerSecond / 2);
  f("format: UnixMs", "1609459200001", k2021 + kNsPerMs);
  f("format: UnixNs", "1609459200000000001", k2021 + 1);
  f("format: '2006-01-02 15:04:05', location: America/New_York", "2021-01-01 00:00:00",
    k2021 + 5 * 3600 * kNsPerSecond);
  f("format: RFC3339, fallback_formats: [Unix, UnixDate]", "1609459200", k2021);
  f("format: RFC3339", "bad", kNow);
}

TEST(TimestampStage, ALayoutWithoutYearAsksTheClock) {
  // The clock says 2023-11-14.
  EXPECT_EQ(times("format: 'Jan _2 15:04:05'", {"Nov 14 22:13:20"}), Times{kNow});
}

TEST(TimestampStage, FudgesFromTheLastGoodTimeOfTheStream) {
  EXPECT_EQ(times("format: RFC3339",
                  {"bad", "2021-01-01T00:00:00Z", "bad", "bad", "2021-01-01T00:00:10Z", "bad"}),
            (Times{kNow, k2021, k2021 + 1, k2021 + 2, k2021 + 10 * kNsPerSecond,
                   k2021 + 10 * kNsPerSecond + 1}));
  EXPECT_EQ(times_of(run_stages(R"(
- regex: {expression: '^(?P<app>\w) (?P<t>.*)$'}
- labels: {app: }
- timestamp: {source: t, format: Unix})",
                                {"a 1", "b 2", "a x", "b x", "c x"})),
            (Times{kNsPerSecond, 2 * kNsPerSecond, kNsPerSecond + 1, 2 * kNsPerSecond + 1, kNow}));
}

TEST(TimestampStage, SkipKeepsTheTime) {
  EXPECT_EQ(times("format: RFC3339, action_on_failure: skip", {"2021-01-01T00:00:00Z", "bad"}),
            (Times{k2021, kNow}));
}

TEST(TimestampStage, AMissingOrNullSourceIsAFailure) {
  EXPECT_EQ(
      times_of(run_stages(R"(
- json: {expressions: {t: }}
- timestamp: {source: t, format: Unix})",
                          {R"({"t":"5"})", R"({"t":null})", "no json", R"({"t":6})"})),
      (Times{5 * kNsPerSecond, 5 * kNsPerSecond + 1, 5 * kNsPerSecond + 2, 6 * kNsPerSecond}));
}

TEST(DockerStage, Unwraps) {
  auto f = [](std::string_view line, const Ran& want) {
    EXPECT_EQ(run_stages("- docker: {}", {std::string(line)}), RanList{want}) << line;
  };
  f(R"({"log":"first\n","stream":"stdout","time":"2021-01-01T00:00:00.123456789Z"})",
    {.labels = R"({job="test", stream="stdout"})",
     .line = "first\n",
     .timestamp_ns = k2021 + 123456789});
  f(R"({"time":"2021-01-01T02:00:00+02:00","log":"q\"\u00e4"})",
    {.line = "q\"\xc3\xa4", .timestamp_ns = k2021});
  f(R"({"stream":"stderr","other":1})", {.labels = R"({job="test", stream="stderr"})",
                                         .line = R"({"stream":"stderr","other":1})",
                                         .timestamp_ns = kNow});
  f(R"({"log":"","stream":"","time":""})",
    {.labels = R"({job="test", stream=""})", .line = "", .timestamp_ns = kNow});
  f(R"({"log":{"a": 1},"stream":null})", {.line = R"({"a":1})", .timestamp_ns = kNow});
  f("plain text", {.line = "plain text", .timestamp_ns = kNow});
  f(R"({"log":"broken)", {.line = R"({"log":"broken)", .timestamp_ns = kNow});
}

TEST(DockerStage, FudgesBadTimes) {
  EXPECT_EQ(
      times_of(run_stages("- docker:", {R"({"log":"a","stream":"s","time":"2021-01-01T00:00:00Z"})",
                                        R"({"log":"b","stream":"s","time":"bad"})", "plain"})),
      (Times{k2021, k2021 + 1, kNow}));
}

TEST(DockerStage, LeavesItsFields) {
  EXPECT_EQ(fields_after("- docker:", R"({"log":"a","stream":"s","time":"t"})"),
            (FieldTexts{{"output", "a"}, {"stream", "s"}, {"timestamp", "t"}}));
}

// docker and cri are pipelines of their own, which begin by taking in the labels there are.
TEST(NestedPipelines, SeeLabelsSetBeforeThem) {
  auto f = [](std::string_view stage, std::string_view line, std::string_view want) {
    const std::string stages = "- static_labels: {env: prod}\n- " + std::string(stage) +
                               ": {}\n- template: {source: t, template: '[{{ .env }}]'}\n"
                               "- output: {source: t}\n- labelallow: [env]\n";
    EXPECT_EQ(run_stages(stages, {std::string(line)}),
              (RanList{{.labels = R"({env="prod"})", .line = std::string(want)}}))
        << stage << " " << line;
  };
  f("docker", R"({"log":"a"})", "[prod]");
  f("docker", "no JSON", "[prod]");
  f("cri", "2021-01-01T00:00:00Z stdout F x", "[prod]");
  f("cri", "no CRI", "[prod]");
  f("decolorize", "x", "[<no value>]");
}

// A line of another form fails in the timestamp step only: the fields it has are used as they are.
TEST(NestedPipelines, LinesOfAnotherFormGoOnWithTheirFields) {
  const std::string before =
      "- regex: {expression: '^(?P<stream>s\\d) (?P<output>\\w+)(?P<content>x)'}\n";
  EXPECT_EQ(run_stages(before + "- docker: {}", {"s1 outx"}),
            (RanList{{.labels = R"({job="test", stream="s1"})", .line = "out"}}));
  EXPECT_EQ(run_stages(before + "- cri: {}", {"s1 outx"}),
            (RanList{{.labels = R"({job="test", stream="s1"})", .line = "x"}}));
  Harness fudged("- docker: {}", {.labels = {{"stream", "s"}}});
  fudged.lines({R"({"log":"a","stream":"s","time":"2021-01-01T00:00:00Z"})", "no JSON"});
  EXPECT_EQ(fudged.out.at(1).timestamp_ns, fudged.out.at(0).timestamp_ns + 1);
}

TEST(CriStage, Unwraps) {
  EXPECT_EQ(
      run_stages("- cri:", {"2021-01-01T00:00:00.5Z stdout F hello world",
                            "2021-01-01T01:00:00+01:00 stderr F  leading space", "not a cri line",
                            "2021-01-01T00:00:00Z stdlog F wrong stream"}),
      (RanList{{.labels = R"({job="test", stream="stdout"})",
                .line = "hello world",
                .timestamp_ns = k2021 + kNsPerSecond / 2},
               {.labels = R"({job="test", stream="stderr"})",
                .line = " leading space",
                .timestamp_ns = k2021},
               {.line = "not a cri line", .timestamp_ns = kNow},
               {.line = "2021-01-01T00:00:00Z stdlog F wrong stream", .timestamp_ns = kNow}}));
  EXPECT_EQ(fields_after("- cri:", "2021-01-01T00:00:00Z stdout F x"),
            (FieldTexts{{"time", "2021-01-01T00:00:00Z"},
                        {"stream", "stdout"},
                        {"flags", "F"},
                        {"content", "x"}}));
}

TEST(CriStage, JoinsPartsPerStream) {
  EXPECT_EQ(
      run_stages("- cri: {}",
                 {"2021-01-01T00:00:00Z stdout P one ", "2021-01-01T00:00:01Z stderr F unrelated",
                  "2021-01-01T00:00:02Z stdout P two ", "2021-01-01T00:00:03Z stdout F three",
                  "2021-01-01T00:00:04Z stdout F alone"}),
      (RanList{{.labels = R"({job="test", stream="stderr"})",
                .line = "unrelated",
                .timestamp_ns = k2021 + kNsPerSecond},
               {.labels = R"({job="test", stream="stdout"})",
                .line = "one two three",
                .timestamp_ns = k2021 + 3 * kNsPerSecond},
               {.labels = R"({job="test", stream="stdout"})",
                .line = "alone",
                .timestamp_ns = k2021 + 4 * kNsPerSecond}}));
}

TEST(CriStage, CutsJoinedLines) {
  const RanList out = run_stages(
      "- cri: {max_partial_line_size: 10, max_partial_line_size_truncate: true}",
      {"2021-01-01T00:00:00Z stdout P 1234567", "2021-01-01T00:00:00Z stdout P 89abcdef",
       "2021-01-01T00:00:00Z stdout F ghij", "2021-01-01T00:00:00Z stdout F a full line alone"});
  ASSERT_EQ(out.size(), 2U);
  EXPECT_EQ(out[0].line, "123456789a");
  EXPECT_EQ(out[1].line, "a full line alone");
}

TEST(CriStage, SendsAllWhenTooManyStreamsHaveParts) {
  Harness harness("- cri: {max_partial_lines: 2}");
  const auto part = [&](const std::string& host, const std::string& text) {
    harness.line({{"host", host}}, "2021-01-01T00:00:00Z stdout " + text);
  };
  part("a", "P a1 ");
  part("b", "P b1 ");
  EXPECT_TRUE(harness.out.empty());
  part("c", "P c1 ");
  ASSERT_EQ(harness.out.size(), 2U);
  EXPECT_EQ(harness.out[0].line, "a1 ");
  EXPECT_EQ(harness.out[1].line, "b1 ");
  part("c", "F c2");
  ASSERT_EQ(harness.out.size(), 3U);
  EXPECT_EQ(harness.out[2].line, "c1 c2");
}

TEST(CriStage, HoldsTheReadsOfItsParts) {
  Harness harness("- cri: {}");
  Ledger<int> ledger(0);
  Ticket* const first = ledger.issue(1);
  Ticket* const second = ledger.issue(2);
  harness.line("2021-01-01T00:00:00Z stdout P a", first);
  first->release();
  EXPECT_EQ(ledger.committed(), 0);
  harness.line("2021-01-01T00:00:00Z stdout P b", second);
  second->release();
  EXPECT_EQ(ledger.committed(), 0);
  harness.line("2021-01-01T00:00:00Z stdout F c");
  EXPECT_EQ(ledger.committed(), 2);
  ASSERT_EQ(harness.out.size(), 1U);
  EXPECT_EQ(harness.out[0].line, "abc");
}

TEST(CriStage, LetsGoOfPartsThatNeverEnd) {
  Harness harness("- cri: {}");
  harness.line("2021-01-01T00:00:00Z stdout P waiting");
  EXPECT_EQ(harness.pipeline->deadline_ns(), harness.clock.now_ns() + 30 * kNsPerSecond);
  harness.pass_time(29 * kNsPerSecond);
  EXPECT_TRUE(harness.out.empty());
  harness.pass_time(kNsPerSecond);
  ASSERT_EQ(harness.out.size(), 1U);
  EXPECT_EQ(harness.out[0].line, "waiting");
  EXPECT_EQ(harness.pipeline->deadline_ns(), kNever);
  harness.line("2021-01-01T00:00:00Z stdout P at the stop");
  harness.stop();
  ASSERT_EQ(harness.out.size(), 2U);
  EXPECT_EQ(harness.out[1].line, "at the stop");
}

}  // namespace
}  // namespace tailrace
