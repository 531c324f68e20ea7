#include <cmath>
#include <thread>

#include "pipeline/metric_config.h"
#include "pipeline/run_stage.h"

namespace tailrace {
namespace {

TEST(MetricNumber, ReadsWhatPromtailReads) {
  auto f = [](const FieldValue& value, std::optional<double> want) {
    EXPECT_EQ(metric_number(value), want) << value.text;
  };
  f(FieldValue::of(2.5), 2.5);
  f(FieldValue::of_bool(true), 1);
  f(FieldValue::of_bool(false), 0);
  f(FieldValue::null(), std::nullopt);
  f(FieldValue::of("7"), 7);
  f(FieldValue::of("+7"), 7);
  f(FieldValue::of("-1e3"), -1000);
  f(FieldValue::of("300ms"), 0.3);
  f(FieldValue::of("1.5m"), 90);
  f(FieldValue::of(""), std::nullopt);
  f(FieldValue::of("+"), std::nullopt);
  f(FieldValue::of("x"), std::nullopt);
  f(FieldValue::of("7 "), std::nullopt);
  EXPECT_TRUE(std::isinf(*metric_number(FieldValue::of("Inf"))));
}

constexpr std::string_view kParse = "- logfmt: {mapping: {v: , level: }}\n- metrics:\n    ";

std::unique_ptr<Harness> run(std::string_view metric, const std::vector<std::string>& lines) {
  auto harness = std::make_unique<Harness>(std::string(kParse) + std::string(metric));
  EXPECT_TRUE(harness->pipeline) << harness->errors.text();
  if (harness->pipeline) harness->lines(lines);
  return harness;
}

TEST(MetricsStage, CountersAndGauges) {
  auto f = [](std::string_view config, const std::vector<std::string>& lines,
              std::optional<double> want) {
    EXPECT_EQ(run("m: {source: v, " + std::string(config) + "}", lines)
                  ->sample(R"(promtail_custom_m{job="test"})"),
              want)
        << config;
  };
  f("type: Counter, config: {action: inc}", {"v=a", "x=1", "v=b"}, 2);
  f("type: counter, config: {action: inc, value: a}", {"v=a", "v=b"}, 1);
  f("type: Counter, config: {action: add}", {"v=1.5", "v=x", "v=2", "v=-3"}, 3.5);
  f("type: Counter, config: {action: add}", {"v=x"}, std::nullopt);
  f("type: Counter, config: {match_all: true, action: inc}", {"a", "b"}, 2);
  f("type: Counter, config: {match_all: true, action: add}", {"v=1"}, std::nullopt);
  f("type: Counter, config: {match_all: true, count_entry_bytes: true, action: add}",
    {"12345", "\xc3\xa9", ""}, 7);
  f("type: Gauge, config: {action: set}", {"v=5", "v=-3", "v=x"}, -3);
  f("type: Gauge, config: {action: inc}", {"v=x", "v="}, 2);
  f("type: Gauge, config: {action: dec}", {"v=x"}, -1);
  f("type: gauge, config: {action: add}", {"v=5", "v=1.5"}, 6.5);
  f("type: Gauge, config: {action: sub}", {"v=5", "v=500ms"}, -5.5);
}

TEST(MetricsStage, NullCountsAsThere) {
  Harness harness(
      "- json: {expressions: {v: }}\n- metrics: {v: {type: Counter, config: {action: inc}}}");
  harness.lines({R"({"v":1})", "{}", "no json"});
  EXPECT_EQ(harness.sample(R"(promtail_custom_v{job="test"})"), 2);
}

TEST(MetricsStage, Histograms) {
  const auto harness = run("took: {type: Histogram, source: v, config: {buckets: [0.25, 0.5, 10]}}",
                           {"v=0.1", "v=300ms", "v=1.5m", "v=0.5", "v=bad", "v=2s"});
  auto f = [&](std::string_view suffix, double want) {
    EXPECT_EQ(harness->sample("promtail_custom_took" + std::string(suffix)), want) << suffix;
  };
  f(R"(_bucket{job="test",le="0.25"})", 1);
  f(R"(_bucket{job="test",le="0.5"})", 3);
  f(R"(_bucket{job="test",le="10"})", 4);
  f(R"(_bucket{job="test",le="+Inf"})", 5);
  f(R"(_count{job="test"})", 5);
  f(R"(_sum{job="test"})", 92.9);
  harness->line("v=1");
  f(R"(_count{job="test"})", 6);
}

TEST(MetricsStage, ScrapesBetweenLinesCountNothingTwice) {
  const auto harness = run("m: {type: Counter, source: v, config: {action: inc}}", {});
  for (int i = 1; i <= 5; ++i) {
    harness->line("v=1");
    EXPECT_EQ(harness->sample(R"(promtail_custom_m{job="test"})"), i);
  }
}

TEST(MetricsStage, HasOneSeriesPerLabelSetWithoutInternalLabels) {
  Harness harness(R"(
- logfmt: {mapping: {level: }}
- labels: {level: }
- tenant: {source: level}
- metrics: {lines: {type: Counter, prefix: my_, config: {match_all: true, action: inc}}}
- labeldrop: [level, job]
- metrics: {all: {type: Counter, prefix: my_, config: {match_all: true, action: inc}}})");
  harness.lines({"level=a", "level=b", "level=a"});
  EXPECT_EQ(harness.sample(R"(my_lines{job="test",level="a"})"), 2);
  EXPECT_EQ(harness.sample(R"(my_lines{job="test",level="b"})"), 1);
  EXPECT_EQ(harness.sample("my_all"), 3) << "tenants share the series";
}

TEST(MetricsStage, IdleSeriesGoWithTheSecondScrape) {
  Harness harness(R"(
- metrics:
    short: {type: Counter, max_idle_duration: 1s, config: {match_all: true, action: inc}}
    long: {type: Gauge, source: job, config: {action: inc}})");
  constexpr std::string_view kShort = R"(promtail_custom_short{job="test"})";
  harness.lines({"a", "b"});
  EXPECT_EQ(harness.sample(kShort), 2);
  harness.clock.advance_ns(kNsPerSecond);
  EXPECT_EQ(harness.sample(kShort), 2) << "the scrape that finds out still shows it";
  EXPECT_FALSE(harness.sample(kShort));
  EXPECT_EQ(harness.sample(R"(promtail_custom_long{job="test"})"), 2);
  harness.line("c");
  EXPECT_EQ(harness.sample(kShort), 1) << "it starts from nothing";
  // Used again between the two scrapes.
  harness.clock.advance_ns(kNsPerSecond);
  EXPECT_EQ(harness.sample(kShort), 1);
  harness.line("d");
  EXPECT_EQ(harness.sample(kShort), 1);
}

TEST(MetricsStage, SeriesGoWithTheirPipelines) {
  constexpr std::string_view kStage =
      "- metrics: {m: {type: Counter, config: {match_all: true, action: inc}}}";
  Harness first(kStage);
  // A second pipeline on the same registry, as another shard has it.
  ConfigErrors errors;
  const YamlFile yaml("second.yaml", std::string(kStage), errors);
  PipelineContext context{first.fields, first.metrics, first.clock};
  auto second = Pipeline::build(yaml.root(), context, first);
  ASSERT_TRUE(second);
  Arena arena;
  Interner interner;
  Entry entry;
  entry.arena = &arena;
  entry.interner = &interner;
  entry.begin("x", 0, interner.intern({{"job", "test"}}), nullptr);
  second->accept(entry);
  first.lines({"a", "b"});
  constexpr std::string_view kSample = R"(promtail_custom_m{job="test"})";
  EXPECT_EQ(first.sample(kSample), 3) << "both count into one series";
  second.reset();
  EXPECT_EQ(first.sample(kSample), 3) << "the other one still uses it";
  first.pipeline.reset();
  EXPECT_FALSE(first.sample(kSample));
}

TEST(MetricsStage, NamesThatCannotBeShownOnlyWarn) {
  Harness first("- metrics: {m: {type: Gauge, source: job, config: {action: inc}}}");
  first.lines({"a"});
  EXPECT_EQ(first.sample(R"(promtail_custom_m{job="test"})"), 1);
  ConfigErrors errors;
  const YamlFile yaml("second.yaml", "- metrics: {m: {type: Counter, config: {action: inc}}}",
                      errors);
  PipelineContext context{first.fields, first.metrics, first.clock};
  EXPECT_TRUE(Pipeline::build(yaml.root(), context, first));
  EXPECT_NE(errors.text().find("will not be shown"), std::string::npos) << errors.text();
  Harness harness(R"(
- metrics: {m: {type: Counter, config: {match_all: true, action: inc}}}
- metrics: {m: {type: Gauge, source: job, config: {action: inc}}})");
  ASSERT_TRUE(harness.pipeline);
  harness.lines({"a", "b"});
  EXPECT_EQ(harness.sample(R"(promtail_custom_m{job="test"})"), 2)
      << "one of the two types wins, and the page is whole";
}

TEST(MetricsStage, NamesThatPrometheusCannotSpellAreEscaped) {
  Harness harness(R"(
- static_labels: {a-b: x, é.1: v}
- metrics: {bad-näme: {type: Counter, config: {match_all: true, action: inc}}})");
  ASSERT_TRUE(harness.pipeline) << harness.errors.text();
  harness.lines({"a"});
  EXPECT_EQ(harness.sample(R"(promtail_custom_bad_n_me{__1="v",a_b="x",job="test"})"), 1);
}

TEST(MetricsStage, ScrapesAndLinesMeetWithoutHarm) {
  Harness harness(R"(
- metrics:
    c: {type: Counter, max_idle_duration: 1s, config: {match_all: true, action: inc}}
    h: {type: Histogram, source: v, config: {}})");
  std::atomic<bool> done = false;
  std::thread scraper([&] {
    while (!done) harness.metrics.scrape(Metrics::Format::kPrometheusText);
  });
  for (int i = 0; i < 20'000; ++i) harness.line({{"i", std::to_string(i % 50)}}, "v=1");
  done = true;
  scraper.join();
  double total = 0;
  for (int i = 0; i < 50; ++i) {
    total += harness.sample("promtail_custom_c{i=\"" + std::to_string(i) + "\"}").value_or(0);
  }
  EXPECT_EQ(total, 20'000);
}

}  // namespace
}  // namespace tailrace
