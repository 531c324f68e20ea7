#include "discovery/target_groups.h"

#include <gtest/gtest.h>

#include "discovery/static_discovery.h"

namespace tailrace {
namespace {

// "source targets labels" of each group.
std::string show(const std::vector<TargetGroup>& groups) {
  std::string out;
  for (const TargetGroup& group : groups) {
    out += group.source;
    for (const Labels& target : group.targets) out += " " + target.text();
    out += " " + group.labels.text() + "\n";
  }
  return out;
}
std::string show(const Result<std::vector<TargetGroup>>& groups) {
  return groups ? show(*groups) : groups.error().text();
}

TEST(TargetGroups, ReadJson) {
  auto f = [](std::string_view text, std::string_view want) {
    EXPECT_EQ(show(parse_target_groups_json("f", text)), want) << text;
  };
  f(R"([{"targets":["h1","h2"],"labels":{"job":"j","e":"\u00e9\ud83d\ude00"}},{"targets":["h3"]}])",
    "f:0 {__address__=\"h1\"} {__address__=\"h2\"} {e=\"\u00e9\U0001F600\", job=\"j\"}\nf:1 "
    "{__address__=\"h3\"} {}\n");
  f("[]", "");
  f("[{}]", "f:0 {}\n");
  f(R"([{"targets":null}])", "f:0 {}\n");
  f(R"([{"Targets":["h1"],"LABELS":{"a":null,"b":"c"}}])", "f:0 {__address__=\"h1\"} {b=\"c\"}\n");
  f("", "f: not valid JSON: incomplete JSON");
  f("{}", "f: expected a list of target groups");
  f("[null]", "f: group 0: expected an object with \"targets\" and \"labels\"");
  f(R"([{"targets":[1]}])", "f: group 0: a target must be a string");
  f(R"([{}, {"labels":{"a":1}}])", "f: group 1: the value of a label must be a string");
  f(R"([{"labels":{"":"a"}}])", "f: group 0: a label has no name");
  f(R"([{"target":[]}])", "f: group 0: unknown key \"target\"");
  f(R"([{"targets":"a"}])", "f: group 0: \"targets\" must be a list and \"labels\" an object");
  f(std::string(100'000, '['), "f: not valid JSON: too deep");
}

TEST(TargetGroups, ReadYaml) {
  auto f = [](const std::string& text, std::string_view want) {
    EXPECT_EQ(show(parse_target_groups_yaml("f", text)), want) << text;
  };
  f("- targets: [h1]\n  labels: {job: j, n: 010, __path__: '/a'}\n",
    "f:0 {__address__=\"h1\"} {__path__=\"/a\", job=\"j\", n=\"010\"}\n");
  f("", "");
  f("- target: [a]\n", "f:1:3: [0]: unknown key \"target\"; did you mean \"targets\"?");
  f("targets: [a]\n", "f:1:1: expected a list, found a map");
  f("- {targets: a}\n", "f:1:13: [0].targets: expected a list, found the text \"a\"");
  f("- labels: {a: [1]}\n", "f:1:12: [0].labels.a: expected a text, found a list");
  f("- labels: {'': b}\n", "f:1:16: [0].labels.: \"\" is not a valid label name");
  f("- [broken\n", "f:2:1: a [ is not closed, or a comma is missing");
}

TEST(TargetGroups, StaticOnesHaveATarget) {
  ConfigErrors errors;
  const YamlFile file("c.yaml", "- labels: {a: b}\n- targets: [x, y]\n", errors);
  EXPECT_EQ(show(read_static_configs(file.root())),
            "static:0 {__address__=\"localhost\"} {a=\"b\"}\nstatic:1 {__address__=\"x\"} "
            "{__address__=\"y\"} {}\n");
  EXPECT_FALSE(errors.failed());
}

}  // namespace
}  // namespace tailrace
