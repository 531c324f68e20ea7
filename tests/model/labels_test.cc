#include "model/labels.h"

#include <gtest/gtest.h>

namespace tailrace {
namespace {

TEST(Labels, KeepsNamesSortedAndUnique) {
  Labels labels{{"b", "1"}, {"a", "2"}, {"b", "3"}};
  EXPECT_EQ(labels.text(), R"({a="2", b="3"})");
  labels.set("ab", "");
  EXPECT_EQ(labels.text(), R"({a="2", ab="", b="3"})");
  labels.erase("a");
  labels.erase("nothing");
  EXPECT_EQ(labels.text(), R"({ab="", b="3"})");
}

TEST(Labels, TextQuotesAsGo) {
  auto f = [](std::string_view value, std::string_view want) {
    EXPECT_EQ((Labels{{"a", std::string(value)}}).text(), want);
  };
  f("plain", R"({a="plain"})");
  f("q\"b\\", R"({a="q\"b\\"})");
  f("tab\there\n", R"({a="tab\there\n"})");
  f("\xc3\xa4", "{a=\"\xc3\xa4\"}");
  EXPECT_EQ(Labels{}.text(), "{}");
}

TEST(Labels, FindAndGet) {
  const Labels labels{{"a", "1"}, {"empty", ""}};
  EXPECT_EQ(labels.find("a"), "1");
  EXPECT_EQ(labels.find("empty"), "");
  EXPECT_EQ(labels.find("b"), std::nullopt);
  EXPECT_EQ(labels.get("b"), "");
}

TEST(Labels, AddMissingKeepsOursMergeTakesTheirs) {
  const Labels others{{"a", "theirs"}, {"c", "theirs"}};
  Labels added{{"a", "ours"}, {"b", "ours"}};
  Labels merged = added;
  added.add_missing(others);
  merged.merge(others);
  EXPECT_EQ(added.text(), R"({a="ours", b="ours", c="theirs"})");
  EXPECT_EQ(merged.text(), R"({a="theirs", b="ours", c="theirs"})");
}

TEST(Labels, LabelNames) {
  auto f = [](std::string_view name, bool want) { EXPECT_EQ(is_label_name(name), want) << name; };
  f("a", true);
  f("_a9", true);
  f("__path__", true);
  f("A_b", true);
  f("", false);
  f("9a", false);
  f("a-b", false);
  f("a.b", false);
  f("\xc3\xa4", false);
}

}  // namespace
}  // namespace tailrace
