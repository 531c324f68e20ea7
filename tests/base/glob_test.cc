#include "base/glob.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>

#include "base/path.h"
#include "base/wildcard.h"
#include "support/temp_dir.h"

namespace tailrace {
namespace {

using Paths = std::vector<std::string>;

TEST(Wildcard, Matches) {
  auto f = [](std::string_view pattern, std::string_view text, bool want) {
    EXPECT_EQ(Wildcard::compile(pattern).value().matches(text), want)
        << pattern << " over " << text;
  };
  f("", "", true);
  f("", "a", false);
  f("abc", "abc", true);
  f("abc", "abcd", false);
  f("*", "", true);
  f("*", ".hidden", true);
  f("*.log", "app.log", true);
  f("*.log", ".log", true);
  f("*.log", "app.log.1", false);
  f("a*b*c", "aXbYbZc", true);
  f("a*b*c", "aXbYbZ", false);
  f("*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false);
  f("?", "x", true);
  f("?", "", false);
  f("?", "\u00e9", true);
  f("??", "\u00e9", false);
  f("?", "\xff", true);
  f("[abc]", "b", true);
  f("[a-c]x", "bx", true);
  f("[^a-c]", "b", false);
  f("[!a-c]", "d", true);
  f("[!a-c]", "", false);
  f("[\\]]", "]", true);
  f("[a\\-c]", "b", false);
  f("[-a]", "-", true);
  f("[a-]", "-", true);
  f("[\u00e0-\u00ef]", "\u00e9", true);
  f("\\*", "*", true);
  f("\\*", "a", false);
  f("a\\b", "ab", true);
}

TEST(Wildcard, RefusesWhatIsMalformed) {
  for (const char* pattern : {"[", "[]", "[^]", "[a", "[a-", "[\\]", "a\\"}) {
    const Result<Wildcard> got = Wildcard::compile(pattern);
    ASSERT_FALSE(got) << pattern;
    EXPECT_EQ(got.error().code(), ErrorCode::kInvalid);
  }
}

TEST(Wildcard, KnowsLiterals) {
  EXPECT_EQ(Wildcard::compile("a\\*b").value().literal(), "a*b");
  EXPECT_TRUE(Wildcard::compile("a\\*b").value().is_literal());
  EXPECT_FALSE(Wildcard::compile("a*").value().is_literal());
  EXPECT_FALSE(Wildcard::compile("[a]").value().is_literal());
}

TEST(Path, CleansAsGo) {
  auto f = [](std::string_view path, std::string_view want) {
    EXPECT_EQ(clean_path(path), want) << path;
  };
  f("", ".");
  f("/", "/");
  f("//a//b/", "/a/b");
  f("/a/./b/../c", "/a/c");
  f("/../a", "/a");
  f("../a/../..", "../..");
  f("a/..", ".");
  f("./a", "a");
  EXPECT_EQ(absolute_path("/a/../b"), "/b");
  EXPECT_EQ(absolute_path("x/../y"), std::filesystem::current_path().native() + "/y");
  EXPECT_EQ(path_directory("/a/b"), "/a");
  EXPECT_EQ(path_directory("/a"), "/");
  EXPECT_EQ(path_directory("a"), ".");
  EXPECT_EQ(path_name("/a/b"), "b");
  EXPECT_EQ(path_name("b"), "b");
}

TEST(Glob, MatchesPaths) {
  auto f = [](std::string_view pattern, std::string_view path, bool want) {
    EXPECT_EQ(Glob::compile(pattern).value().matches(path), want) << pattern << " over " << path;
  };
  f("/var/log/*.log", "/var/log/a.log", true);
  f("/var/log/*.log", "/var/log/.a.log", true);
  f("/var/log/*.log", "/var/log/d/a.log", false);
  f("/var/log/?.log", "/var/log//.log", false);
  f("/var/**/*.log", "/var/a.log", true);
  f("/var/**/*.log", "/var/x/y/z/a.log", true);
  f("/var/**/*.log", "/varx/a.log", false);
  f("/var/**", "/var/a/b", true);
  f("/var/**/x/**/*.log", "/var/a/x/b/c/d.log", true);
  f("/var/**/x/**/*.log", "/var/a/b/c/d.log", false);
  f("/var/**/**/a", "/var/a", true);
  f("/var/a**b/c", "/var/aXb/c", true);
  f("/var/a**b/c", "/var/aX/Yb/c", false);
  f("/var/{log,lib/app}/*.{log,txt}", "/var/lib/app/a.txt", true);
  f("/var/{log,lib/app}/*.{log,txt}", "/var/lib/a.txt", false);
  f("/a/{b,c{d,e{f,}}}", "/a/b", true);
  f("/a/{b,c{d,e{f,}}}", "/a/cef", true);
  f("/a/{b,c{d,e{f,}}}", "/a/ce", true);
  f("/a/{b,c{d,e{f,}}}", "/a/c", false);
  f("/a/\\{b,c\\}", "/a/{b,c}", true);
  f("/a/[{]b", "/a/{b", true);
  f("/a/x}", "/a/x}", true);
  f("/a/{b,**}/c", "/a/x/y/c", true);
  f("/", "/a", false);
}

TEST(Glob, RefusesWhatIsMalformed) {
  auto f = [](const std::string& pattern) {
    const Result<Glob> got = Glob::compile(pattern);
    ASSERT_FALSE(got) << pattern;
    EXPECT_EQ(got.error().code(), ErrorCode::kInvalid);
  };
  f("");
  f("/a/{b");
  f("/a/{b,{c}");
  f("/a/[b");
  f(std::string("/a\0b", 4));
  std::string bomb = "/";
  for (int i = 0; i < 40; ++i) bomb += "{a,b}";
  f(bomb);
}

class GlobTree : public testing::Test {
 protected:
  // Names below the directory.
  Paths expand(const std::string& pattern) {
    Paths out;
    const Paths found = expand_glob(directory_ / pattern).value();
    for (const std::string& path : found) {
      out.push_back(path.substr(directory_.path().size() + 1));
    }
    return out;
  }
  void files(std::initializer_list<const char*> names) {
    for (const char* name : names) directory_.write(name, "");
  }
  void link(const std::string& target, const std::string& name) {
    ASSERT_EQ(::symlink(target.c_str(), (directory_ / name).c_str()), 0);
  }
  TempDir directory_;
};

TEST_F(GlobTree, FindsFilesSorted) {
  files({"b.log", "a.log", ".c.log", "a.txt", "d/e.log", "d/f/g.log", "dir.log/x"});
  EXPECT_EQ(expand("*.log"), (Paths{".c.log", "a.log", "b.log"}));
  EXPECT_EQ(expand("**/*.log"), (Paths{".c.log", "a.log", "b.log", "d/e.log", "d/f/g.log"}));
  EXPECT_EQ(expand("d/*/g.log"), Paths{"d/f/g.log"});
  EXPECT_EQ(expand("d/**"), (Paths{"d/e.log", "d/f/g.log"}));
  EXPECT_EQ(expand("{a,b}.{log,txt}"), (Paths{"a.log", "a.txt", "b.log"}));
  EXPECT_EQ(expand("{a,?}.log"), (Paths{"a.log", "b.log"}));
  EXPECT_EQ(expand("{d,dir.log}/{e.log,x}"), (Paths{"d/e.log", "dir.log/x"}));
  EXPECT_EQ(expand("none/*.log"), Paths{});
  EXPECT_EQ(expand("a.log/*"), Paths{});
  EXPECT_EQ(expand("d//./../a.log"), Paths{"a.log"});
}

TEST_F(GlobTree, TakesExistingFilesLiterally) {
  files({"a[1].log", "a1.log", "x{y.log", "z[.log"});
  EXPECT_EQ(expand("a[1].log"), Paths{"a[1].log"});
  EXPECT_EQ(expand("x{y.log"), Paths{"x{y.log"});
  EXPECT_EQ(expand("z[.log"), Paths{"z[.log"});
  std::filesystem::remove(directory_ / "a[1].log");
  EXPECT_EQ(expand("a[1].log"), Paths{"a1.log"});
  EXPECT_FALSE(expand_glob(directory_ / "y[.log"));
}

TEST_F(GlobTree, FollowsLinks) {
  files({"real/a.log", "real/deep/b.log"});
  link("real", "linked");
  link("real/a.log", "c.log");
  link("nowhere", "dangling.log");
  EXPECT_EQ(expand("*.log"), Paths{"c.log"});
  EXPECT_EQ(expand("linked/*.log"), Paths{"linked/a.log"});
  EXPECT_EQ(expand("**/a.log"), (Paths{"linked/a.log", "real/a.log"}));
  EXPECT_EQ(expand("**/*.log"),
            (Paths{"c.log", "linked/a.log", "linked/deep/b.log", "real/a.log", "real/deep/b.log"}));
}

TEST_F(GlobTree, EndsInCirclesOfLinks) {
  files({"a/x.log", "b/y.log"});
  link("..", "a/up");
  link("../b", "a/to_b");
  link("../a", "b/to_a");
  link(".", "b/self");
  link("loop", "loop");
  const Paths found = expand("**/*.log");
  EXPECT_NE(std::find(found.begin(), found.end(), "a/to_b/y.log"), found.end());
  EXPECT_LT(found.size(), 20U);
}

TEST_F(GlobTree, BoundsManyLinks) {
  // Each of the directories links to all: every order of them would be a path of its own.
  constexpr int kCount = 12;
  for (int i = 0; i < kCount; ++i) files({(std::to_string(i) + "/x.log").c_str()});
  for (int i = 0; i < kCount; ++i) {
    for (int j = 0; j < kCount; ++j)
      link("../" + std::to_string(j), std::to_string(i) + "/to" + std::to_string(j));
  }
  EXPECT_LE(expand("**/*.log").size(), Glob::kLinkedDirectoriesMax + kCount);
}

TEST_F(GlobTree, MatchesWhatItExpands) {
  files({"a.log", "d/e.log", "d/f/g.log", "d/f/h.txt", ".x/y.log", "{b}.log"});
  for (const char* text : {"*", "**", "**/*.log", "d/**/*", "{a,d/e}.log", "?.log", "[!a]*/**",
                           "\\{b\\}.log", ".*/*"}) {
    const Glob glob = Glob::compile(directory_ / text).value();
    Paths matched;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory_.path())) {
      if (entry.is_regular_file() && glob.matches(entry.path().native()))
        matched.push_back(entry.path().native());
    }
    std::sort(matched.begin(), matched.end());
    EXPECT_EQ(glob.expand(), matched) << text;
  }
}

TEST_F(GlobTree, MakesRelativePatternsAbsolute) {
  files({"r.log"});
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(directory_.path());
  const Paths found = expand_glob("./*.log").value();
  std::filesystem::current_path(before);
  EXPECT_EQ(found, Paths{directory_ / "r.log"});
}

}  // namespace
}  // namespace tailrace
