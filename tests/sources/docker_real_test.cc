// The Docker source against a real engine, if there is one with a busybox image (entry point
// /busybox) called as TAILRACE_DOCKER_IMAGE says, or "bb".
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <future>
#include <random>
#include <set>

#include "source_rig.h"
#include "sources/docker/docker_source.h"

namespace tailrace {
namespace {

using Lines = std::vector<std::string>;

std::string image() {
  const char* const name = std::getenv("TAILRACE_DOCKER_IMAGE");
  return name != nullptr ? name : "bb";
}
int shell(const std::string& command) {
  return std::system((command + " >/dev/null 2>&1").c_str());
}
bool engine_answers() {
  return ::access("/var/run/docker.sock", R_OK | W_OK) == 0 &&
         shell("timeout 20 docker image inspect " + image()) == 0;
}

class RealDocker : public testing::Test {
 protected:
  void SetUp() override {
    if (!engine_answers()) GTEST_SKIP() << "no Docker engine with an image called " << image();
  }
  void TearDown() override {
    for (const std::string& name : names) shell("docker rm -f " + name);
  }
  std::string run_container(const std::string& options, const std::string& script) {
    std::string name = "tailrace-test-" + run + "-" + std::to_string(names.size());
    EXPECT_EQ(shell("docker run -d --name " + name + " --label tailrace.test=" + run + " " +
                    options + " " + image() + " sh -c '" + script + "'"),
              0);
    names.push_back(name);
    return name;
  }
  std::unique_ptr<DockerSource> start(SourceRig& rig) {
    const TestConfig config(
        "- host: unix:///var/run/docker.sock\n  filters: [{name: label, values: ['tailrace.test=" +
        run + "']}]\n");
    auto source = std::make_unique<DockerSource>(
        rig.context,
        relabel_rules(
            "- {source_labels: [__meta_docker_container_log_stream], target_label: stream}"),
        read_docker_sd_configs(config.root()));
    EXPECT_EQ(config.problems(), "");
    EXPECT_TRUE(source->start());
    return source;
  }
  // The client's command blocks; the source goes on meanwhile.
  void during(SourceRig& rig, const std::string& command) {
    auto done = std::async(std::launch::async, [&] { return shell(command); });
    ASSERT_TRUE(rig.wait_for(
        [&] { return done.wait_for(std::chrono::seconds(0)) == std::future_status::ready; }));
    ASSERT_EQ(done.get(), 0) << command;
  }

  const std::string run = std::to_string(std::random_device()());
  std::vector<std::string> names;
};

TEST_F(RealDocker, BothOutputsLongLinesStopAndStart) {
  const std::string name = run_container(
      "",
      "echo one; echo two >&2; head -c 40000 /dev/zero | tr \"\\\\000\" x; echo; exec sleep 600");
  SourceRig rig;
  auto source = start(rig);
  ASSERT_TRUE(rig.wait_for_lines(3));
  const std::string long_line(40000, 'x');
  EXPECT_EQ(rig.lines_of("stdout"), (Lines{"one", long_line}));
  EXPECT_EQ(rig.lines_of("stderr"), (Lines{"two"}));
  during(rig, "docker kill " + name);
  during(rig, "docker start " + name);
  ASSERT_TRUE(rig.wait_for_lines(6));
  rig.settle();
  EXPECT_EQ(rig.lines_of("stdout"), (Lines{"one", long_line, "one", long_line}));
  EXPECT_EQ(rig.lines_of("stderr"), (Lines{"two", "two"}));
  source->publish();
  const auto saved = rig.positions.snapshot().positions;
  ASSERT_EQ(saved.size(), 2U);
  rig.end(*source);
  source.reset();

  // Another agent, later: nothing of it comes again, and what comes is found.
  during(rig, "docker kill " + name);
  during(rig, "docker start " + name);
  SourceRig next(saved);
  source = start(next);
  ASSERT_TRUE(next.wait_for_lines(3));
  next.settle();
  EXPECT_EQ(next.lines_of("stdout"), (Lines{"one", long_line}));
  EXPECT_EQ(next.lines_of("stderr"), (Lines{"two"}));
  during(next, "docker rm -f " + name);
  ASSERT_TRUE(next.wait_for([&] {
    source->publish();
    return source->status().empty() || source->status()[0].details[3].second == "false";
  }));
  next.end(*source);
  source.reset();
}

TEST_F(RealDocker, ATerminalAndAShortLife) {
  SourceRig rig;
  auto source = start(rig);
  run_container("-t", "echo one; head -c 40000 /dev/zero | tr \"\\\\000\" x; echo; exec sleep 600");
  ASSERT_TRUE(rig.wait_for_lines(2));
  EXPECT_EQ(rig.sink.lines, (Lines{"one", std::string(40000, 'x')}));
  run_container("", "echo gone at once");
  ASSERT_TRUE(rig.wait_for_lines(3));
  EXPECT_EQ(rig.sink.lines[2], "gone at once");
  rig.end(*source);
}

TEST_F(RealDocker, ARestartLoopLosesAndRepeatsNothing) {
  SourceRig rig;
  auto source = start(rig);
  run_container("--restart on-failure:4", "cat /proc/uptime; echo bye >&2; exit 1");
  // The first run and four more.
  ASSERT_TRUE(rig.wait_for_lines(10));
  rig.settle();
  const Lines out = rig.lines_of("stdout");
  EXPECT_EQ(out.size(), 5U);
  EXPECT_EQ(std::set<std::string>(out.begin(), out.end()).size(), 5U);
  EXPECT_EQ(rig.lines_of("stderr").size(), 5U);
  rig.end(*source);
}

}  // namespace
}  // namespace tailrace
