#include "relabel/relabel.h"

#include <gtest/gtest.h>

#include <set>

#include "config/config_node.h"

namespace tailrace {
namespace {

// A list of rules, with what is wrong with them.
struct Rules {
  explicit Rules(const std::string& text) : file("c.yaml", "r: " + text, errors) {
    configs = read_relabel_configs(file.root().get("r"));
  }
  ConfigErrors errors;
  YamlFile file;
  RelabelConfigs configs;
};

// What changed: "+name=value" for new or other values, "-name" for what is gone, in order; or
// "dropped".
std::string changes(const Labels& before, const std::optional<Labels>& after) {
  if (!after) return "dropped";
  std::set<std::string> lines;
  for (const auto& [name, value] : *after) {
    if (before.find(name) != value) lines.insert("+" + name + "=" + value);
  }
  for (const auto& [name, value] : before) {
    if (!value.empty() && !after->find(name)) lines.insert("-" + name);
  }
  std::string out;
  for (const std::string& line : lines) out += (out.empty() ? "" : " ") + line;
  return out;
}

// What Prometheus' own relabeling says to these rules.
TEST(Relabel, DoesWhatPrometheusDoes) {
  const Labels labels{{"env", "prod"},
                      {"team", "core"},
                      {"job", "test"},
                      {"want", "prod"},
                      {"mixed", "MiXeD-\u00c9"},
                      {"multi", "a\nb"},
                      {"__meta_zone", "eu-1"},
                      {"__meta_rack", "7"},
                      {"__address__", "localhost"},
                      {"empty", ""}};
  auto f = [&labels](const std::string& text, std::string_view want) {
    const Rules rules(text);
    ASSERT_FALSE(rules.errors.failed()) << rules.errors.text();
    const std::optional<Labels> after = relabel(rules.configs, labels);
    EXPECT_EQ(changes(labels, after), want) << text;
    for (const auto& [name, value] : after.value_or(Labels())) EXPECT_FALSE(value.empty()) << name;
  };
  f(R"([{source_labels: [env, team], separator: '/', regex: '(.*)/(.*)', target_label: where, replacement: '$2-${1}'}])",
    R"(+where=core-prod)");
  f(R"([{source_labels: [job], target_label: service}])", R"(+service=test)");
  f(R"([{target_label: fixed, replacement: constant}])", R"(+fixed=constant)");
  // Nothing behind a key is an empty text, not the default.
  f(R"([{source_labels: [env], target_label: x, replacement: }])", R"()");
  f(R"([{source_labels: [env, team], separator: , target_label: x}])", R"(+x=prodcore)");
  f(R"([{source_labels: [env], regex: dev, target_label: x, replacement: never}])", R"()");
  f(R"([{source_labels: [team], regex: core, target_label: team, replacement: ''}])", R"(-team)");
  f(R"([{source_labels: [missing], target_label: also_missing}])", R"()");
  f(R"([{source_labels: [missing], target_label: env}])", R"(-env)");
  f(R"([{source_labels: [env], regex: '(pr).*', target_label: '${1}_x', replacement: v}])",
    R"(+pr_x=v)");
  f(R"([{source_labels: [env], regex: '(pr).*', target_label: '$1_x', replacement: v}])", R"()");
  f(R"([{source_labels: [env], regex: '(p)(r)?.*', target_label: x, replacement: '$1x|$2|$$1|$3|${2}|$'}])",
    R"(+x=|r|$1||r|$)");
  f(R"([{source_labels: [env], regex: '(?P<a>p)(?P<b>r).*', target_label: x, replacement: '${b}${a}$b-$a'}])",
    R"(+x=rpr-p)");
  f(R"([{source_labels: [env], regex: '(?P<a>p)(?P<a>r).*', target_label: x, replacement: '${a}'}])",
    R"(+x=p)");
  f(R"([{source_labels: [env], regex: '(?<a>p).*', target_label: x, replacement: '${a}'}])",
    R"(+x=p)");
  f(R"([{source_labels: [multi], regex: 'a.b', target_label: x, replacement: y}])", R"(+x=y)");
  f(R"([{source_labels: [env], regex: 'pro|prod', target_label: x, replacement: y}])", R"(+x=y)");
  f(R"([{source_labels: [env], regex: 'pro', target_label: x, replacement: y}])", R"()");
  f(R"([{source_labels: [env], regex: '(?i)PROD', target_label: x, replacement: y}])", R"(+x=y)");
  f(R"([{source_labels: [env], regex: '', target_label: x, replacement: y}])", R"()");
  f(R"([{source_labels: [missing], regex: '', target_label: x, replacement: y}])", R"(+x=y)");
  f(R"([{source_labels: [env], regex: 'prod|stage', action: keep}])", R"()");
  f(R"([{source_labels: [env], regex: 'dev', action: keep}])", "dropped");
  f(R"([{source_labels: [env], regex: 'pro.', action: DROP}])", "dropped");
  f(R"([{source_labels: [env], regex: 'dev', action: drop}])", R"()");
  f(R"([{action: keep}])", R"()");
  f(R"([{action: drop}])", "dropped");
  f(R"([{source_labels: [env], target_label: want, action: keepequal}])", R"()");
  f(R"([{source_labels: [env], target_label: team, action: keepequal}])", "dropped");
  f(R"([{source_labels: [env], target_label: want, action: dropequal}])", "dropped");
  f(R"([{source_labels: [missing], target_label: gone, action: keepequal}])", R"()");
  f(R"([{source_labels: [env, team], modulus: 8, target_label: shard, action: hashmod}])",
    R"(+shard=3)");
  f(R"([{source_labels: [job], modulus: 1000003, target_label: big, action: hashmod}])",
    R"(+big=293885)");
  f(R"([{source_labels: [missing], modulus: 18446744073709551615, target_label: h, action: hashmod}])",
    R"(+h=16825458760271544958)");
  f(R"([{source_labels: [env], modulus: 1, target_label: h, action: hashmod}])", R"(+h=0)");
  f(R"([{regex: '__meta_(.+)', action: labelmap}])", R"(+rack=7 +zone=eu-1)");
  f(R"([{regex: '(en)v', replacement: 'x_${1}', action: labelmap}])", R"(+x_en=prod)");
  f(R"([{regex: '(env|team)', replacement: 'same', action: labelmap}])", R"(+same=core)");
  f(R"([{regex: 'env|team', replacement: 'job', action: labelmap}])", R"(+job=core)");
  f(R"([{regex: '(.*)', replacement: 'team', action: labelmap}])", R"(+team=prod)");
  f(R"([{regex: 'te.*', action: labeldrop}])", R"(-team)");
  f(R"([{regex: 'job|env|__.*', action: labelkeep}])", R"(-mixed -multi -team -want)");
  f(R"([{source_labels: [mixed], target_label: mixed, action: lowercase}])", R"(+mixed=mixed-é)");
  f(R"([{source_labels: [env, mixed], separator: _, target_label: both, action: uppercase}])",
    R"(+both=PROD_MIXED-É)");
  f(R"([{source_labels: [missing], target_label: env, action: uppercase}])", R"(-env)");
  f(R"([{source_labels: [__address__], target_label: addr}, {target_label: __hidden, replacement: secret}, {source_labels: [__hidden], target_label: seen}])",
    R"(+__hidden=secret +addr=localhost +seen=secret)");
  f(R"([{source_labels: [env], regex: '.*', target_label: 'é x', replacement: y}])", R"(+é x=y)");
  f(R"([{source_labels: [env], separator: '', regex: (.*), target_label: x, replacement: '$1$1'}])",
    R"(+x=prodprod)");
  f(R"([{source_labels: [env, missing, team], target_label: x}])", R"(+x=prod;;core)");
  f(R"([{source_labels: [empty], regex: '', action: keep}, {regex: empty, action: labelkeep}])",
    R"(-__address__ -__meta_rack -__meta_zone -env -job -mixed -multi -team -want)");
  f(R"([{source_labels: [a], target_label: b, regex: c, action: lowercase}])", R"()");
  f(R"([{source_labels: [a], target_label: b, separator: c, action: lowercase}])", R"()");
  f(R"([{source_labels: [a], target_label: b, modulus: 5, action: lowercase}])", R"()");
  f(R"([{source_labels: [a], target_label: b, modulus: 1, action: keep}])", R"()");
  f(R"([{regex: a, action: labelmap, target_label: b}])", R"()");
}

TEST(Relabel, RefusesBadRules) {
  auto f = [](const std::string& text, const std::string& want) {
    const Rules rules(text);
    EXPECT_EQ(rules.configs.empty(), text.find("source_label:") == std::string::npos) << text;
    EXPECT_EQ(rules.errors.text(), want + "\n") << text;
  };
  f(R"([{source_labels: [a], action: replase}])",
    R"(c.yaml:1:34: r[0].action: unknown relabel action "replase"; did you mean "replace"?)");
  f(R"([{source_labels: [a], target_label: b, action: hashmod}])",
    R"(c.yaml:1:5: r[0].modulus: the action hashmod needs a modulus that is not 0)");
  f(R"([{source_labels: [a]}])",
    R"(c.yaml:1:5: r[0].target_label: the action replace needs a target_label)");
  f(R"([{source_labels: [a], target_label: b, replacement: c, action: uppercase}])",
    R"(c.yaml:1:56: r[0].replacement: has no place here: the action uppercase takes only source_labels, separator and target_label)");
  f(R"([{source_labels: [a], regex: c, action: labeldrop}])",
    R"(c.yaml:1:6: r[0].source_labels: has no place here: the action labeldrop takes only regex)");
  f(R"([{regex: c, target_label: x, action: labelkeep}])",
    R"(c.yaml:1:30: r[0].target_label: has no place here: the action labelkeep takes only regex)");
  f(R"([{regex: c, separator: x, action: labelkeep}])",
    R"(c.yaml:1:27: r[0].separator: has no place here: the action labelkeep takes only regex)");
  f(R"([{source_labels: [a], target_label: b, regex: c, action: keepequal}])",
    R"(c.yaml:1:50: r[0].regex: has no place here: the action keepequal takes only source_labels and target_label)");
  f(R"([{source_labels: [a], target_label: b, separator: c, action: dropequal}])",
    R"(c.yaml:1:54: r[0].separator: has no place here: the action dropequal takes only source_labels and target_label)");
  f(R"([{source_labels: [a], action: dropequal}])",
    R"(c.yaml:1:5: r[0].target_label: the action dropequal needs a target_label)");
  f(R"([{regex: a, replacement: '', action: labelmap}])",
    R"(c.yaml:1:29: r[0].replacement: the action labelmap needs a replacement)");
  f(R"([{source_labels: [''], target_label: b}])",
    R"(c.yaml:1:22: r[0].source_labels[0]: a label name must not be empty)");
  f(R"([{source_label: [a], target_label: b}])",
    R"(c.yaml:1:6: r[0]: unknown key "source_label"; did you mean "source_labels"?)");
  f(R"([{action: '', target_label: x}])", R"(c.yaml:1:14: r[0].action: unknown relabel action "")");
  f(R"([{modulus: -1, target_label: a, action: hashmod}])",
    R"(c.yaml:1:15: r[0].modulus: expected a whole number that is not negative, found the number -1)");
  f(R"(x)", R"(c.yaml:1:4: r: expected a list, found the text "x")");
  f(R"([x])", R"(c.yaml:1:5: r[0]: expected a map of keys and values, found the text "x")");
}

TEST(Relabel, NamesBadRegexes) {
  const Rules rules(
      "[{source_labels: [a], regex: '(x', target_label: b}, {target_label: c, replacement: d}]");
  EXPECT_EQ(rules.errors.text().find("c.yaml:1:33: r[0].regex: bad regular expression \"(x\": "),
            0U)
      << rules.errors.text();
  EXPECT_EQ(rules.configs.size(), 1U) << "the good rule is still read";
  EXPECT_TRUE(Rules("[{source_labels: [a], regex: '(?=x)', target_label: b}]").errors.failed());
}

TEST(Relabel, TakesNothing) {
  for (const char* text : {"", "[]", "[~]"}) {
    const Rules rules(text);
    EXPECT_FALSE(rules.errors.failed()) << text;
    EXPECT_EQ(relabel(rules.configs, Labels{{"a", "b"}, {"c", ""}}), (Labels{{"a", "b"}}));
  }
}

}  // namespace
}  // namespace tailrace
