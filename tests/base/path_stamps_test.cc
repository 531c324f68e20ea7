#include "base/path_stamps.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <deque>
#include <filesystem>
#include <functional>
#include <thread>

#include "base/glob.h"
#include "support/temp_dir.h"

namespace tailrace {
namespace {

namespace fs = std::filesystem;

void link(const std::string& target, const std::string& name) {
  ASSERT_EQ(::symlink(target.c_str(), name.c_str()), 0);
}

// A pattern in a tree of its own, and what happens there after it was expanded.
struct Case {
  const char* pattern;
  std::function<void(const TempDir&)> happens;
  bool seen;
};

const Case kCases[] = {
    // What the answer depends on.
    {"*.log", [](const TempDir& d) { d.write("new.log", ""); }, true},
    {"*.log", [](const TempDir& d) { fs::remove(d / "a.log"); }, true},
    {"*.log", [](const TempDir& d) { fs::rename(d / "a.log", d / "b.log"); }, true},
    {"*.log", [](const TempDir& d) { fs::rename(d / "a.txt", d / "a.log"); }, true},
    {"a.log", [](const TempDir& d) { fs::remove(d / "a.log"); }, true},
    {"a.log", [](const TempDir& d) { fs::rename(d / "a.txt", d / "a.log"); }, true},
    {"none.log", [](const TempDir& d) { d.write("none.log", ""); }, true},
    {"none/*.log", [](const TempDir& d) { d.write("none/x.log", ""); }, true},
    {"*/x.log", [](const TempDir& d) { d.write("d/x.log", ""); }, true},
    {"*/x.log", [](const TempDir& d) { d.write("new/x.log", ""); }, true},
    {"**/*.log", [](const TempDir& d) { d.write("d/deep/new.log", ""); }, true},
    {"linked/*.log", [](const TempDir& d) { d.write("d/new.log", ""); }, true},
    // The directory, or one above it, becomes another one.
    {"d/deep/*.log",
     [](const TempDir& d) {
       fs::rename(d / "d", d / "old");
       fs::rename(d / "other", d / "d");
     },
     true},
    // A link in the directory leads elsewhere, and nothing in the directory says so.
    {"far.log",
     [](const TempDir& d) {
       fs::remove(d / "elsewhere/current");
       link("v2", d / "elsewhere/current");
     },
     true},
    {"f*.log",
     [](const TempDir& d) {
       fs::remove(d / "elsewhere/current");
       link("v2", d / "elsewhere/current");
     },
     true},
    {"[d]angling.log", [](const TempDir& d) { d.write("elsewhere/nowhere", ""); }, true},
    // What it does not depend on.
    {"*.log", [](const TempDir& d) { append(d / "a.log", "more\n"); }, false},
    {"*.log", [](const TempDir& d) { write(d / "a.log", ""); }, false},
    {"*.log", [](const TempDir& d) { d.write("d/new.log", ""); }, false},
    {"a.log", [](const TempDir& d) { d.write("new.log", ""); }, false},
    {"d/*/x.log", [](const TempDir& d) { d.write("new.log", ""); }, false},
};

TEST(PathStamps, SeeWhatAnExpandedPatternDependsOn) {
  std::deque<TempDir> trees;
  for (std::size_t i = 0; i < std::size(kCases); ++i) {
    const TempDir& tree = trees.emplace_back();
    for (const char* name : {"a.log", "a.txt", "d/deep/x.log", "other/deep/x.log",
                             "elsewhere/v1/far.log", "elsewhere/v2/far.log"}) {
      tree.write(name, "text\n");
    }
    link("d", tree / "linked");
    link("v1", tree / "elsewhere/current");
    link("elsewhere/current/far.log", tree / "far.log");
    link("elsewhere/nowhere", tree / "dangling.log");
  }
  std::this_thread::sleep_for(std::chrono::nanoseconds(PathStamps::kFreshNs) +
                              std::chrono::milliseconds(100));
  for (std::size_t i = 0; i < std::size(kCases); ++i) {
    SCOPED_TRACE(std::to_string(i) + " " + kCases[i].pattern);
    PathStamps stamps;
    const std::vector<std::string> before =
        Glob::compile(trees[i] / kCases[i].pattern).value().expand(&stamps);
    ASSERT_TRUE(stamps.unchanged());
    kCases[i].happens(trees[i]);
    EXPECT_EQ(stamps.unchanged(), !kCases[i].seen);
  }
}

// A path that leads to the same file leads there, whatever now stands on the way.
TEST(PathStamps, OfAPathIncludeThoseOnTheWay) {
  const TempDir dir;
  dir.write("d/deep/x", "");
  PathStamps stamps;
  for (const char* path : {"d", "d/deep", "d/deep/x"}) stamps.note_path(dir / path);
  fs::rename(dir / "d", dir / "old");
  fs::create_directory(dir / "d");
  EXPECT_FALSE(stamps.unchanged());
  fs::rename(dir / "old/deep", dir / "d/deep");
  EXPECT_TRUE(stamps.unchanged());
  // Not if the next one is not there: then it counts that they are.
  stamps.clear();
  for (const char* path : {"d", "d/none"}) stamps.note_path(dir / path);
  fs::rename(dir / "d", dir / "older");
  EXPECT_FALSE(stamps.unchanged());
}

// The file system's clock may not have moved on since.
TEST(PathStamps, DoNotTrustWhatIsFresh) {
  const TempDir dir;
  dir.write("a.log", "");
  PathStamps stamps;
  Glob::compile(dir / "*.log").value().expand(&stamps);
  EXPECT_FALSE(stamps.unchanged());
  stamps.clear();
  EXPECT_TRUE(stamps.unchanged());
}

}  // namespace
}  // namespace tailrace
