#include "model/ledger.h"
#include "pipeline/run_stage.h"

namespace tailrace {
namespace {

using Lines = std::vector<std::string>;

Lines blocks(std::string_view options, const Lines& lines) {
  Lines out;
  for (const Ran& ran : run_stages("- multiline: " + std::string(options), lines))
    out.push_back(ran.line);
  return out;
}

TEST(MultilineStage, JoinsUpToTheNextFirstLine) {
  auto f = [](std::string_view options, const Lines& lines, const Lines& want) {
    EXPECT_EQ(blocks(options, lines), want) << options;
  };
  f("{firstline: '^S'}", {"S a", "x", "y", "S b", "S c", "z"}, {"S a\nx\ny", "S b", "S c\nz"});
  f("{firstline: '^S'}", {"stray 1", "stray 2", "S a", "x"}, {"stray 1", "stray 2", "S a\nx"});
  f("{firstline: '^S', max_lines: 3}", {"S a", "2", "3", "4", "5", "6", "7", "S b", "x"},
    {"S a\n2\n3", "4\n5\n6", "7", "S b\nx"});
  f("{firstline: '^S', max_lines: '1'}", {"S a", "2"}, {"S a", "2"});
  f("{firstline: '^S'}", {"S a", "", "b"}, {"S a\n\nb"});
  f("{firstline: '^$'}", {"", "a", "", ""}, {"a"});
  Lines many{"S"}, joined{"S"};
  for (int i = 0; i < 1000; ++i) {
    many.push_back("x");
    joined[0] += "\nx";
  }
  f("{firstline: '^S', max_lines: 0}", many, joined);
  EXPECT_EQ(blocks("{firstline: '^S'}", many).size(), 8U) << "128 lines are the default";
}

TEST(MultilineStage, KeepsStreamsApart) {
  EXPECT_EQ(run_stages(R"(
- regex: {expression: '^(?P<src>[ab]):(?P<rest>.*)$'}
- labels: {src: }
- output: {source: rest}
- multiline: {firstline: '^S'})",
                       {"a:S 1", "b:S 2", "a:x", "b:y", "a:S 3", "b:z"}),
            (RanList{{.labels = R"({job="test", src="a"})", .line = "S 1\nx"},
                     {.labels = R"({job="test", src="a"})", .line = "S 3"},
                     {.labels = R"({job="test", src="b"})", .line = "S 2\ny\nz"}}));
}

TEST(MultilineStage, TakesTimeAndFieldsOfTheFirstLine) {
  Harness harness(R"(
- regex: {expression: '^(?P<t>\d+) (?P<level>\w+)'}
- timestamp: {source: t, format: Unix}
- multiline: {firstline: '^\d', max_lines: 2}
- labels: {level: })");
  harness.lines({"5 WARN a", "b", "c", "d", "6 INFO e"});
  harness.stop();
  EXPECT_EQ(harness.out, (RanList{{.labels = R"({job="test", level="WARN"})",
                                   .line = "5 WARN a\nb",
                                   .timestamp_ns = 5 * kNsPerSecond},
                                  {.labels = R"({job="test", level="WARN"})",
                                   .line = "c\nd",
                                   .timestamp_ns = 5 * kNsPerSecond},
                                  {.labels = R"({job="test", level="INFO"})",
                                   .line = "6 INFO e",
                                   .timestamp_ns = 6 * kNsPerSecond}}));
}

TEST(MultilineStage, FlushesAfterTheWait) {
  Harness harness("- multiline: {firstline: '^S', max_wait_time: 500ms}");
  constexpr std::int64_t kWait = 500 * kNsPerMs;
  EXPECT_EQ(harness.pipeline->deadline_ns(), kNever);
  harness.line("S a");
  harness.clock.advance_ns(kWait - 1);
  harness.line("more");
  EXPECT_LE(harness.pipeline->deadline_ns(), harness.clock.now_ns() + kWait);
  harness.pass_time(1);  // counted from the last line
  EXPECT_TRUE(harness.out.empty());
  EXPECT_EQ(harness.pipeline->deadline_ns(), harness.clock.now_ns() + kWait - 1);
  harness.pass_time(kWait - 1);
  EXPECT_EQ(harness.out, (RanList{{.line = "S a\nmore"}}));
  EXPECT_EQ(harness.pipeline->deadline_ns(), kNever);
  harness.line("late");
  harness.pass_time(kWait);
  EXPECT_EQ(harness.out.back().line, "late");
  harness.line("S b");
  harness.stop();
  EXPECT_EQ(harness.out.back().line, "S b");
}

TEST(MultilineStage, HoldsTheFirstReadOfABlock) {
  Harness harness("- multiline: {firstline: '^S'}");
  Ledger<int> ledger(0);
  Ticket* const first = ledger.issue(1);
  Ticket* const second = ledger.issue(2);
  Ticket* const third = ledger.issue(3);
  harness.line("S a", first);
  first->release();
  harness.line("x", second);
  second->release();
  EXPECT_EQ(ledger.committed(), 0);
  harness.line("S b", third);
  third->release();
  EXPECT_EQ(harness.out.size(), 1U);
  EXPECT_EQ(ledger.committed(), 2) << "the new block holds its own read only";
  harness.stop();
  EXPECT_EQ(ledger.committed(), 3);
}

TEST(MultilineStage, BoundsItsStreams) {
  Harness harness("- multiline: {firstline: '^S'}");
  for (int i = 0; i < 10'001; ++i)
    harness.line({{"i", std::to_string(i)}}, "S " + std::to_string(i));
  // Making room sends the blocks of the older half.
  ASSERT_GE(harness.out.size(), 5000U);
  EXPECT_LT(harness.out.size(), 5002U);
  EXPECT_EQ(harness.out.front().line.substr(0, 2), "S ");
  harness.stop();
  EXPECT_EQ(harness.out.size(), 10'001U);
  EXPECT_EQ(harness.out.back().line, "S 10000");
  EXPECT_EQ(harness.out.back().labels, R"({i="10000"})");
}

TEST(MultilineStage, BoundsABlocksBytes) {
  Harness harness("- multiline: {firstline: '^S', max_lines: 0}");
  const std::string large(1024 * 1024, 'x');
  harness.line("S");
  for (int i = 0; i < 20; ++i) harness.line(large);
  EXPECT_EQ(harness.out.size(), 2U);
}

TEST(MultilineStage, TwoInARow) {
  EXPECT_EQ(blocks("{firstline: '^S'}\n- multiline: {firstline: '^S 1'}",
                   {"S 1", "a", "S 2", "b", "S 1", "c"}),
            (Lines{"S 1\na\nS 2\nb", "S 1\nc"}));
}

}  // namespace
}  // namespace tailrace
