#include "discovery/targets.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "config/config_node.h"

namespace tailrace {
namespace {

RelabelConfigs rules(const std::string& text) {
  ConfigErrors errors;
  const YamlFile file("c.yaml", text, errors);
  RelabelConfigs out = read_relabel_configs(file.root());
  EXPECT_FALSE(errors.failed()) << errors.text();
  return out;
}

TEST(Targets, KeepWhatTheLinesNeed) {
  TargetList list;
  add_file_targets(
      {.source = "s",
       .targets = {Labels{{"__address__", "h1"}}, Labels{{"__address__", "h2"}, {"env", "dev"}}},
       .labels =
           Labels{{"job", "j"}, {"env", "prod"}, {"__path__", "/a"}, {"__path_exclude__", "/a/x"}}},
      rules("[{source_labels: [__address__], target_label: host}]"), "me", list);
  ASSERT_EQ(list.targets.size(), 2U);
  EXPECT_TRUE(list.dropped.empty());
  const FileTarget want{.path = "/a",
                        .path_exclude = "/a/x",
                        .labels = Labels{{"env", "dev"}, {"host", "h2"}, {"job", "j"}},
                        .discovered = Labels{{"__address__", "h2"},
                                             {"__path__", "/a"},
                                             {"__path_exclude__", "/a/x"},
                                             {"env", "dev"},
                                             {"job", "j"}}};
  EXPECT_EQ(list.targets[1], want);
  EXPECT_EQ(list.targets[0].labels, (Labels{{"env", "prod"}, {"host", "h1"}, {"job", "j"}}));
}

TEST(Targets, SayWhyTheyAreDropped) {
  auto f = [](const Labels& labels, const std::string& relabeling, std::string_view want) {
    TargetList list;
    add_file_targets({.source = "s", .targets = {labels}, .labels = Labels{}}, rules(relabeling),
                     "me", list);
    const std::string_view got =
        list.dropped.empty() ? "kept" : drop_reason_name(list.dropped[0].reason);
    EXPECT_EQ(got, want) << labels.text() << relabeling;
    EXPECT_EQ(list.targets.size() + list.dropped.size(), 1U);
  };
  f({{"__path__", "/a"}}, "", "kept");
  f({{"__path__", "/a"}, {"__host__", "me"}}, "", "kept");
  f({{"__path__", "/a"}, {"__host__", ""}}, "", "kept");
  f({{"__path__", "/a"}, {"__host__", "other"}}, "", "wrong_host");
  f({{"__path__", ""}}, "", "no_path");
  f({{"job", "a"}}, "", "no_path");
  f({{"app", "web"}}, "[{source_labels: [app], target_label: __path__, replacement: '/$1.log'}]",
    "kept");
  f({{"app", "web"}, {"__path__", "/a"}}, "[{source_labels: [app], regex: web, action: drop}]",
    "dropped");
  f({{"app", "web"}, {"__path__", "/a"}}, "[{source_labels: [app], target_label: __host__}]",
    "wrong_host");
}

TEST(Targets, AreOneIfTheyAreEqual) {
  TargetList list;
  const Labels path{{"__path__", "/a"}};
  add_file_targets({.source = "s", .targets = {path, path}, .labels = Labels{{"a", "1"}}}, {}, "me",
                   list);
  add_file_targets({.source = "t", .targets = {path}, .labels = Labels{{"a", "2"}}}, {}, "me",
                   list);
  EXPECT_EQ(list.targets.size(), 2U);
  ASSERT_EQ(list.dropped.size(), 1U);
  EXPECT_EQ(list.dropped[0].reason, DropReason::kExists);
}

TEST(Targets, KnowTheHost) {
  const char* before = std::getenv("HOSTNAME");
  const std::string kept = before == nullptr ? "" : before;
  ::setenv("HOSTNAME", "from-environment", 1);
  EXPECT_EQ(host_name(), "from-environment");
  ::setenv("HOSTNAME", "", 1);
  const std::string system = host_name();
  EXPECT_FALSE(system.empty());
  ::unsetenv("HOSTNAME");
  EXPECT_EQ(host_name(), system);
  if (before != nullptr) ::setenv("HOSTNAME", kept.c_str(), 1);
}

}  // namespace
}  // namespace tailrace
