#include "positions/positions_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/file.h"
#include "support/temp_dir.h"

namespace tailrace {
namespace {

TEST(PositionsFile, Parses) {
  auto f = [](const std::string& text, const Positions& want) {
    const Result<Positions> got = parse_positions("p.yaml", text);
    ASSERT_TRUE(got) << got.error().text();
    EXPECT_EQ(*got, want) << text;
  };
  f("", {});
  f(" \n", {});
  f("positions: {}\n", {});
  f("positions:\n", {});
  f("positions:\n  /a.log: \"12\"\n", {{"/a.log", "12"}});
  f("positions:\n  /a.log: 12\n  cursor-x: '1600000000'\n  journal-j: s=a;i=1\n",
    {{"/a.log", "12"}, {"cursor-x", "1600000000"}, {"journal-j", "s=a;i=1"}});
  f("positions:\n  ? /a.log\n  : \"12\"\n", {{"/a.log", "12"}});
  f("positions:\n  !!binary L/8=: \"12\"\n", {{"/\xff", "12"}});
}

TEST(PositionsFile, RefusesWhatPromtailRefuses) {
  auto f = [](const std::string& text, std::string_view want) {
    const Result<Positions> got = parse_positions("p.yaml", text);
    ASSERT_FALSE(got) << text;
    EXPECT_EQ(got.error().code(), ErrorCode::kInvalid);
    EXPECT_EQ(got.error().text(), want) << text;
  };
  f("positions: [not: a map\n", "p.yaml:2:1: a [ is not closed, or a comma is missing");
  f("positions: [a]\n", "p.yaml:1:1: positions: expected a map of keys and values, found a list");
  f("position: {}\n", "p.yaml:1:1: unknown key \"position\"; did you mean \"positions\"?");
  f("positions:\n  /a: 1\n  /a: 2\n", "p.yaml:3:3: positions: key \"/a\" already set in map");
  f("positions:\n  /a: [1]\n", "p.yaml:2:3: positions./a: expected a text, found a list");
  f("- a\n", "p.yaml:1:1: expected a map of keys and values, found a list");
  f(std::string(4096, '\0'), "p.yaml:1:1: control characters are not allowed");
  f("positions:\n  /a: \"1", "p.yaml:2:9: this quoted text has no end");
}

TEST(PositionsFile, WritesAsPromtail) {
  EXPECT_EQ(format_positions({}), "positions: {}\n");
  EXPECT_EQ(format_positions({{"/var/log/app.log", "1234"},
                              {"/var/log/with space.log", "0"},
                              {"cursor-abc", "1600000000"},
                              {"journal-x", "s=0639;i=4b2c;b=aa"}}),
            "positions:\n"
            "  /var/log/app.log: \"1234\"\n"
            "  /var/log/with space.log: \"0\"\n"
            "  cursor-abc: \"1600000000\"\n"
            "  journal-x: s=0639;i=4b2c;b=aa\n");
}

TEST(PositionsFile, ReadsBackWhatItWrites) {
  Positions positions;
  for (const std::string& key :
       {std::string("/plain"), std::string("/a: b"), std::string("/a #b"),
        std::string("/tab\tnewline\n"), std::string("/\xff\xfe"), std::string("/\u00e9\u200b"),
        std::string("yes"), std::string("12"), std::string("<<"), std::string("- a"),
        std::string("/quote\"back\\slash"), std::string("{x}"), std::string(""), std::string(" "),
        std::string("/end:"), std::string("/\x01"), "/" + std::string(3000, 'x'),
        "/" + std::string(200, '\xff')}) {
    positions[key] = key;
    positions[key + "1"] = std::to_string(positions.size());
  }
  const std::string text = format_positions(positions);
  const Result<Positions> got = parse_positions("p.yaml", text);
  ASSERT_TRUE(got) << got.error().text() << "\n" << text;
  EXPECT_EQ(*got, positions) << text;
}

TEST(PositionsFile, SavesAndLoads) {
  const TempDir directory;
  const std::string path = directory / "positions.yaml";
  EXPECT_TRUE(load_positions(path).value().empty());
  Positions positions{{"/a", "1"}};
  set_offset(positions, "/b", 18'446'744'073'709'551'615U);
  ASSERT_TRUE(save_positions_blocking(path, positions));
  EXPECT_EQ(load_positions(path).value(), positions);
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0600U);

  const Result<void> saved = save_positions_blocking(directory / "no/p", positions);
  EXPECT_EQ(saved.error().text().find("writing positions: create "), 0U) << saved.error().text();
  directory.write("bad", "x: [");
  EXPECT_EQ(load_positions(directory / "bad").error().text().find("reading positions: "), 0U);
}

TEST(PositionsFile, KnowsOffsets) {
  const Positions positions{{"/a", "12"}, {"/b", "x"}, {"/c", ""}, {"/d", "-1"}, {"/e", "12 "}};
  EXPECT_EQ(offset_of(positions, "/a"), 12U);
  for (const char* key : {"/b", "/c", "/d", "/e", "/f"})
    EXPECT_EQ(offset_of(positions, key), std::nullopt) << key;
}

// Wherever the file is cut, and whatever part of it became NULs: an error or a subset, and what is
// saved from it is never an offset that was not there.
TEST(PositionsFile, SurvivesDamage) {
  const Positions positions{
      {"/var/log/a.log", "1234"}, {"/var/log/b.log", "56789"}, {"cursor-x", "160"}};
  std::string text = format_positions(positions);
  text += "  /bare: 4711\n";
  Positions whole = positions;
  whole["/bare"] = "4711";
  const auto is_subset = [&whole](const Positions& some) {
    for (const auto& [key, value] : some) {
      const auto found = whole.find(key);
      if (found == whole.end() || found->second != value) return false;
    }
    return true;
  };
  for (std::size_t cut = 1; cut < text.size(); ++cut) {
    const std::string head = text.substr(0, cut);
    const std::string nulls = head + std::string(text.size() - cut, '\0');
    EXPECT_EQ(is_damaged(head), head.back() != '\n');
    EXPECT_TRUE(is_damaged(nulls));
    EXPECT_FALSE(parse_positions("p", nulls));
    EXPECT_TRUE(is_subset(salvage_positions(head))) << head;
    EXPECT_TRUE(is_subset(salvage_positions(nulls))) << head;
    if (const Result<Positions> got = parse_positions("p", head); got && !is_damaged(head)) {
      EXPECT_TRUE(is_subset(*got)) << head;
    }
  }
  EXPECT_EQ(salvage_positions(text + "  /cut: \"1"), whole);
  EXPECT_TRUE(salvage_positions(std::string(10, '\0')).empty());
  EXPECT_TRUE(salvage_positions("").empty());
  EXPECT_FALSE(is_damaged("positions: [not: a map\n"));
}

TEST(PositionsOptions, Read) {
  auto f = [](const std::string& text, std::string_view want) {
    ConfigErrors errors;
    const YamlFile file("c.yaml", text, errors);
    PositionsOptions options;
    read_positions_options(file.root(), options);
    const std::string got = options.filename + " " +
                            std::to_string(options.sync_period.ns / 1'000'000) + "ms " +
                            (options.ignore_invalid_yaml ? "ignore" : "strict");
    EXPECT_EQ(errors.failed() ? errors.text() : got, want) << text;
  };
  f("", "/var/log/positions.yaml 10000ms strict");
  f("{filename: /p, sync_period: 300ms, ignore_invalid_yaml: true}", "/p 300ms ignore");
  f("{file: /p}", "c.yaml:1:2: unknown key \"file\"\n");
  f("{sync_period: 0s}", "c.yaml:1:15: sync_period: must be more than 0, such as 10s\n");
  f("{filename: ''}", "c.yaml:1:12: filename: must not be empty\n");
}

}  // namespace
}  // namespace tailrace
