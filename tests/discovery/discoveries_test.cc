#include "discovery/discoveries.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "discovery/target_collector.h"
#include "net/spawn.h"
#include "support/run_until.h"
#include "support/temp_dir.h"

namespace tailrace {
namespace {

TEST(Discoveries, KnowTheirKeys) {
  auto f = [](const std::string& text, bool given, std::size_t count, std::string_view problems) {
    ConfigErrors errors;
    const YamlFile file("c.yaml", text, errors);
    file.root().strict(discovery_keys());
    const DiscoveryOptions options = read_discovery_options(file.root());
    EXPECT_EQ(options.given, given) << text;
    EXPECT_EQ(make_discoveries(options).size(), count) << text;
    EXPECT_EQ(errors.text(), problems);
  };
  f("", false, 0, "");
  f("static_configs:", false, 0, "");
  f("static_configs: []", true, 0, "");
  f("static_configs: [{targets: [a]}, {targets: [b]}]", true, 1, "");
  f("file_sd_configs: [{files: [a.yml]}]\nhttp_sd_configs: [{url: 'http://h'}]\n"
    "kubernetes_sd_configs: [{role: pod, api_server: 'http://h'}]",
    true, 3, "");
  f("consul_sd_configs: [{server: x}]", true, 0,
    "c.yaml:1:1: consul_sd_configs: is not supported; let another program write the targets to a "
    "file, and read that "
    "with file_sd_configs\n");
}

// From the text of a configuration to what is tailed.
TEST(Discoveries, FeedACollector) {
  TempDir directory;
  directory.write("t.yaml", "- {targets: [h2], labels: {__path__: /two}}\n");
  ConfigErrors errors;
  const YamlFile file("c.yaml",
                      "static_configs: [{labels: {__path__: /one, job: a}}]\n"
                      "file_sd_configs: [{files: ['" +
                          (directory / "*.yaml") +
                          "']}]\n"
                          "relabel_configs: [{source_labels: [__address__], target_label: host}]\n",
                      errors);
  const DiscoveryOptions options = read_discovery_options(file.root());
  const RelabelConfigs rules = read_relabel_configs(file.root().get("relabel_configs"));
  ASSERT_FALSE(errors.failed()) << errors.text();

  boost::asio::io_context io;
  Metrics metrics;
  int applied = 0;
  TargetCollector collector(io.get_executor(), rules, "me", metrics,
                            [&](const TargetList&) { ++applied; });
  const std::vector<std::unique_ptr<Discovery>> discoveries = make_discoveries(options);
  std::vector<Discovery::Yield> yields;
  for (std::size_t i = 0; i < discoveries.size(); ++i) yields.push_back(collector.yield_for(i));
  TaskGroup tasks(io.get_executor());
  for (std::size_t i = 0; i < discoveries.size(); ++i)
    tasks.spawn("discovery", discoveries[i]->run(yields[i]));
  ASSERT_TRUE(run_until(io, [&] { return applied > 0; }));
  ASSERT_EQ(collector.list().targets.size(), 2U) << "what all find at the start is one change";
  EXPECT_EQ(collector.list().targets[0].path, "/one");
  EXPECT_EQ(collector.list().targets[0].labels, (Labels{{"host", "localhost"}, {"job", "a"}}));
  EXPECT_EQ(collector.list().targets[1].path, "/two");
  EXPECT_EQ(collector.list().targets[1].labels, (Labels{{"host", "h2"}}));
  tasks.cancel();
  EXPECT_TRUE(run_until(io, [&] { return tasks.size() == 0; }));
}

}  // namespace
}  // namespace tailrace
