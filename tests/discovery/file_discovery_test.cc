#include "discovery/file_discovery.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <filesystem>

#include "net/spawn.h"
#include "support/run_until.h"
#include "support/temp_dir.h"

namespace tailrace {
namespace {

class FileDiscoveryTest : public testing::Test {
 protected:
  FileSdOptions options() {
    return {.files = {directory_ / "sd/*.yaml", directory_ / "sd/*.json"}, .poll_ns = 2'000'000};
  }
  // "name:index=targets/job" of what changed.
  std::string show(const std::vector<TargetGroup>& groups) {
    std::string out;
    for (const TargetGroup& group : groups) {
      out += out.empty() ? "" : " ";
      out += std::filesystem::path(group.source).filename().string() + "=" +
             std::to_string(group.targets.size()) + "/" + std::string(group.labels.get("job"));
      if (!group.targets.empty()) {
        EXPECT_EQ(std::string(group.labels.get("__meta_filepath")) + ":",
                  group.source.substr(0, group.source.rfind(':') + 1));
      }
    }
    return out;
  }
  std::string refresh(bool read_all = false) { return show(discovery_.refresh(read_all)); }

  TempDir directory_;
  FileDiscovery discovery_{options()};
};

TEST_F(FileDiscoveryTest, FollowsFiles) {
  EXPECT_EQ(refresh(), "");
  directory_.write(
      "sd/a.yaml",
      "- {targets: [h], labels: {job: one}}\n- {targets: [h, i], labels: {job: two}}\n");
  directory_.write("sd/b.json", R"([{"targets":["h"],"labels":{"job":"three"}}])");
  directory_.write("sd/c.txt", "- {targets: [h]}");
  EXPECT_EQ(refresh(), "a.yaml:0=1/one a.yaml:1=2/two b.json:0=1/three");
  EXPECT_EQ(refresh(), "") << "nothing changed";
  EXPECT_EQ(refresh(true), "a.yaml:0=1/one a.yaml:1=2/two b.json:0=1/three");
  directory_.write("sd/a.yaml", "- {targets: [h], labels: {job: uno}}\n");
  EXPECT_EQ(refresh(), "a.yaml:0=1/uno a.yaml:1=0/");
  std::filesystem::remove(directory_ / "sd/b.json");
  EXPECT_EQ(refresh(), "b.json:0=0/");
  std::filesystem::remove_all(directory_ / "sd");
  EXPECT_EQ(refresh(), "a.yaml:0=0/");
  EXPECT_EQ(refresh(), "");
}

TEST_F(FileDiscoveryTest, KeepsTheLastGoodState) {
  directory_.write("sd/a.yaml", "- {targets: [h], labels: {job: one}}\n");
  EXPECT_EQ(refresh(), "a.yaml:0=1/one");
  directory_.write("sd/a.yaml", "- {targets: [h], labels: {job: o");
  EXPECT_EQ(refresh(), "");
  EXPECT_EQ(refresh(true), "");
  directory_.write("sd/a.yaml", "- {targets: [h], labels: {job: better}}\n");
  EXPECT_EQ(refresh(), "a.yaml:0=1/better");
}

TEST_F(FileDiscoveryTest, BelievesAnEmptyFileOnlyTheSecondTime) {
  directory_.write("sd/a.yaml", "- {targets: [h], labels: {job: one}}\n");
  EXPECT_EQ(refresh(), "a.yaml:0=1/one");
  directory_.write("sd/a.yaml", "");
  EXPECT_EQ(refresh(), "");
  directory_.write("sd/a.yaml", "- {targets: [h], labels: {job: two}}\n");
  EXPECT_EQ(refresh(), "a.yaml:0=1/two");
  directory_.write("sd/a.yaml", "\n");
  EXPECT_EQ(refresh(), "");
  EXPECT_EQ(refresh(), "a.yaml:0=0/");
}

TEST_F(FileDiscoveryTest, RunsUntilItIsCancelled) {
  boost::asio::io_context io;
  std::vector<std::string> seen;
  const Discovery::Yield yield = [&](const std::vector<TargetGroup>& groups) {
    seen.push_back(show(groups));
  };
  TaskGroup tasks(io.get_executor());
  tasks.spawn("file_sd", discovery_.run(yield));
  run_for(io, std::chrono::milliseconds(10));
  EXPECT_TRUE(seen.empty());
  // As editors do it: a new file in the place of the old one.
  directory_.write("sd/new", "- {targets: [h], labels: {job: one}}\n");
  std::filesystem::rename(directory_ / "sd/new", directory_ / "sd/a.yaml");
  EXPECT_TRUE(run_until(io, [&] { return seen.size() == 1; }));
  std::filesystem::remove(directory_ / "sd/a.yaml");
  EXPECT_TRUE(run_until(io, [&] { return seen.size() == 2; }));
  EXPECT_EQ(seen, (std::vector<std::string>{"a.yaml:0=1/one", "a.yaml:0=0/"}));
  tasks.cancel();
  EXPECT_TRUE(run_until(io, [&] { return tasks.size() == 0; }));
}

TEST(FileSdOptions, Read) {
  auto f = [](const std::string& text, std::string_view want) {
    ConfigErrors errors;
    const YamlFile file("c.yaml", text, errors);
    const std::vector<FileSdOptions> options = read_file_sd_configs(file.root());
    EXPECT_EQ(errors.text(), want) << text;
    EXPECT_EQ(options.size(), 1U);
  };
  f("[{files: [a.json, '/x/*.yml', '/x/*y*.yml', b.YAML], refresh_interval: 1m}]", "");
  f("[{files: []}]", "c.yaml:1:3: [0].files: needs at least one path\n");
  f("[{}]", "c.yaml:1:2: [0].files: needs at least one path\n");
  f("[{files: [a.txt]}]", "c.yaml:1:11: [0].files[0]: must end in .json, .yml or .yaml\n");
  f("[{files: ['/*/a.yml']}]",
    "c.yaml:1:11: [0].files[0]: a * may stand in the last element only\n");
  f("[{files: [a.yml], refresh_interval: 0s}]",
    "c.yaml:1:37: [0].refresh_interval: must be more than 0, such as 5m\n");
  f("[{file: [a.yml]}]",
    "c.yaml:1:2: [0].files: needs at least one path\n"
    "c.yaml:1:3: [0]: unknown key \"file\"; did you mean \"files\"?\n");
}

}  // namespace
}  // namespace tailrace
