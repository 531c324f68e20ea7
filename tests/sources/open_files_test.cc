#include "sources/file/open_files.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "file_rig.h"

namespace tailrace {
namespace {

namespace fs = std::filesystem;

struct FakeFile final : OpenFile {
  explicit FakeFile(bool is_idle_now) : idle(is_idle_now) {}
  bool is_idle() const override { return idle; }
  void close() override { open = false; }
  bool idle;
  bool open = true;
};

TEST(OpenFiles, ClosesTheIdleOneThatWasNotUsedForLongest) {
  OpenFiles files(2);
  FakeFile old(true), busy(false), recent(true), now(false);
  files.used(old);
  files.used(busy);
  files.rests(busy);
  files.used(recent);
  files.used(old);  // again: not the oldest any more
  files.rests(old);
  EXPECT_FALSE(recent.open);
  files.used(now);
  files.rests(now);
  EXPECT_FALSE(old.open);
  EXPECT_TRUE(busy.open && now.open);
  EXPECT_EQ(files.count(), 2U);
}

TEST(OpenFiles, ClosesTheOneAtHandIfAllAreBusy) {
  OpenFiles files(1);
  FakeFile first(false), second(false);
  files.used(first);
  files.rests(first);
  EXPECT_TRUE(first.open);
  files.used(second);
  files.rests(second);
  EXPECT_FALSE(second.open);
  EXPECT_TRUE(first.open);
}

TEST(OpenFiles, ForgetsFilesThatEnd) {
  OpenFiles files(1);
  {
    FakeFile file(false);
    files.used(file);
  }
  EXPECT_EQ(files.count(), 0U);
}

// A rig in which at most two files may stay open.
struct NarrowRig : FileRig {
  NarrowRig() : FileRig(PositionBook({}, ""), 1 << 20, 2) {}
};

std::string name(int i) { return "f" + std::to_string(i) + ".log"; }

TEST(FewDescriptors, AllFilesAreReadAndFollowed) {
  TempDir dir;
  for (int i = 0; i < 50; ++i) write(dir / name(i), "a\nb\n");
  NarrowRig rig;
  rig.tail(dir / "*.log");
  ASSERT_TRUE(rig.wait_for_lines(100));
  EXPECT_LE(rig.shard.open_files.count(), 2U);
  for (int i = 0; i < 50; ++i) append(dir / name(i), "c\n");
  ASSERT_TRUE(rig.wait_for_lines(150));
  rig.settle();
  EXPECT_EQ(rig.sink.lines.size(), 150U);
  EXPECT_LE(rig.shard.open_files.count(), 2U);
}

TEST(FewDescriptors, WhatIsNotAcknowledgedYetIsReadAndSavedTheSame) {
  TempDir dir;
  for (int i = 0; i < 10; ++i) write(dir / name(i), "a\nb\n");
  NarrowRig rig;
  rig.sink.hold = true;
  rig.tail(dir / "*.log");
  ASSERT_TRUE(rig.wait_for_lines(20));
  EXPECT_LE(rig.shard.open_files.count(), 2U);
  for (const auto& [path, offset] : rig.saved().positions) EXPECT_EQ(offset, "0") << path;
  rig.sink.deliver_all();
  for (const auto& [path, offset] : rig.saved().positions) EXPECT_EQ(offset, "4") << path;
}

// What happens to a file while it is closed.
TEST(FewDescriptors, AClosedFileIsFoundAgain) {
  auto f = [](const char* what, const std::function<void(TempDir&)>& meanwhile,
              std::vector<std::string> want) {
    SCOPED_TRACE(what);
    TempDir dir;
    write(dir / "a.log", "one\n");
    NarrowRig rig;
    rig.tail(dir / "*.log");
    ASSERT_TRUE(rig.wait_for_lines(1));
    for (int i = 0; i < 5; ++i) write(dir / name(i), "other\n");
    ASSERT_TRUE(rig.wait_for_lines(6));
    rig.sink.lines.clear();
    meanwhile(dir);
    ASSERT_TRUE(rig.wait_for_lines(want.size()));
    rig.settle();
    EXPECT_EQ(rig.sink.lines, want);
  };
  f("grown", [](TempDir& dir) { append(dir / "a.log", "two\n"); }, {"two"});
  f("rewritten", [](TempDir& dir) { write(dir / "a.log", "new\ncontent\n"); }, {"new", "content"});
  f("grown and renamed",
    [](TempDir& dir) {
      append(dir / "a.log", "two\n");
      fs::rename(dir / "a.log", dir / "a.log.1");
      write(dir / "a.log", "three\n");
    },
    {"two", "three"});
  f("renamed, and written to afterwards",
    [](TempDir& dir) {
      fs::rename(dir / "a.log", dir / "a.log.1");
      append(dir / "a.log.1", "two\n");
      write(dir / "a.log", "three\n");
    },
    {"two", "three"});
  f("deleted and begun anew",
    [](TempDir& dir) {
      fs::remove(dir / "a.log");
      write(dir / "a.log", "a new file\n");
    },
    {"a new file"});
}

}  // namespace
}  // namespace tailrace
