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
{stages.Entry}.Extracted["level"].(string):
	+: warn

[inspect: labels stage]: 
{stages.Entry}.Entry.Labels["level"]:
	+: warn

[inspect: timestamp stage]: none
[inspect: output stage]: 
{stages.Entry}.Entry.Entry.Line:
	-: level=warn two
	+: warn

[inspect: labeldrop stage]: 
{stages.Entry}.Entry.Labels["job"]:
	-: test

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
  after.fields["n"] = {"float64", "5"};
  EXPECT_EQ(describe_changes("x", before, after), R"([inspect: x stage]: 
{stages.Entry}.Extracted["n"].(float64):
	+: 5
{stages.Entry}.Entry.Entry.Timestamp:
	-: 1970-01-01 00:00:00 +0000 UTC
	+: 2020-09-13 12:26:40.5 +0000 UTC

)");
}

}  // namespace
}  // namespace tailrace
