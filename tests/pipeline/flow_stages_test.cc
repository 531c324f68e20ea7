// The stages that decide where an entry goes: match, drop, limit, sampling.
#include "pipeline/run_stage.h"

namespace tailrace {
namespace {

std::vector<std::string> lines_of(const RanList& out) {
  std::vector<std::string> lines;
  for (const Ran& ran : out) lines.push_back(ran.line);
  return lines;
}
using Lines = std::vector<std::string>;

TEST(MatchStage, RunsItsStagesForWhatMatches) {
  EXPECT_EQ(run_stages(R"(
- regex: {expression: '^(?P<app>\w+)'}
- labels: {app: }
- match:
    selector: '{app="nginx"} |= " x"'
    stages:
      - static_labels: {kind: web}
- static_labels: {after: all})",
                       {"nginx x", "nginx y", "pg x"}),
            (RanList{{.labels = R"({after="all", app="nginx", job="test", kind="web"})",
                      .line = "nginx x"},
                     {.labels = R"({after="all", app="nginx", job="test"})", .line = "nginx y"},
                     {.labels = R"({after="all", app="pg", job="test"})", .line = "pg x"}}));
}

TEST(MatchStage, FillsTheMapAgainWithLabels) {
  // Inside, the label set before counts as a field; what was extracted stays, unless a label has
  // its name.
  EXPECT_EQ(run_stages(R"(
- regex: {expression: '^(?P<a>\w+) (?P<b>\w+)'}
- static_labels: {fresh: label, b: label}
- match:
    selector: '{job="test"}'
    stages:
      - template: {source: t, template: '{{ .a }} {{ .b }} {{ .fresh }} {{ .job }}'}
- output: {source: t})",
                       {"one two"}),
            (RanList{{.labels = R"({b="label", fresh="label", job="test"})",
                      .line = "one label label test"}}));
}

TEST(MatchStage, LabelsTakenAwayStayInTheMap) {
  EXPECT_EQ(run_stages(R"(
- labelallow: [none]
- match:
    selector: '{job=""}'
    stages:
      - template: {source: t, template: '{{ range $k, $v := . }}{{ $k }}={{ $v }};{{ end }}'}
      - output: {source: t})",
                       {"x"}),
            (RanList{{.labels = "{}", .line = "Entry=x;job=test;"}}));
}

TEST(MatchStage, FieldsOfTheInnerStagesAreSeenAfterIt) {
  EXPECT_EQ(run_stages(R"(
- match:
    selector: '{job="test"}'
    stages:
      - regex: {expression: '(?P<x>\d+)'}
- labels: {x: })",
                       {"a 12"}),
            (RanList{{.labels = R"({job="test", x="12"})", .line = "a 12"}}));
}

TEST(MatchStage, KeepsTheOrderOfEntries) {
  std::vector<std::string> lines;
  for (int i = 0; i < 100; ++i) lines.push_back((i % 3 == 0 ? "a " : "b ") + std::to_string(i));
  EXPECT_EQ(lines_of(run_stages(R"(
- match:
    selector: '{job="test"} |= "a"'
    stages:
      - decolorize: {})",
                                lines)),
            lines);
}

TEST(MatchStage, DropsAndCounts) {
  Harness harness(R"(
- match: {selector: '{job="test"} |~ "health"', action: drop, drop_counter_reason: healthcheck}
- match: {selector: '{job="test"} |= "noise"', action: drop})");
  harness.lines({"GET /health", "GET /x", "noise", "GET /healthz", "end"});
  EXPECT_EQ(lines_of(harness.out), (Lines{"GET /x", "end"}));
  EXPECT_EQ(harness.sample(R"(logentry_dropped_lines_total{reason="healthcheck"})"), 2);
  EXPECT_EQ(harness.sample(R"(logentry_dropped_lines_total{reason="match_stage"})"), 1);
}

TEST(MatchStage, PassesFlushesAndDeadlinesThrough) {
  Harness harness(R"(
- match:
    selector: '{job="test"}'
    stages:
      - multiline: {firstline: '^S', max_wait_time: 1s}
- static_labels: {after: x})");
  harness.lines({"S 1", "more"});
  EXPECT_TRUE(harness.out.empty());
  EXPECT_EQ(harness.pipeline->deadline_ns(), harness.clock.now_ns() + kNsPerSecond);
  harness.pass_time(kNsPerSecond);
  EXPECT_EQ(harness.out, (RanList{{.labels = R"({after="x", job="test"})", .line = "S 1\nmore"}}));
  EXPECT_EQ(harness.pipeline->deadline_ns(), kNever);
  harness.deadline = 5;
  EXPECT_EQ(harness.pipeline->deadline_ns(), 5);
  harness.room = false;
  EXPECT_FALSE(harness.pipeline->has_room());
}

TEST(DropStage, AllConditionsMustHold) {
  auto f = [](std::string_view options, const Lines& lines, const Lines& want) {
    EXPECT_EQ(lines_of(run_stages(
                  "- logfmt: {mapping: {a: , b: }}\n- drop: " + std::string(options), lines)),
              want)
        << options;
  };
  f("{expression: debug}", {"a debug", "x", "DEBUG"}, {"x", "DEBUG"});
  f("{longer_than: 3B}", {"123", "1234", "\xc3\xa9\xc3\xa9"}, {"123"});
  f("{longer_than: 2, expression: '^x'}", {"xx", "xxx", "yyy"}, {"xx", "yyy"});
  f("{source: a}", {"a=1", "b=1", "a="}, {"b=1"});
  f("{source: [a, b]}", {"a=1", "a=1 b=2"}, {"a=1"});
  f("{source: a, value: '10'}", {"a=10", "a=100", "b=10"}, {"a=100", "b=10"});
  f("{source: a, value: 10}", {"a=10", "a=1"}, {"a=1"});
  f("{source: a, expression: '^1'}", {"a=10", "a=21"}, {"a=21"});
  f("{source: [a, b], separator: '#', expression: '^x#y$'}", {"a=x b=y", "a=x b=z", "a=x"},
    {"a=x b=z", "a=x"});
  f("{source: [a, b], expression: '^x;y$'}", {"a=x b=y"}, {});
  f("{source: [a, b], expression: '^y$'}", {"b=y", "a=x b=y"}, {"a=x b=y"});
  f("{source: job, value: test}", {"x"}, {});
}

TEST(DropStage, ANullSourceIsThereButHasNoText) {
  const Lines lines{R"({"level":"x"})", R"({"other":1})", "not json"};
  EXPECT_EQ(
      lines_of(run_stages("- json: {expressions: {level: }}\n- drop: {source: level}", lines)),
      (Lines{"not json"}));
  EXPECT_EQ(
      lines_of(run_stages(
          "- json: {expressions: {level: }}\n- drop: {source: level, expression: '.*'}", lines)),
      (Lines{R"({"other":1})"}));
}

TEST(DropStage, OlderThanComparesWithTheClock) {
  Harness harness(R"(
- regex: {expression: '(?P<t>.*)'}
- timestamp: {source: t, format: Unix}
- drop: {older_than: 24h, drop_counter_reason: too_old})");
  harness.lines({"1600000000", "1699999999", "1699913600", "1699913599"});
  EXPECT_EQ(lines_of(harness.out), (Lines{"1699999999", "1699913600"}));
  EXPECT_EQ(harness.sample(R"(logentry_dropped_lines_total{reason="too_old"})"), 2);
}

TEST(DropStage, CountsOnlyWhenItDrops) {
  Harness harness("- drop: {expression: x}");
  harness.line("y");
  EXPECT_FALSE(harness.sample(R"(logentry_dropped_lines_total{reason="drop_stage"})"));
  harness.line("x");
  EXPECT_EQ(harness.sample(R"(logentry_dropped_lines_total{reason="drop_stage"})"), 1);
}

TEST(LimitStage, DropsAboveTheRate) {
  Harness harness("- limit: {rate: 2, burst: 3, drop: true}");
  for (int i = 0; i < 10; ++i) harness.line(std::to_string(i));
  EXPECT_EQ(lines_of(harness.out), (Lines{"0", "1", "2"}));
  harness.clock.advance_ns(kNsPerSecond);
  for (int i = 10; i < 20; ++i) harness.line(std::to_string(i));
  EXPECT_EQ(lines_of(harness.out), (Lines{"0", "1", "2", "10", "11"}));
  EXPECT_EQ(harness.sample(R"(logentry_dropped_lines_total{reason="ratelimit_drop_stage"})"), 15);
  EXPECT_EQ(harness.pipeline->rest_until_ns(), 0);
}

TEST(LimitStage, WithoutDropAsksForARest) {
  Harness harness("- limit: {rate: 2, burst: 3}");
  for (int i = 0; i < 3; ++i) harness.line("x");
  EXPECT_EQ(harness.pipeline->rest_until_ns(), 0);
  for (int i = 0; i < 4; ++i) harness.line("x");
  EXPECT_EQ(harness.out.size(), 7U) << "lines that were read pass";
  EXPECT_EQ(harness.pipeline->rest_until_ns(), harness.clock.now_ns() + 2 * kNsPerSecond);
  harness.clock.advance_ns(2 * kNsPerSecond);
  harness.line("x");
  EXPECT_EQ(harness.pipeline->rest_until_ns(), harness.clock.now_ns() + kNsPerSecond / 2);
}

TEST(LimitStage, ByLabelHasOneBucketPerValue) {
  Harness harness(R"(
- regex: {expression: '^(?P<app>\w+)'}
- labels: {app: }
- limit: {rate: 0.001, burst: 2, drop: true, by_label_name: app})");
  harness.lines({"a 1", "a 2", "a 3", "b 1", "- 1", "- 2", "- 3"});
  EXPECT_EQ(lines_of(harness.out), (Lines{"a 1", "a 2", "b 1", "- 1", "- 2", "- 3"}));
  constexpr std::string_view kOfA =
      R"(logentry_dropped_lines_by_label_total{label_name="app",label_value="a"})";
  EXPECT_EQ(harness.sample(kOfA), 1);
  EXPECT_EQ(harness.sample(R"(logentry_dropped_lines_total{reason="ratelimit_drop_stage"})"), 1);
  // Many other values: the old half is forgotten, and with it the counter and the debt.
  for (int i = 0; i < 10'000; ++i) harness.line("v" + std::to_string(i));
  EXPECT_FALSE(harness.sample(kOfA));
  harness.out.clear();
  harness.line("a 4");
  EXPECT_EQ(lines_of(harness.out), (Lines{"a 4"}));
}

TEST(SamplingStage, KeepsAShare) {
  auto kept = [](std::string_view rate) {
    Harness harness("- sampling: {rate: " + std::string(rate) + "}");
    for (int i = 0; i < 10'000; ++i) harness.line("x");
    return harness.out.size();
  };
  EXPECT_EQ(kept("1"), 10'000U);
  EXPECT_EQ(kept("0"), 0U);
  // Ten standard deviations around the mean.
  EXPECT_GT(kept("0.25"), 2'067U);
  EXPECT_LT(kept("'0.25'"), 2'933U);
}

TEST(SamplingStage, Counts) {
  Harness harness("- sampling: {rate: 0, drop_counter_reason: sampled_out}");
  harness.lines({"a", "b"});
  EXPECT_EQ(harness.sample(R"(logentry_dropped_lines_total{reason="sampled_out"})"), 2);
}

}  // namespace
}  // namespace tailrace
