#include "config/config_node.h"

#include <gtest/gtest.h>

#include "config/support.h"

namespace tailrace {
namespace {

using test::Yaml;

TEST(ConfigNode, WalksAndNamesPlaces) {
  const Yaml yaml(
      "# comment\n"
      "clients:\n"
      "  - url: http://a\n"
      "    batchwait: 1s\n"
      "  - {url: \"\u00e9\u00e9\", tenant_id: x}\n"
      "empty:\n");
  ASSERT_FALSE(yaml.errors.failed()) << yaml.errors.text();
  auto f = [](const ConfigNode& node, std::string_view path, int line, int column) {
    EXPECT_EQ(node.path(), path);
    EXPECT_EQ(node.place().file, "c.yaml");
    EXPECT_EQ(node.place().line, line) << path;
    EXPECT_EQ(node.place().column, column) << path;
  };
  const std::vector<ConfigNode> clients = yaml["clients"].items();
  ASSERT_EQ(clients.size(), 2U);
  f(yaml["clients"], "clients", 2, 1);
  f(clients[0], "clients[0]", 3, 5);
  f(clients[0].get("url"), "clients[0].url", 3, 10);
  f(clients[0].get("batchwait"), "clients[0].batchwait", 4, 16);
  f(clients[1], "clients[1]", 5, 5);
  f(clients[1].get("tenant_id"), "clients[1].tenant_id", 5, 28);  // in characters, not bytes
  f(clients[1].get("missing"), "clients[1].missing", 5, 5);
  f(clients[1].get("missing").get("deeper"), "clients[1].missing.deeper", 5, 5);
  f(yaml["empty"], "empty", 6, 1);
}

TEST(ConfigNode, KnowsItsKind) {
  const Yaml yaml("s: text\nl: [a]\nm: {a: b}\nn1:\nn2: ~\nn3: null\nn4: ''\nn5: !!null x\n");
  using Kind = ConfigNode::Kind;
  auto f = [&yaml](std::string_view key, Kind want) { EXPECT_EQ(yaml[key].kind(), want) << key; };
  f("s", Kind::kScalar);
  f("l", Kind::kList);
  f("m", Kind::kMap);
  f("n1", Kind::kNull);
  f("n2", Kind::kNull);
  f("n3", Kind::kNull);
  f("n4", Kind::kScalar);
  f("n5", Kind::kNull);
  f("missing", Kind::kAbsent);
  EXPECT_TRUE(ConfigNode().absent());
  EXPECT_TRUE(yaml["n1"].empty());
  EXPECT_FALSE(yaml["n4"].empty());
  EXPECT_TRUE(yaml["n4"].quoted());
  EXPECT_FALSE(yaml["s"].quoted());
  EXPECT_EQ(yaml["s"].scalar(), "text");
  EXPECT_EQ(yaml["l"].scalar(), "");
}

TEST(ConfigNode, NoticesUnknownKeys) {
  auto f = [](const std::string& text, std::string_view want) {
    const Yaml yaml(text);
    for (const ConfigNode& client : yaml["clients"].items())
      client.strict({"url", "batchwait", "batchsize"});
    EXPECT_EQ(yaml.errors.text(), want) << text;
  };
  f("clients: [{url: x, batchwait: 1s}]", "");
  f("clients: [{url: x, batch_wait: 1s}]",
    "c.yaml:1:20: clients[0]: unknown key \"batch_wait\"; did you mean \"batchwait\"?\n");
  f("clients: [{Url: x}]", "c.yaml:1:12: clients[0]: unknown key \"Url\"; did you mean \"url\"?\n");
  f("clients: [{whatever: x}]", "c.yaml:1:12: clients[0]: unknown key \"whatever\"\n");
  f("clients:\n- aaa: 1\n  bbb: 1\n",
    "c.yaml:2:3: clients[0]: unknown key \"aaa\"\nc.yaml:3:3: clients[0]: unknown key \"bbb\"\n");
  f("clients: [text]",
    "c.yaml:1:11: clients[0]: expected a map of keys and values, found the text \"text\"\n");
  f("clients: text", "c.yaml:1:10: clients: expected a list, found the text \"text\"\n");
  f("clients: [~, ]", "");
  f("clients:", "");
}

TEST(ConfigNode, OnlyWarnsAboutUnknownStageOptions) {
  const Yaml yaml("Expression: a\nbogus: 1\n");
  yaml.root().loose({"expression", "source"});
  EXPECT_FALSE(yaml.errors.failed());
  EXPECT_EQ(yaml.errors.text(), "c.yaml:2:1: warning: unknown key \"bogus\" is ignored\n");
  EXPECT_EQ(yaml.root().get_ignoring_case("expression").scalar(), "a");
  EXPECT_TRUE(yaml.root().get("expression").absent());
  EXPECT_EQ(yaml.root().get_ignoring_case("expression").path(), "Expression");
}

TEST(ConfigNode, PrefersTheExactKey) {
  const Yaml yaml("Source: a\nsource: b\n");
  EXPECT_EQ(yaml.root().get_ignoring_case("source").scalar(), "b");
}

TEST(ConfigNode, RefusesDoubledKeys) {
  auto f = [](const std::string& text, std::string_view want) {
    const Yaml yaml(text);
    EXPECT_EQ(yaml.errors.text(), want) << text;
  };
  f("a: 1\nb: 2\na: 3\n", "c.yaml:3:1: key \"a\" already set in map\n");
  f("l:\n- m: {x: 1, \"x\": 2}\n", "c.yaml:2:13: l[0].m: key \"x\" already set in map\n");
  f("a: {x: 1}\nb: {x: 1}\n", "");
}

TEST(ConfigNode, MergesMaps) {
  auto url_of = [](const std::string& text) {
    const Yaml yaml(text);
    const ConfigNode node = yaml["y"];
    node.strict({"url", "wait"});
    std::string url;
    std::string wait;
    node.read("url", url);
    node.read("wait", wait);
    return yaml.errors.failed() ? yaml.errors.text() : url + " " + wait;
  };
  // As in Promtail the later one wins, whichever is merged.
  EXPECT_EQ(url_of("x: &a {url: u, wait: w}\ny: {<<: *a, url: mine}"), "mine w");
  EXPECT_EQ(url_of("x: &a {url: u, wait: w}\ny: {url: mine, <<: *a}"), "u w");
  EXPECT_EQ(url_of("x: &a {url: u}\nz: &b {url: v, wait: w}\ny: {<<: [*a, *b]}"), "u w");
  EXPECT_EQ(url_of("x: &a {url: u}\nz: &b {<<: *a, wait: w}\ny: {<<: *b}"), "u w");
  EXPECT_EQ(url_of("x: &a {other: u}\ny: {<<: *a}"), "c.yaml:2:9: y: unknown key \"other\"\n");
  EXPECT_EQ(url_of("y: {<<: 5}"), "c.yaml:1:9: << needs a map or a list of maps\n");
  EXPECT_EQ(url_of("y: {<<: [5]}"), "c.yaml:1:10: << needs a map or a list of maps\n");
  EXPECT_EQ(url_of("y: {\"<<\": {url: a}}"), "c.yaml:1:5: y: unknown key \"<<\"\n");
}

TEST(ConfigNode, RefusesMergedKeysSetAgainInFreeMaps) {
  auto f = [](const std::string& text, std::string_view want) {
    const Yaml yaml(text);
    Labels labels;
    yaml["y"].read(labels);
    yaml["y"].read(labels);  // says it once
    EXPECT_EQ(yaml.errors.failed() ? yaml.errors.text() : labels.text(), want) << text;
  };
  f("x: &a {k: v}\ny: {<<: *a, j: w}", "{j=\"w\", k=\"v\"}");
  f("x: &a {k: v}\ny: {<<: *a, k: w}",
    "c.yaml:2:13: y: key \"k\" already set in map (a key merged by << cannot be set again here)\n");
  f("x: &a {k: v}\ny: {k: w, <<: *a}",
    "c.yaml:2:15: y: key \"k\" already set in map (a key merged by << cannot be set again here)\n");
}

TEST(ConfigNode, FollowsAliases) {
  const Yaml yaml("a: &x '{job=\"test\"}'\nb: *x\nc: &l [1, 2]\nd: [*l, *l]\n");
  ASSERT_FALSE(yaml.errors.failed()) << yaml.errors.text();
  EXPECT_EQ(yaml["b"].scalar(), "{job=\"test\"}");
  EXPECT_EQ(yaml["b"].place().line, 2);
  EXPECT_EQ(yaml["d"].items()[1].items()[1].scalar(), "2");
  EXPECT_EQ(yaml["d"].items()[1].items()[1].path(), "d[1][1]");
}

TEST(ConfigNode, ReadsOnlyTheFirstDocument) {
  const Yaml yaml("---\na: 1\n---\na: [broken\n");
  EXPECT_FALSE(yaml.errors.failed()) << yaml.errors.text();
  EXPECT_EQ(yaml["a"].scalar(), "1");
}

TEST(ConfigNode, GathersProblemsInOrderOfPlace) {
  const Yaml yaml("a: 1\nb: {c: 2}\n");
  yaml["b"].error("c", "third");
  yaml["b"].error("missing", "second");
  yaml["a"].error("first");
  yaml.root().warn("zeroth");
  EXPECT_EQ(yaml.errors.text(),
            "c.yaml:1:1: warning: zeroth\n"
            "c.yaml:1:4: a: first\n"
            "c.yaml:2:1: b.missing: second\n"
            "c.yaml:2:8: b.c: third\n");
  EXPECT_TRUE(yaml.errors.failed());
  ConfigNode().error("goes nowhere");
}

TEST(ConfigNode, EmptyFilesHaveAnAbsentRoot) {
  for (const char* text : {"", "# only a comment\n", "---\n", "~"}) {
    const Yaml yaml(text);
    yaml.root().strict({"a"});
    EXPECT_FALSE(yaml.errors.failed()) << text;
    EXPECT_TRUE(yaml.root().empty()) << text;
  }
}

}  // namespace
}  // namespace tailrace
