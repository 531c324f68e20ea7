#include "sources/docker/docker_source.h"

#include <gtest/gtest.h>

#include "fake_docker_engine.h"
#include "source_rig.h"
#include "support/temp_dir.h"

namespace tailrace {
namespace {

using Lines = std::vector<std::string>;

std::string at(int ns, int second = 5) {
  char text[64];
  std::snprintf(text, sizeof(text), "2021-01-02T03:04:%02d.%09dZ", second, ns);
  return text;
}
// 2021-01-02T03:04:00Z
constexpr std::int64_t kMinute = 1609556640;

class DockerRig : public SourceRig {
 public:
  explicit DockerRig(std::map<std::string, std::string> saved = {}, const std::string& more = "")
      : SourceRig(std::move(saved)), engine(io, dir / "engine.sock") {
    const TestConfig config("- host: unix://" + (dir / "engine.sock") + "\n" + more);
    options = read_docker_sd_configs(config.root());
    EXPECT_EQ(config.problems(), "");
  }
  ~DockerRig() { finish(); }
  void start() {
    source = std::make_unique<DockerSource>(context, rules, options);
    source->set_backoff(kNsPerMs, 4 * kNsPerMs);
    ASSERT_TRUE(source->start());
  }
  void finish() {
    if (source) end(*source);
    source.reset();
  }
  std::map<std::string, std::string> saved() {
    source->publish();
    return positions.snapshot().positions;
  }
  std::string details(const std::string& key) {
    const std::vector<SourceStatus> statuses = source->status();
    for (const auto& [name, value] : statuses.at(0).details) {
      if (name == key) return value;
    }
    return "";
  }

  TempDir dir;
  FakeDockerEngine engine;
  std::vector<DockerSdOptions> options;
  RelabelConfigs rules = relabel_rules(R"(
- source_labels: [__meta_docker_container_name]
  regex: /(.*)
  target_label: container
- source_labels: [__meta_docker_container_log_stream]
  target_label: stream
)");
  std::unique_ptr<DockerSource> source;
};

TEST(DockerSource, ReadsBothOutputsOfWhatRunsAndFollows) {
  DockerRig rig;
  rig.engine.containers["a"] = {
      "/web", true, false, {}, {{false, at(1), "one\n"}, {true, at(2), "two\n"}}};
  rig.engine.containers["b"] = {"/old", false, false, {}, {{false, at(1), "not me\n"}}};
  rig.start();
  ASSERT_TRUE(rig.wait_for_lines(2));
  rig.engine.log("a", false, at(3), "three\r\n");
  ASSERT_TRUE(rig.wait_for_lines(3));
  EXPECT_EQ(rig.sink.lines, (Lines{"one", "two", "three"}));
  EXPECT_EQ(rig.sink.labels[0], R"({container="web", stream="stdout"})");
  EXPECT_EQ(rig.sink.labels[1], R"({container="web", stream="stderr"})");
  EXPECT_EQ(rig.sink.timestamps[2], (kMinute + 5) * kNsPerSecond + 3);
  EXPECT_EQ(rig.value("promtail_docker_target_entries_total"), 3);
  EXPECT_EQ(rig.engine.asked("/containers/json?all=1"), 1U);
}

TEST(DockerSource, AContainerThatStopsIsReadToItsEndAndAgainWhenItRuns) {
  DockerRig rig;
  rig.engine.containers["a"] = {"/web", true, false, {}, {{false, at(1), "one\n"}}};
  rig.start();
  ASSERT_TRUE(rig.wait_for_lines(1));
  rig.engine.containers["a"].log.push_back({false, at(2), "last words\n"});
  rig.engine.containers["a"].log.push_back({false, at(3), "without end"});
  rig.engine.stop("a");
  ASSERT_TRUE(rig.wait_for_lines(3));
  EXPECT_EQ(rig.sink.lines.back(), "without end");
  ASSERT_TRUE(rig.wait_for([&] { return rig.details("running") == "false"; }));
  rig.engine.containers["a"].running = true;
  rig.engine.log("a", false, at(0, 9), "back\n");
  rig.engine.event("start", "a");
  ASSERT_TRUE(rig.wait_for_lines(4));
  rig.settle();
  EXPECT_EQ(rig.sink.lines, (Lines{"one", "last words", "without end", "back"}));
}

TEST(DockerSource, AShortLifeBetweenTwoListsIsNotMissed) {
  DockerRig rig;
  rig.start();
  ASSERT_TRUE(rig.wait_for([&] { return rig.engine.asked("/events") == 1; }));
  rig.engine.containers["a"] = {"/job", false, false, {}, {{false, at(1), "done\n"}}};
  rig.engine.event("start", "a");
  ASSERT_TRUE(rig.wait_for_lines(1));
  EXPECT_EQ(rig.sink.lines, (Lines{"done"}));
}

TEST(DockerSource, WithoutEventsTheListFindsThem) {
  DockerRig rig({}, "  refresh_interval: 20ms\n");
  rig.engine.events_status = 403;
  rig.start();
  ASSERT_TRUE(rig.wait_for([&] { return rig.engine.asked("/events") == 1; }));
  rig.engine.containers["a"] = {"/web", true, false, {}, {{false, at(1), "one\n"}}};
  ASSERT_TRUE(rig.wait_for_lines(1));
}

TEST(DockerSource, AnEngineThatRestartsIsWaitedForAndNothingComesTwice) {
  DockerRig rig;
  rig.engine.containers["a"] = {
      "/web", true, false, {}, {{false, at(1), "one\n"}, {false, at(2), "two\n"}}};
  rig.start();
  ASSERT_TRUE(rig.wait_for_lines(2));
  for (int round = 0; round < 3; ++round) {
    rig.engine.down();
    rig.settle();
    rig.engine.containers["a"].log.push_back(
        {true, at(10 + round), "while down " + std::to_string(round) + "\n"});
    rig.engine.up();
    ASSERT_TRUE(rig.wait_for_lines(static_cast<std::size_t>(3 + round)));
  }
  rig.settle();
  EXPECT_EQ(rig.sink.lines, (Lines{"one", "two", "while down 0", "while down 1", "while down 2"}));
}

TEST(DockerSource, AConnectionCutAtAnyByteLosesNothing) {
  const std::vector<FakeDockerEngine::Piece> log = {{false, at(1), "one\n"},
                                                    {false, at(2), "par"},
                                                    {true, at(3), "err\n"},
                                                    {false, at(2), "ted\n"},
                                                    {false, at(4), "end\n"}};
  for (std::size_t cut = 0; cut < 240; cut += 7) {
    SCOPED_TRACE(cut);
    DockerRig rig;
    rig.engine.containers["a"] = {"/web", true, false, {}, log};
    rig.engine.write_bytes = 1;
    rig.engine.cut_after = cut;
    rig.start();
    ASSERT_TRUE(
        rig.wait_for([&] { return !rig.sink.lines.empty() && rig.sink.lines.back() == "end"; }));
    const std::set<std::string> got(rig.sink.lines.begin(), rig.sink.lines.end());
    // "err" may come twice, with the same time: it stood between the parts of a line.
    ASSERT_EQ(got, (std::set<std::string>{"one", "parted", "err", "end"}));
    ASSERT_LE(rig.sink.lines.size(), 5U);
  }
}

TEST(DockerSource, PositionsFollowWhatWasDelivered) {
  DockerRig rig;
  rig.sink.hold = true;
  rig.engine.containers["a"] = {"/web", true, false, {}, {{false, at(1), "one\n"}}};
  rig.start();
  ASSERT_TRUE(rig.wait_for_lines(1));
  rig.engine.log("a", false, at(2, 7), "two\n");
  ASSERT_TRUE(rig.wait_for_lines(2));
  EXPECT_TRUE(rig.saved().empty());
  rig.sink.tickets.erase(rig.sink.tickets.begin());
  EXPECT_EQ(rig.saved()["cursor-a"], std::to_string(kMinute + 5));
  rig.sink.deliver_all();
  EXPECT_EQ(rig.saved()["cursor-a"], std::to_string(kMinute + 7));
  EXPECT_EQ(rig.saved()["cursor-a-exact"], std::to_string(kMinute + 7) + "000000002+1/" +
                                               std::to_string(kMinute + 7) + "000000002");
}

TEST(DockerSource, GoesOnWhereItWasEvenIfTheContainerStoppedMeanwhile) {
  std::map<std::string, std::string> saved;
  std::vector<FakeDockerEngine::Piece> log = {
      {false, at(1), "one\n"}, {true, at(2), "two\n"}, {false, at(2), "three\n"}};
  {
    DockerRig rig;
    rig.engine.containers["a"] = {"/web", true, false, {}, log};
    rig.start();
    ASSERT_TRUE(rig.wait_for_lines(3));
    saved = rig.saved();
  }
  log.push_back({false, at(2), "four\n"});
  log.push_back({false, at(1), "five, stamped early\n"});
  log.push_back({false, at(3), "six\n"});
  for (const bool running : {true, false}) {
    DockerRig rig(saved);
    rig.engine.containers["a"] = {"/web", running, false, {}, log};
    rig.start();
    ASSERT_TRUE(rig.wait_for_lines(3));
    rig.settle();
    EXPECT_EQ(rig.sink.lines, (Lines{"four", "five, stamped early", "six"}));
  }
  // Promtail ran in between and saved another second.
  saved["cursor-a"] = std::to_string(kMinute + 4);
  DockerRig rig(saved);
  rig.engine.containers["a"] = {"/web", true, false, {}, log};
  rig.start();
  ASSERT_TRUE(rig.wait_for_lines(6));
}

TEST(DockerSource, ARemovedContainerIsForgottenAndANewOneOfThatNameBegins) {
  DockerRig rig;
  rig.engine.containers["a"] = {"/web", true, false, {}, {{false, at(1), "one\n"}}};
  rig.start();
  ASSERT_TRUE(rig.wait_for_lines(1));
  EXPECT_TRUE(rig.saved().contains("cursor-a"));
  rig.engine.containers.erase("a");
  rig.engine.containers["b"] = {"/web", true, false, {}, {{false, at(2), "new\n"}}};
  rig.engine.wake();
  ASSERT_TRUE(rig.wait_for([&] {
    rig.engine.event("destroy", "a");
    return !rig.saved().contains("cursor-a") && rig.sink.lines.size() == 2;
  }));
  EXPECT_FALSE(rig.saved().contains("cursor-a-exact"));
  EXPECT_EQ(rig.sink.lines, (Lines{"one", "new"}));
}

TEST(DockerSource, ANewNameIsSeenByRelabeling) {
  DockerRig rig;
  rig.engine.containers["a"] = {"/old", true, false, {}, {{false, at(1), "one\n"}}};
  rig.start();
  ASSERT_TRUE(rig.wait_for_lines(1));
  rig.engine.containers["a"].name = "/new";
  rig.engine.event("rename", "a");
  ASSERT_TRUE(
      rig.wait_for([&] { return rig.source->status().at(0).labels.get("container") == "new"; }));
  rig.engine.log("a", false, at(2), "two\n");
  ASSERT_TRUE(rig.wait_for_lines(2));
  EXPECT_EQ(rig.sink.labels[1], R"({container="new", stream="stdout"})");
}

TEST(DockerSource, WaitsForRoomAndThenGoesOn) {
  DockerRig rig;
  rig.sink.room = false;
  rig.engine.containers["a"] = {"/web", true, false, {}, {{false, at(1), "one\n"}}};
  rig.start();
  ASSERT_TRUE(rig.wait_for([&] { return rig.engine.asked("/logs") == 1; }));
  rig.settle();
  EXPECT_TRUE(rig.sink.lines.empty());
  rig.room(true);
  ASSERT_TRUE(rig.wait_for_lines(1));
}

TEST(DockerSource, EntriesThatRulesDropDoNotHoldThePosition) {
  DockerRig rig;
  rig.rules = relabel_rules(
      "- {source_labels: [__meta_docker_container_log_stream], regex: stderr, action: drop}");
  rig.engine.containers["a"] = {
      "/web",
      true,
      false,
      {},
      {{true, at(1), "no\n"}, {false, at(2), "yes\n"}, {true, at(3), "no\n"}}};
  rig.start();
  ASSERT_TRUE(rig.wait_for([&] {
    return rig.saved()["cursor-a-exact"].starts_with(std::to_string(kMinute + 5) + "000000003+1");
  }));
  EXPECT_EQ(rig.sink.lines, (Lines{"yes"}));
  EXPECT_EQ(rig.sink.labels[0], "{}");
}

TEST(DockerSource, ATerminalGivesBareLines) {
  DockerRig rig;
  rig.engine.containers["a"] = {
      "/web", true, true, {}, {{false, at(1), "one\r\n"}, {false, at(2), "two\r\n"}}};
  rig.start();
  ASSERT_TRUE(rig.wait_for_lines(2));
  EXPECT_EQ(rig.sink.lines, (Lines{"one", "two"}));
}

TEST(DockerSource, ALogThatCannotBeReadIsTriedAgain) {
  DockerRig rig;
  rig.engine.containers["a"] = {"/web", true, false, {}, {{false, at(1), "one\n"}}, 500};
  rig.start();
  ASSERT_TRUE(rig.wait_for([&] { return rig.engine.asked("/logs") >= 3; }));
  EXPECT_NE(rig.details("error").find("500"), std::string::npos);
  rig.engine.containers["a"].log_status = 200;
  ASSERT_TRUE(rig.wait_for_lines(1));
}

TEST(DockerSource, FiltersArePassedOn) {
  DockerRig rig(
      {}, "  filters:\n  - {name: label, values: [a=b, c]}\n  - {name: name, values: [web]}\n");
  rig.start();
  ASSERT_TRUE(rig.wait_for([&] { return rig.engine.asked("/containers/json") > 0; }));
  EXPECT_EQ(rig.engine.asked(R"(filters={"label":["a=b","c"],"name":["web"]})"), 1U);
}

}  // namespace
}  // namespace tailrace
