// What the reader makes of broken, hostile and random files: a message with a place, and never a
// crash.
#include <gtest/gtest.h>

#include <chrono>
#include <random>

#include "config/config_node.h"
#include "config/support.h"

namespace tailrace {
namespace {

using test::Yaml;

TEST(YamlReader, SaysWhereAndWhat) {
  auto f = [](const std::string& text, std::string_view want) {
    const Yaml yaml(text);
    EXPECT_EQ(yaml.errors.text(), want) << text;
    EXPECT_TRUE(yaml.root().absent()) << text;
  };
  f("a: [1, 2\nb: 3\n", "c.yaml:2:2: a [ is not closed, or a comma is missing\n");
  f("a: {b: 1\n", "c.yaml:2:1: a { is not closed, or a comma is missing\n");
  f("a: {b: 1", "c.yaml:1:9: a { is not closed, or a comma is missing\n");
  f("@", "c.yaml:1:1: this character cannot start a value: quote the text\n");
  f("a: b: c\n",
    "c.yaml:1:5: a colon is not allowed here: check the indentation, or quote text that contains "
    "\": \"\n");
  f("a: \"open\n", "c.yaml:1:4: this quoted text has no end\n");
  f("a: \"open", "c.yaml:1:9: this quoted text has no end\n");
  f("a: &x 'it''s\n\nb: \"c\"\n", "c.yaml:1:4: this quoted text has no end\n");
  f("a: !!str\n  # comment\n  \"b\\\"\n", "c.yaml:1:4: this quoted text has no end\n");
  f("a: *u\n", "c.yaml:1:4: the referenced anchor is not defined\n");
  f("x: &x {e: *x}\n", "c.yaml:1:11: the value of this anchor contains itself\n");
  f("? [a]\n: b\n", "c.yaml:1:3: a key must be plain text, not a list or a map\n");
  f("a: !!binary '***'\n", "c.yaml:1:4: !!binary needs base64\n");
  f("a: @b\n", "c.yaml:1:4: this character cannot start a value: quote the text\n");
  f("ok: \u00e9\na: \xff\n", "c.yaml:2:4: invalid UTF-8: save the file as UTF-8\n");
  f("a: b\x01\n", "c.yaml:1:5: control characters are not allowed\n");
  f(std::string("a: b\0c\n", 7), "c.yaml:1:5: control characters are not allowed\n");
  f("a: 1\n\x04 b: 2\n", "c.yaml:2:1: control characters are not allowed\n");
}

// yaml-cpp would end the document in front of what does not fit, and nobody would miss the rest.
TEST(YamlReader, SeesTextThatDoesNotFit) {
  auto f = [](const std::string& text, std::string_view want) {
    EXPECT_EQ(Yaml(text).errors.text(), want) << text;
  };
  const std::string what =
      ": this does not fit the block above: a colon is missing, or the indentation is wrong\n";
  f("- a\nc\n", "c.yaml:2:1" + what);
  f("a:\n  b: 1\nscrape_configs\n", "c.yaml:3:1: a colon is missing behind \"scrape_configs\"\n");
  f("a:\n  b: |\n    x\n  c\n", "c.yaml:4:3: a colon is missing behind \"c\"\n");
  f("a:\n  b:\n\"c\"", "c.yaml:3:1: a colon is missing behind \"c\"\n");
  f("a: 1\n: b\n", "c.yaml:2:1: a key is missing in front of this colon\n");
  f("a:\n  b:\n  c:d\n", "c.yaml:3:3: a colon is missing behind \"c:d\"\n");
  f("~: b\n", "");
  f("? a\n", "");
  f("{a}\n", "");
  f("a: {b}\nc :\n", "");
  f("- 1\nb: 2\n", "c.yaml:2:1" + what);
  f("a: 1\n---\nb\n", "");
  f("a: 1\n...\n# comment\n\nb\n", "");
  f("a: 1\n... # end\n%YAML 1.1\n---\nb\n", "");
  f("a: 1\n# comment\n", "");
  f("--- # begin\na: 1\n...\n", "");
}

TEST(YamlReader, KnowsWhereQuotesEnd) {
  for (const char* text :
       {"a: \"b\\\\\"", "a: 'it''s'", "a: ''", "a: \"\"", "a: &x # \"\n  \"b\"\nc: *x", "\"k\": v",
        "'': v", "a: |\n  \"open\n", "a: !x \"b # c\" # \"\n"}) {
    EXPECT_FALSE(Yaml(text).errors.failed()) << text << Yaml(text).errors.text();
  }
}

TEST(YamlReader, TakesUtf8WithAMarkAndCarriageReturns) {
  const Yaml yaml("\ufeffa: 1\r\nb: two\r\n");
  ASSERT_FALSE(yaml.errors.failed()) << yaml.errors.text();
  EXPECT_EQ(yaml["a"].scalar(), "1");
  EXPECT_EQ(yaml["b"].scalar(), "two");
  EXPECT_EQ(yaml["b"].place().line, 2);
}

TEST(YamlReader, BoundsDepth) {
  auto nested = [](int depth) {
    return "a: " + std::string(static_cast<std::size_t>(depth), '[') +
           std::string(static_cast<std::size_t>(depth), ']');
  };
  EXPECT_FALSE(Yaml(nested(90)).errors.failed());
  for (int depth : {101, 1'000, 20'000}) {
    const Yaml yaml(nested(depth));
    EXPECT_NE(yaml.errors.text().find("nested"), std::string::npos) << depth;
  }
  std::string blocks;
  for (int i = 0; i < 3000; ++i) blocks += "- ";
  EXPECT_TRUE(Yaml(blocks + "a\n").errors.failed());
  EXPECT_TRUE(Yaml(std::string(20'000, '{')).errors.failed());
}

TEST(YamlReader, BoundsAliases) {
  std::string laughs = "a0: &a0 [x]\n";
  std::string merges = "a0: &a0 {k: v}\n";
  for (int i = 1; i < 30; ++i) {
    const std::string name = "a" + std::to_string(i);
    const std::string before = "*a" + std::to_string(i - 1);
    laughs += name + ": &" + name + " [";
    merges += name + ": &" + name + " {<<: [";
    for (int j = 0; j < 9; ++j) laughs += before + ", ", merges += before + ", ";
    laughs += "x]\n";
    merges += before + "]}\n";
  }
  EXPECT_NE(Yaml(laughs).errors.text().find("aliases make this document too large"),
            std::string::npos);
  EXPECT_TRUE(Yaml(merges).errors.failed());
  std::string fine = "base: &b {x: 1, y: 2}\nlist:\n";
  for (int i = 0; i < 5'000; ++i) fine += "- *b\n";
  EXPECT_FALSE(Yaml(fine).errors.failed());
}

// Looks at everything in a document.
std::size_t walk(const ConfigNode& node, std::size_t budget) {
  if (budget == 0) return 0;
  --budget;
  Labels labels;
  std::string text;
  switch (node.kind()) {
    case ConfigNode::Kind::kList:
      for (const ConfigNode& item : node.items()) budget = walk(item, budget);
      break;
    case ConfigNode::Kind::kMap:
      node.strict({"a", "b"});
      node.loose({"a", "b"});
      for (const auto& [key, value] : node.entries()) {
        node.get(key).read(text);
        budget = walk(value, budget);
      }
      break;
    case ConfigNode::Kind::kScalar: {
      bool flag = false;
      std::int64_t whole = 0;
      double number = 0;
      GoDuration duration;
      ByteSize size;
      std::vector<std::string> list;
      node.read(flag), node.read(whole), node.read(number), node.read(duration), node.read(size);
      node.read_weak(flag), node.read_weak(whole), node.read_weak(number), node.read_weak(list);
      node.read(labels), node.read_typed(text);
      break;
    }
    case ConfigNode::Kind::kNull:
    case ConfigNode::Kind::kAbsent:
      break;
  }
  return budget;
}

TEST(YamlReader, SurvivesMutations) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  const std::string base =
      "server: {disable: true}\n"
      "clients: &c\n  - url: http://x/push # note\n    <<: {batchwait: 1.5s, batchsize: 0x10}\n"
      "scrape_configs:\n- job_name: 'a''b'\n  pipeline_stages: [{regex: {expression: "
      "\"^(\\\\S+)\\u00e9\"}}, cri: ]\n"
      "  text: |-\n    one\n     two\n  folded: >\n    x\n\n    y\n  other: *c\n? k\n: !!int "
      "'5'\n...\n---\n- z\n";
  const std::string alphabet = "\n\n  \t:-[]{}&*!|>'\"%@`#,?<\\~.0aZ\xc3\xa9\xff\x04\x00";
  for (int round = 0; round < 3'000; ++round) {
    std::string text = base;
    const std::size_t edits = 1 + random() % 8;
    for (std::size_t i = 0; i < edits; ++i) {
      const std::size_t at = random() % text.size();
      const std::size_t length = random() % 12;
      switch (random() % 4) {
        case 0:
          text[at] = alphabet[random() % alphabet.size()];
          break;
        case 1:
          text.insert(at, 1 + random() % 3, alphabet[random() % alphabet.size()]);
          break;
        case 2:
          text.erase(at, length);
          break;
        case 3:
          text.insert(random() % text.size(), text.substr(at, length));
          break;
      }
      if (text.empty()) text = "a";
    }
    const Yaml yaml(text);
    walk(yaml.root(), 10'000);
    for (const ConfigProblem& problem : yaml.errors.problems()) {
      ASSERT_GE(problem.place.line, 1) << text;
      ASSERT_GE(problem.place.column, 1) << text;
    }
  }
}

TEST(YamlReader, LoadsAConfigQuickly) {
  std::string text = "scrape_configs:\n";
  for (int i = 0; i < 100; ++i) {
    text += "- job_name: job" + std::to_string(i) +
            "\n  static_configs:\n  - targets: [localhost]\n    labels: {job: a, __path__: "
            "/var/log/*.log}\n"
            "  pipeline_stages:\n  - regex:\n      expression: '^(?P<time>\\S+) (?P<level>\\w+)'\n "
            " - labels: {level: }\n";
  }
  const auto start = std::chrono::steady_clock::now();
  const Yaml yaml(text);
  walk(yaml.root(), 1'000'000);
  const auto took = std::chrono::steady_clock::now() - start;
  RecordProperty("microseconds", static_cast<int>(took / std::chrono::microseconds(1)));
  EXPECT_LT(took, std::chrono::seconds(2))
      << "far too slow, even for a sanitizer on a busy machine";
}

}  // namespace
}  // namespace tailrace
