#include "telemetry/recent_problems.h"

#include <gtest/gtest.h>

namespace tailrace::log {
namespace {

TEST(RecentProblems, KeepsTheLastWarningsAndErrors) {
  capture_for_test([](std::string_view) {});
  for (std::size_t i = 0; i < kProblemsMax + 5; ++i) warn("trouble", {{"n", i}});
  info("all is well");
  error("worse", {{"what", std::string(2 * kProblemBytesMax, 'x')}});
  capture_for_test(nullptr);
  const std::vector<Problem> problems = recent_problems();
  ASSERT_EQ(problems.size(), kProblemsMax);
  EXPECT_EQ(problems.front().text, "msg=trouble n=6");
  EXPECT_EQ(problems.front().level, Level::kWarn);
  EXPECT_EQ(problems[kProblemsMax - 2].text, "msg=trouble n=54");
  EXPECT_EQ(problems.back().level, Level::kError);
  EXPECT_EQ(problems.back().text.size(), kProblemBytesMax);
  EXPECT_LE(problems.front().at_ns, problems.back().at_ns);
}

}  // namespace
}  // namespace tailrace::log
