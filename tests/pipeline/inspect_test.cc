#include "pipeline/inspect.h"

#include "pipeline/run_stage.h"

namespace tailrace {
namespace {

TEST(Inspect, TellsWhatChanged) {
  testing::internal::CaptureStderr();
  Harness harness(R"(
- regex: {expression: 'level=(?P<level>\w+)'}
- labels: {level: }
- timestamp: {source: none, format: Unix}
- match: {selector: '{job="test"}', stages: [output: {source: level}]}
- labeldrop: [job])",
                  {.inspect = true});
  harness.line("level=warn two");
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_EQ(text, R"([inspect: regex stage]: 
{stages.Entry}.Extracted["level"]:
	+: warn
[inspect: labels stage]: 
{stages.Entry}.Entry.Labels:
	-: {job="test"}
	+: {job="test", level="warn"}
[inspect: timestamp stage]: none
[inspect: output stage]: 
{stages.Entry}.Entry.Entry.Line:
	-: level=warn two
	+: warn
[inspect: labeldrop stage]: 
{stages.Entry}.Entry.Labels:
	-: {job="test", level="warn"}
	+: {level="warn"}
)");
  EXPECT_EQ(harness.out, (RanList{{.labels = R"({level="warn"})", .line = "warn"}}));
}

TEST(Inspect, ShowsWhatNobodyReads) {
  testing::internal::CaptureStderr();
  Harness harness("- regex: {expression: '(?P<unread>x)'}", {.inspect = true});
  harness.line("x");
  EXPECT_NE(testing::internal::GetCapturedStderr().find("\"unread\""), std::string::npos);
}

TEST(Inspect, ShowsTimestampsAndTypes) {
  EntrySnapshot before, after;
  after.timestamp_ns = 1'600'000'000'500'000'000;
  before.fields["n"] = {"float64", "4"};
  after.fields["n"] = {"float64", "5"};
  before.fields["s"] = {"float64", "4"};
  after.fields["s"] = {"string", "x"};
  EXPECT_EQ(describe_changes("x", before, after, false), R"([inspect: x stage]: 
{stages.Entry}.Extracted["n"].(float64):
	-: 4
	+: 5
{stages.Entry}.Extracted["s"]:
	-: 4
	+: x
{stages.Entry}.Entry.Entry.Timestamp:
	-: 1970-01-01 00:00:00 +0000 UTC
	+: 2020-09-13 12:26:40.5 +0000 UTC
)");
}

TEST(Inspect, ColoursTellNewFromChangedAndGone) {
  EntrySnapshot before, after;
  before.fields["gone"] = {"string", "g"};
  after.fields["new"] = {"string", "n"};
  before.line = "a";
  after.line = "b";
  EXPECT_EQ(describe_changes("x", before, after, true),
            "[inspect: \x1b[1mx\x1b[0m stage]: \n"
            "\x1b[31m{stages.Entry}.Extracted[\"gone\"]:\x1b[0m\n\x1b[31m\t-: g\x1b[0m\n"
            "\x1b[32m{stages.Entry}.Extracted[\"new\"]:\x1b[0m\n\x1b[32m\t+: n\x1b[0m\n"
            "\x1b[33m{stages.Entry}.Entry.Entry.Line:\x1b[0m\n\x1b[33m\t-: a\x1b[0m\n"
            "\x1b[32m\t+: b\x1b[0m\n");
  EXPECT_EQ(describe_changes("x", after, after, true),
            "[inspect: \x1b[1mx\x1b[0m stage]: \x1b[31mnone\x1b[0m\n");
}

}  // namespace
}  // namespace tailrace
