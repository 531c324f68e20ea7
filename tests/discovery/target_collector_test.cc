#include "discovery/target_collector.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <optional>

#include "support/run_until.h"

namespace tailrace {
namespace {

class TargetCollectorTest : public testing::Test {
 protected:
  static TargetGroup group(const std::string& source, const std::string& path) {
    TargetGroup out{.source = source, .targets = {}, .labels = {}};
    if (path != "gone") out.targets.push_back(Labels{{"__path__", path}});
    return out;
  }
  bool wait_for(std::size_t count) {
    return run_until(io_, [this, count] { return applied_.size() >= count; });
  }
  double failed(const std::string& reason) {
    return metrics_
        .counter("promtail_targets_failed_total", "Number of failed targets.", {{"reason", reason}})
        .value();
  }
  double active() {
    return metrics_.gauge("promtail_targets_active_total", "Number of active total.").value();
  }

  Metrics metrics_;
  boost::asio::io_context io_;
  std::vector<std::string> applied_;  // the paths, with commas
  std::optional<TargetCollector> collector_{std::in_place,
                                            io_.get_executor(),
                                            RelabelConfigs{},
                                            "me",
                                            metrics_,
                                            [this](const TargetList& list) {
                                              std::string paths;
                                              for (const FileTarget& target : list.targets)
                                                paths += (paths.empty() ? "" : ",") + target.path;
                                              applied_.push_back(paths);
                                            }};
};

TEST_F(TargetCollectorTest, JoinsWhatComesTogether) {
  const Discovery::Yield first = collector_->yield_for(0);
  const Discovery::Yield second = collector_->yield_for(1);
  first({group("a", "/1"), group("b", "/2")});
  second({group("a", "/3")});
  ASSERT_TRUE(wait_for(1));
  EXPECT_EQ(applied_[0], "/1,/2,/3");
  EXPECT_EQ(active(), 3);
  first({group("a", "gone")});
  second({group("a", "/4"), group("c", "/5")});
  first({group("b", "/6")});
  ASSERT_TRUE(wait_for(2));
  EXPECT_EQ(applied_, (std::vector<std::string>{"/1,/2,/3", "/6,/4,/5"}));
  EXPECT_EQ(active(), 3);
}

TEST_F(TargetCollectorTest, AppliesOnlyChanges) {
  const Discovery::Yield yield = collector_->yield_for(0);
  yield({});
  ASSERT_TRUE(wait_for(1));
  EXPECT_EQ(applied_[0], "") << "that there is nothing is news at the beginning";
  yield({group("a", "/1")});
  ASSERT_TRUE(wait_for(2));
  yield({group("a", "/1"), group("b", "gone")});
  io_.run();
  EXPECT_EQ(applied_.size(), 2U);
}

TEST_F(TargetCollectorTest, CountsEachFailureOnce) {
  const Discovery::Yield yield = collector_->yield_for(0);
  TargetGroup bad{
      .source = "bad",
      .targets = {Labels{{"job", "x"}}, Labels{{"__path__", "/a"}, {"__host__", "other"}}},
      .labels = {}};
  yield({bad});
  ASSERT_TRUE(wait_for(1));
  yield({group("a", "/1"), bad});
  ASSERT_TRUE(wait_for(2));
  EXPECT_EQ(failed("no_path"), 1);
  EXPECT_EQ(failed("wrong_host"), 1);
  EXPECT_EQ(collector_->list().dropped.size(), 2U);
  EXPECT_EQ(active(), 1);
}

TEST_F(TargetCollectorTest, IsQuietAfterItsEnd) {
  const Discovery::Yield yield = collector_->yield_for(0);
  yield({group("a", "/1")});
  ASSERT_TRUE(wait_for(1));
  yield({group("a", "/2")});
  collector_.reset();
  EXPECT_EQ(active(), 0);
  yield({group("a", "/3")});
  io_.run();
  EXPECT_EQ(applied_.size(), 1U);
}

}  // namespace
}  // namespace tailrace
