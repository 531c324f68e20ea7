// The stages that change labels, metadata, tenant and line.
#include "pipeline/run_stage.h"

namespace tailrace {
namespace {

constexpr std::string_view kMap = "- regex: {expression: '^(?P<a>\\S*) ?(?P<b>.*)$'}\n";

RanList run(std::string_view stages, std::string_view line) {
  return run_stages(std::string(kMap) + std::string(stages), {std::string(line)});
}

TEST(LabelsStage, SetsLabelsFromFields) {
  auto f = [](std::string_view stage, std::string_view line, std::string_view want) {
    const RanList out = run(stage, line);
    ASSERT_EQ(out.size(), 1U);
    EXPECT_EQ(out[0].labels, want) << stage << " " << line;
  };
  f("- labels: {a: }", "x y", R"({a="x", job="test"})");
  f("- labels: {new: a, b: ''}", "x y", R"({b="y", job="test", new="x"})");
  f("- labels: {a: }", "", R"({a="", job="test"})");
  f("- labels: {job: a}", "x", R"({job="x"})");
  f("- labels: {service: job}", "x", R"({job="test", service="test"})");
  f("- labels: {job: missing}", "x", R"({job="test"})");
  f("- labels: {a: }", "\xff\xfe", R"({job="test"})");
  f("- labels: {a: , b: }", "q\"uote back\\slash", R"({a="q\"uote", b="back\\slash", job="test"})");
}

TEST(LabelsStage, SkipsNull) {
  EXPECT_EQ(run_stages("- json: {expressions: {job: }}\n- labels: {job: }", {R"({"job":null})"}),
            (RanList{{.line = R"({"job":null})"}}));
}

TEST(LabelsStage, FieldsDoNotSeeLabelsSetLater) {
  EXPECT_EQ(run_stages(R"(
- static_labels: {job: changed, fresh: x}
- labels: {copy: job, other: fresh})",
                       {"x"}),
            (RanList{{.labels = R"({copy="test", fresh="x", job="changed"})", .line = "x"}}));
}

TEST(StaticLabelsStage, SetsAndSkipsEmpty) {
  EXPECT_EQ(run_stages("- static_labels: {a: '1', job: new, gone: , empty: '', \"dotted.name\": x}",
                       {"l"}),
            (RanList{{.labels = R"({a="1", dotted.name="x", job="new"})", .line = "l"}}));
}

TEST(LabeldropStage, RemovesTheNamed) {
  EXPECT_EQ(run_stages("- static_labels: {a: '1', b: '2'}\n- labeldrop: [a, nothere]", {"l"}),
            (RanList{{.labels = R"({b="2", job="test"})", .line = "l"}}));
  EXPECT_EQ(run_stages("- labeldrop: [job]", {"l"}), (RanList{{.labels = "{}", .line = "l"}}));
}

TEST(LabelallowStage, KeepsTheNamed) {
  EXPECT_EQ(run_stages("- static_labels: {a: '1', b: '2'}\n- labelallow: [a, nothere]", {"l"}),
            (RanList{{.labels = R"({a="1"})", .line = "l"}}));
}

TEST(StructuredMetadataStage, TakesFieldsThenLabels) {
  auto f = [](std::string_view stages, Ran want) {
    want.line = "x y";
    EXPECT_EQ(run(stages, "x y"), RanList{want}) << stages;
  };
  f("- structured_metadata: {a: , usr: b, missing: }", {.metadata = {{"a", "x"}, {"usr", "y"}}});
  f("- non_indexed_labels: {a: }", {.metadata = {{"a", "x"}}});
  // A label that was used goes away.
  f("- structured_metadata: {job: }", {.labels = "{}", .metadata = {{"job", "test"}}});
  f("- structured_metadata: {one: job, two: job}",
    {.labels = "{}", .metadata = {{"one", "test"}, {"two", "test"}}});
  // A label set by a stage is used if there is no field of its name.
  f("- static_labels: {fresh: z}\n- structured_metadata: {fresh: }",
    {.metadata = {{"fresh", "z"}}});
  // A label that has another value by now stays.
  f("- static_labels: {job: changed}\n- structured_metadata: {job: }",
    {.labels = R"({job="changed"})", .metadata = {{"job", "test"}}});
  // It adds to what is there.
  f("- structured_metadata: {a: }\n- structured_metadata: {b: }",
    {.metadata = {{"a", "x"}, {"b", "y"}}});
}

TEST(TenantStage, SetsTheTenant) {
  auto f = [](std::string_view stage, std::string_view line, std::string_view want) {
    const RanList out = run(stage, line);
    ASSERT_EQ(out.size(), 1U);
    EXPECT_EQ(out[0].tenant, want) << stage;
    EXPECT_EQ(out[0].labels, R"({job="test"})") << "the tenant is no label of the stream";
  };
  f("- tenant: {value: team}", "x", "team");
  f("- tenant: {source: a}", "x", "x");
  f("- tenant: {source: a}", " b", "");
  f("- tenant: {source: missing}", "x", "");
  f("- tenant: {label: job}", "x", "test");
  f("- tenant: {label: missing}", "x", "");
  f("- tenant: {value: one}\n- tenant: {source: missing}", "x", "one");
}

TEST(OutputStage, ReplacesTheLine) {
  auto f = [](std::string_view line, std::string_view want) {
    const RanList out =
        run_stages("- json: {expressions: {v: }}\n- output: {source: v}", {std::string(line)});
    ASSERT_EQ(out.size(), 1U);
    EXPECT_EQ(out[0].line, want);
  };
  f(R"({"v":"text"})", "text");
  f(R"({"v":""})", "");
  f(R"({"v":1.5})", "1.5");
  f(R"({"v":null})", R"({"v":null})");
  f(R"({"w":1})", R"({"w":1})");
  f("not json", "not json");
}

TEST(PackStage, WrapsTheLine) {
  auto f = [](std::string_view stages, std::string_view line, Ran want) {
    EXPECT_EQ(run(stages, line), RanList{want}) << stages;
  };
  f("- pack: {labels: [job, missing]}", "x \"y\"",
    {.labels = "{}", .line = R"({"job":"test","_entry":"x \"y\""})"});
  f("- pack: {labels: [b, a]}", "1 2", {.line = R"({"a":"1","b":"2","_entry":"1 2"})"});
  f("- pack: {labels: [missing]}", "<&>", {.line = R"({"_entry":"\u003c\u0026\u003e"})"});
  f("- pack: {}", "l", {.line = R"({"_entry":"l"})"});
  f("- pack: {labels: job}", "l", {.labels = "{}", .line = R"({"job":"test","_entry":"l"})"});
}

TEST(PackStage, TakesTheTimeOfNowUnlessToldNot) {
  auto timestamp = [](std::string_view pack) {
    Harness harness(R"(
- regex: {expression: '(?P<t>.*)'}
- timestamp: {source: t, format: Unix}
- pack: )" + std::string(pack));
    harness.line("1600000000");
    return harness.out.at(0).timestamp_ns;
  };
  EXPECT_EQ(timestamp("{labels: []}"), 1'700'000'000 * kNsPerSecond);
  EXPECT_EQ(timestamp("{labels: [], ingest_timestamp: false}"), 1'600'000'000 * kNsPerSecond);
}

TEST(DecolorizeStage, TakesEscapesOut) {
  EXPECT_EQ(run_stages("- decolorize:", {"\x1b[31mred\x1b[0m plain", "none"}),
            (RanList{{.line = "red plain"}, {.line = "none"}}));
}

}  // namespace
}  // namespace tailrace
