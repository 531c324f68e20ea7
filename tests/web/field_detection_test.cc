#include "web/field_detection.h"

#include <gtest/gtest.h>

namespace tailrace {
namespace {

using logql::FoundEntry;
using logql::LabelSource;

FoundEntry entry(std::string line, std::vector<logql::OwnedLabel> labels = {}) {
  FoundEntry out;
  out.line = std::move(line);
  out.labels = std::move(labels);
  return out;
}

// "name type parsers values", one each.
std::string shown(const std::vector<FoundEntry>& entries, std::size_t fields_max = 100) {
  std::string out;
  for (const auto& [name, field] : detect_fields(entries, fields_max)) {
    out += (out.empty() ? "" : "; ") + name + " " + field.type;
    for (const std::string& parser : field.parsers) out += " " + parser;
    for (const std::string& value : field.values) out += " " + value;
    for (std::size_t i = 0; i < field.json_path.size(); ++i)
      out += (i == 0 ? " @" : ".") + field.json_path[i];
  }
  return out;
}

TEST(FieldDetection, Types) {
  auto f = [](const std::string& value, std::string_view want) {
    const auto fields = detect_fields({entry("f=" + value)}, 10);
    ASSERT_EQ(fields.count("f"), 1U) << value;
    EXPECT_EQ(fields.at("f").type, want) << value;
  };
  f("12", "int");
  f("-3", "int");
  f("1.5", "float");
  f("1e3", "float");
  f("true", "boolean");
  f("F", "boolean");
  f("5ms", "duration");
  f("1h30m", "duration");
  f("12KB", "bytes");
  f("1.5MiB", "bytes");
  f("12 apples", "int");  // logfmt ends at the blank
  f("hello", "string");
}

TEST(FieldDetection, JsonElseLogfmt) {
  EXPECT_EQ(shown({entry("a=1 b=x")}), "a int logfmt 1; b string logfmt x");
  EXPECT_EQ(shown({entry(R"({"a":"1","n":{"m":2.5},"l":[1],"z":null,"t":true})")}),
            "a int json 1 @a; n_m float json 2.5 @n.m; t boolean json true @t");
  EXPECT_EQ(shown({entry(R"(  {"a":1})")}), "a int json 1 @a");
  EXPECT_EQ(shown({entry("nothing to see")}), "");
  EXPECT_EQ(shown({entry(R"({"9 b":1})")}), "_9_b int json 1 @9 b");
  EXPECT_EQ(shown({entry(R"({"a":1})"), entry("a=2")}), "a int json logfmt 1 2 @a");
}

TEST(FieldDetection, NamesThatTheStreamHas) {
  const std::vector<logql::OwnedLabel> stream = {{"level", "x", LabelSource::kStream}};
  EXPECT_EQ(shown({entry("level=info", stream)}), "level_extracted string logfmt info");
  EXPECT_EQ(shown({entry(R"({"level":"info"})", stream)}),
            "level_extracted string json info @level");
}

TEST(FieldDetection, MetadataAndWhatTheQueryParsed) {
  EXPECT_EQ(shown({entry("x", {{"trace", "7", LabelSource::kMetadata}})}), "trace int 7");
  EXPECT_EQ(shown({entry("x", {{"first", "7", LabelSource::kParsed},
                               {"__error__", "JSONParserErr", LabelSource::kParsed}})}),
            "first int logfmt 7");
}

TEST(FieldDetection, AtMostSoMany) {
  EXPECT_EQ(detect_fields({entry("a=1 b=2 c=3 d=4")}, 2).size(), 2U);
}

}  // namespace
}  // namespace tailrace
