// What a file source does while nothing happens to its files: next to nothing, and misses nothing.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/aio_abi.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>

#include "base/file.h"
#include "base/file_events.h"
#include "base/path_stamps.h"
#include "file_rig.h"

namespace tailrace {
namespace {

namespace fs = std::filesystem;

TEST(FileSource, RestsUntilSomethingMoves) {
  TempDir dir;
  write(dir / "a.log", "one\n");
  FakeClock clock(1'000 * kNsPerSecond);
  FileRig rig(PositionBook({}, ""), 1 << 20, 1000, 3'600 * kNsPerSecond, clock);
  rig.tail(dir / "*.log");
  const auto saved = [&] { return rig.positions.snapshot().positions[dir / "a.log"]; };
  ASSERT_TRUE(rig.wait_for([&] { return saved() == "4"; }));
  clock.advance_ns(60 * kNsPerSecond);
  run_for(rig.io, std::chrono::milliseconds(FileSource::kSlowPollNs / kNsPerMs + 200));
  clock.advance_ns(60 * kNsPerSecond);
  append(dir / "a.log", "two\n");
  ASSERT_TRUE(rig.wait_for_lines(2));
  EXPECT_TRUE(rig.wait_for([&] { return saved() == "8"; }));
}

class FilesAtRest : public testing::Test {
 protected:
  void SetUp() override {
    write(dir_.write("v1/a.log", ""), "one\n");
    dir_.write("v2/a.log", "new one\n");
    dir_.write("v2/b.log", "new two\n");
    fs::create_symlink("v1", dir_ / "current");
    fs::create_symlink("current/a.log", dir_ / "far.log");
    if (file_events_of(open_for_read(dir_ / "v1/a.log").value().get()) != FileEvents::kAll) {
      GTEST_SKIP() << "skipped: events do not tell all on the file system of " << dir_.path();
    }
  }
  // Until the directories do not count as fresh any more and a sync has looked at nothing.
  bool rest() {
    std::uint64_t before = 0;
    return rig_.wait_for([&] {
      before = rig_.source->looks();
      run_for(rig_.io, std::chrono::milliseconds(300));
      return rig_.source->looks() == before;
    });
  }
  TempDir dir_;
  FileRig rig_;  // a sync each 50 ms
};

TEST_F(FilesAtRest, AreNotLookedAt) {
  rig_.tail(dir_ / "v?/*.log");
  ASSERT_TRUE(rig_.wait_for_lines(3));
  ASSERT_TRUE(rest());
  append(dir_ / "v1/a.log", "two\n");
  ASSERT_TRUE(rig_.wait_for_lines(4));
  EXPECT_TRUE(rest());
}

TEST_F(FilesAtRest, AreJoinedByNewOnesThatNoEventTells) {
  // Two paths to one directory have one watch, and it tells the first of them only.
  rig_.source->set_targets({FileTarget{dir_ / "v1/*.log", {}, Labels{{"job", "t"}}, {}},
                            FileTarget{dir_ / "current/*.log", {}, Labels{{"job", "u"}}, {}}});
  ASSERT_TRUE(rig_.wait_for_lines(2));
  ASSERT_TRUE(rest());
  dir_.write("v1/b.log", "two\n");
  EXPECT_TRUE(rig_.wait_for_lines(4));
}

TEST_F(FilesAtRest, AreLeftWhenALinkLeadsElsewhere) {
  rig_.tail(dir_ / "f*.log");
  ASSERT_TRUE(rig_.wait_for_lines(1));
  ASSERT_TRUE(rest());
  fs::remove(dir_ / "current");
  fs::create_symlink("v2", dir_ / "current");
  ASSERT_TRUE(rig_.wait_for_lines(2));
  EXPECT_EQ(rig_.sink.lines.back(), "new one");
}

TEST_F(FilesAtRest, AreFollowedWhenTheirDirectoryIsReplaced) {
  rig_.tail(dir_ / "v1/*.log");
  ASSERT_TRUE(rig_.wait_for_lines(1));
  ASSERT_TRUE(rest());
  fs::rename(dir_ / "v1", dir_ / "v0");
  fs::rename(dir_ / "v2", dir_ / "v1");
  EXPECT_TRUE(rig_.wait_for_lines(3));
}

// Appends by libaio's system calls, of which inotify tells nothing.
void append_untold(const fs::path& file, std::string_view bytes) {
  const Fd fd(::open(file.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
  aio_context_t context = 0;
  ASSERT_EQ(::syscall(SYS_io_setup, 1, &context), 0);
  iocb write{};
  write.aio_fildes = static_cast<std::uint32_t>(fd.get());
  write.aio_lio_opcode = IOCB_CMD_PWRITE;
  write.aio_buf = reinterpret_cast<std::uintptr_t>(bytes.data());
  write.aio_nbytes = bytes.size();
  iocb* writes[] = {&write};
  ASSERT_EQ(::syscall(SYS_io_submit, context, 1, writes), 1);
  io_event done{};
  ASSERT_EQ(::syscall(SYS_io_getevents, context, 1, 1, &done, nullptr), 1);
  EXPECT_EQ(done.res, static_cast<std::int64_t>(bytes.size()));
  ::syscall(SYS_io_destroy, context);
}

TEST_F(FilesAtRest, DoNotRestWhenTheyGrowWithoutEvents) {
  rig_.tail(dir_ / "v1/*.log");
  ASSERT_TRUE(rig_.wait_for_lines(1));
  ASSERT_TRUE(rest());
  append_untold(dir_ / "v1/a.log", "two\n");
  dir_.write("v1/b.txt", "");  // so that it looks
  ASSERT_TRUE(rig_.wait_for_lines(2));
  run_for(rig_.io, std::chrono::milliseconds(
                       (Tailer::kEventLateNs + FileSource::kSlowPollNs) / kNsPerMs + 500));
  append_untold(dir_ / "v1/a.log", "three\n");
  EXPECT_TRUE(rig_.wait_for_lines(3));
}

// What cannot be read for want of descriptors is not there for a sync, but may be for the next.
TEST_F(FilesAtRest, DoNotHideOneThatCouldNotBeOpened) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "skipped: the sanitizers need descriptors themselves";
#endif
  rig_.tail(dir_ / "v1/*.log");
  ASSERT_TRUE(rig_.wait_for_lines(1));
  ASSERT_TRUE(rest());
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  const rlimit none{0, limit.rlim_max};
  dir_.write("v1/b.log", "two\n");
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  run_for(rig_.io, std::chrono::milliseconds(PathStamps::kFreshNs / kNsPerMs + 500));
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
  EXPECT_EQ(rig_.sink.lines.size(), 1U);
  EXPECT_TRUE(rig_.wait_for_lines(2));
}

// Positions of files at rest do not wait for the period.
TEST_F(FilesAtRest, SayWhenTheyCameToRest) {
  int rested = 0;
  rig_.positions.on_rest([&] { ++rested; });
  rig_.tail(dir_ / "v1/*.log");
  ASSERT_TRUE(rig_.wait_for([&] { return rested > 0; }));
  EXPECT_EQ(rig_.positions.snapshot().positions[dir_ / "v1/a.log"], "4");
}

}  // namespace
}  // namespace tailrace
