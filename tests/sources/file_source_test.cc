#include "sources/file/file_source.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "file_rig.h"

namespace tailrace {
namespace {

namespace fs = std::filesystem;
using Lines = std::vector<std::string>;

std::string numbered(int from, int to) {
  std::string out;
  for (int i = from; i < to; ++i) out += "line " + std::to_string(i) + "\n";
  return out;
}
Lines numbered_lines(int from, int to) {
  Lines out;
  for (int i = from; i < to; ++i) out.push_back("line " + std::to_string(i));
  return out;
}

TEST(FileSource, ReadsWhatIsThereAndWhatComes) {
  TempDir dir;
  write(dir / "a.log", "one\n\ntwo\r\n");
  FileRig rig;
  rig.tail(dir / "*.log");
  ASSERT_TRUE(rig.wait_for_lines(3));
  append(dir / "a.log", "three\nfo");
  ASSERT_TRUE(rig.wait_for_lines(4));
  append(dir / "a.log", "ur\n");
  ASSERT_TRUE(rig.wait_for_lines(5));
  EXPECT_EQ(rig.sink.lines, (Lines{"one", "", "two\r", "three", "four"}));
  EXPECT_EQ(rig.sink.labels[0], "{filename=\"" + (dir / "a.log") + "\", job=\"t\"}");
}

TEST(FileSource, TellsHowFarItIsAndHowFarItHasDelivered) {
  TempDir dir;
  write(dir / "a.log", "one\ntwo\n");
  FileRig rig;
  rig.sink.hold = true;
  rig.tail(dir / "*.log");
  ASSERT_TRUE(rig.wait_for_lines(2));
  auto only = [&] {
    const std::vector<FileTargetStatus> targets = rig.source->status();
    EXPECT_EQ(targets.size(), 1U);
    EXPECT_EQ(targets[0].files.size(), 1U);
    return targets[0].files[0];
  };
  TailedFile file = only();
  EXPECT_EQ(file.path, dir / "a.log");
  EXPECT_EQ(file.offset, 8U);
  EXPECT_EQ(file.size, 8U);
  EXPECT_EQ(file.delivered, 0U);
  EXPECT_EQ(file.lag, 8U);
  rig.sink.deliver_all();
  EXPECT_EQ(only().delivered, 8U);
  EXPECT_EQ(only().lag, 0U);
  // What a rotated file still owes counts, too.
  append(dir / "a.log", "three\n");
  ASSERT_TRUE(rig.wait_for_lines(3));
  fs::rename(dir / "a.log", dir / "a.log.1");
  write(dir / "a.log", "four\n");
  ASSERT_TRUE(rig.wait_for_lines(4));
  file = only();
  EXPECT_EQ(file.size, 5U);
  EXPECT_EQ(file.delivered, 0U);
  EXPECT_EQ(file.lag, 6U + 5U);
}

TEST(FileSource, TimestampsGrowByLine) {
  TempDir dir;
  write(dir / "a.log", numbered(0, 5000));
  FileRig rig;
  rig.tail(dir / "a.log");
  ASSERT_TRUE(rig.wait_for_lines(5000));
  for (std::size_t i = 1; i < rig.sink.timestamps.size(); ++i) {
    ASSERT_LT(rig.sink.timestamps[i - 1], rig.sink.timestamps[i]);
  }
}

TEST(FileSource, FindsNewFilesAndNewDirectories) {
  TempDir dir;
  FileRig rig;
  rig.tail(dir / "**/*.log");
  rig.settle();
  write(dir / "new.log", "a\n");
  ASSERT_TRUE(rig.wait_for_lines(1));
  fs::create_directories(dir / "deep/er");
  write(dir / "deep/er/x.log", "b\n");
  ASSERT_TRUE(rig.wait_for_lines(2));
  EXPECT_EQ(rig.sink.lines, (Lines{"a", "b"}));
}

TEST(FileSource, LeavesOutWhatIsExcludedAndDirectories) {
  TempDir dir;
  write(dir / "a.log", "a\n");
  write(dir / "b.log", "b\n");
  fs::create_directory(dir / "c.log");
  FileRig rig;
  rig.tail(dir / "*.log", dir / "b*");
  ASSERT_TRUE(rig.wait_for_lines(1));
  rig.settle();
  EXPECT_EQ(rig.sink.lines, (Lines{"a"}));
}

TEST(FileSource, FollowsARenameAndReadsTheOldFileToItsEnd) {
  TempDir dir;
  write(dir / "a.log", "one\n");
  FileRig rig;
  rig.tail(dir / "a.log");
  ASSERT_TRUE(rig.wait_for_lines(1));
  append(dir / "a.log", "two\n");
  fs::rename(dir / "a.log", dir / "a.log.1");
  write(dir / "a.log", "three\n");
  ASSERT_TRUE(rig.wait_for_lines(3));
  // A writer that has not noticed yet.
  append(dir / "a.log.1", "late\n");
  ASSERT_TRUE(rig.wait_for_lines(4));
  EXPECT_EQ(rig.sink.lines, (Lines{"one", "two", "three", "late"}));
}

TEST(FileSource, LosesNothingWhenRotatedFasterThanItLooks) {
  TempDir dir;
  FileRig rig;
  rig.tail(dir / "a.log");
  write(dir / "a.log", "start\n");
  ASSERT_TRUE(rig.wait_for_lines(1));
  for (int round = 0; round < 20; ++round) {
    append(dir / "a.log", numbered(10 * round, 10 * round + 10));
    for (int i = 20; i > 0; --i) {
      const std::string from = (dir / "a.log.") + std::to_string(i);
      if (fs::exists(from)) fs::rename(from, (dir / "a.log.") + std::to_string(i + 1));
    }
    fs::rename(dir / "a.log", dir / "a.log.1");
    write(dir / "a.log", "");
  }
  ASSERT_TRUE(rig.wait_for_lines(201));
  rig.settle();
  Lines want = {"start"};
  for (const std::string& line : numbered_lines(0, 200)) want.push_back(line);
  EXPECT_EQ(rig.sink.lines, want);
}

// Numbered lines in a file that is rotated again and again while nobody looks.
struct QuickRotations {
  explicit QuickRotations(std::string log_path, bool by_links = false)
      : path(std::move(log_path)), by_hard_links(by_links) {}

  void run(int rotations) {
    for (int i = 0; i < rotations; ++i) {
      append(path, next_line() + "\n");
      for (int n = rotations; n > 0; --n) {
        std::error_code ignored;
        fs::rename(path + "." + std::to_string(n), path + "." + std::to_string(n + 1), ignored);
      }
      if (by_hard_links) {
        fs::create_hard_link(path, path + ".1");
        fs::remove(path);
      } else {
        fs::rename(path, path + ".1");
      }
      // Times in their order, however fast this is and however coarse the file system's clock.
      time += std::chrono::seconds(1);
      fs::last_write_time(path + ".1", time);
      write(path, next_line() + "\n");
    }
  }
  std::string next_line() { return lines.emplace_back("line " + std::to_string(lines.size())); }

  const std::string path;
  const bool by_hard_links;
  fs::file_time_type time = fs::file_time_type::clock::now();
  Lines lines;
};

TEST(FileSource, LosesNothingWhenItsDirectoryIsReplaced) {
  auto f = [](const char* what, const std::function<void(const std::string&)>& take_away) {
    SCOPED_TRACE(what);
    TempDir dir;
    fs::create_directory(dir / "logs");
    write(dir / "logs/a.log", "first\n");
    FileRig rig;
    rig.tail(dir / "logs/*.log");
    ASSERT_TRUE(rig.wait_for_lines(1));
    take_away(dir / "logs");
    rig.settle();
    QuickRotations rotations(dir / "logs/a.log");
    fs::create_directory(dir / "logs");
    write(rotations.path, rotations.next_line() + "\n");
    ASSERT_TRUE(rig.wait_for_lines(2));
    rig.settle();
    rotations.run(5);
    ASSERT_TRUE(rig.wait_for_lines(1 + rotations.lines.size()));
    rotations.lines.insert(rotations.lines.begin(), "first");
    EXPECT_EQ(rig.sink.lines, rotations.lines);
  };
  f("moved away", [](const std::string& logs) { fs::rename(logs, logs + ".old"); });
  f("deleted", [](const std::string& logs) { fs::remove_all(logs); });
}

TEST(FileSource, NoticesADirectoryThatComesLaterAtOnce) {
  TempDir dir;
  FileRig rig(PositionBook({}, ""), 1 << 20, 1000, 3600 * kNsPerSecond);
  rig.tail(dir / "not/yet/there/*.log");
  rig.settle();
  fs::create_directories(dir / "not/yet/there");
  write(dir / "not/yet/there/a.log", "a\n");
  ASSERT_TRUE(rig.wait_for_lines(1));
}

// Renames behind a link come as events of a directory that nobody watches.
TEST(FileSource, LosesNothingWhenRotatedFasterThanItLooksBehindALink) {
  for (const std::size_t open_files_max : {1000, 0}) {
    TempDir dir;
    fs::create_directory(dir / "behind");
    QuickRotations rotations(dir / "behind/0.log");
    write(rotations.path, rotations.next_line() + "\n");
    fs::create_symlink(rotations.path, dir / "a.log");
    FileRig rig(PositionBook({}, ""), 1 << 20, open_files_max);
    rig.tail(dir / "a.log");
    ASSERT_TRUE(rig.wait_for_lines(1));
    rotations.run(5);
    EXPECT_TRUE(rig.wait_for_lines(rotations.lines.size()));
    EXPECT_EQ(rig.sink.lines, rotations.lines);
  }
}

// A second name, and the first one goes: no event says that they are of one file.
TEST(FileSource, LosesNothingWhenRotatedByHardLinksFasterThanItLooks) {
  TempDir dir;
  QuickRotations rotations(dir / "a.log", true);
  write(rotations.path, rotations.next_line() + "\n");
  FileRig rig;
  rig.tail(rotations.path);
  ASSERT_TRUE(rig.wait_for_lines(1));
  rotations.run(5);
  EXPECT_TRUE(rig.wait_for_lines(rotations.lines.size()));
  EXPECT_EQ(rig.sink.lines, rotations.lines);
}

TEST(FileSource, DoesNotReadARotatedFileAgainUnderItsNewName) {
  TempDir dir;
  write(dir / "a.log", "one\n");
  FileRig rig;
  rig.tail(dir / "a.log*");
  ASSERT_TRUE(rig.wait_for_lines(1));
  fs::rename(dir / "a.log", dir / "a.log.1");
  write(dir / "a.log", "two\n");
  ASSERT_TRUE(rig.wait_for_lines(2));
  rig.settle();
  EXPECT_EQ(rig.sink.lines, (Lines{"one", "two"}));
}

// However busy the log at the path is: what was rotated and read to its end is let go.
TEST(FileSource, ClosesRotatedFilesOfABusyLog) {
  TempDir dir;
  FakeClock clock(1'000 * kNsPerSecond);
  FileRig rig(PositionBook({}, ""), 1 << 20, 1000, 10 * kNsPerMs, clock);
  write(dir / "a.log", "0\n");
  rig.tail(dir / "a.log");
  ASSERT_TRUE(rig.wait_for_lines(1));
  for (std::size_t i = 1; i <= 4; ++i) {
    fs::rename(dir / "a.log", dir / ("a.log." + std::to_string(i)));
    write(dir / "a.log", std::to_string(i) + "\n");
    ASSERT_TRUE(rig.wait_for_lines(i + 1));
    EXPECT_EQ(rig.shard.open_files.count(), i + 1);
  }
  for (std::size_t i = 5; i < 20; ++i) {
    clock.advance_ns(Tailer::kLingerNs / 8);
    append(dir / "a.log", std::to_string(i) + "\n");
    ASSERT_TRUE(rig.wait_for_lines(i + 1));
  }
  EXPECT_TRUE(rig.wait_for([&] { return rig.shard.open_files.count() == 1; }));
}

// No look while all rest; who moves then is told to the book before the next sync.
TEST(FileSource, ClockJumpsNeitherStopNorReorderAFile) {
  TempDir dir;
  FakeClock clock(100'000 * kNsPerSecond);
  FileRig rig(PositionBook({}, ""), 1 << 20, 1000, 10 * kNsPerMs, clock);
  write(dir / "a.log", "");
  rig.tail(dir / "a.log");
  Lines want;
  for (const std::int64_t hours : {0, 1, 0, -1, 0, 1, 24, -24}) {
    clock.advance_ns(hours * 3600 * kNsPerSecond);
    for (int i = 0; i < 3; ++i) {
      want.push_back("line " + std::to_string(want.size()));
      append(dir / "a.log", want.back() + "\n");
    }
    ASSERT_TRUE(rig.wait_for_lines(want.size()));
    // A clock that was set right is followed: lines of the future would be refused.
    EXPECT_LT(std::abs(rig.sink.timestamps.back() - clock.now_ns()), kNsPerSecond);
  }
  EXPECT_EQ(rig.sink.lines, want);
  std::vector<std::int64_t> times = rig.sink.timestamps;
  for (std::size_t i = 1; i < times.size(); ++i) {
    if (i % 3 != 0) {
      EXPECT_GT(times[i], times[i - 1]);
    }
  }
}

TEST(FileSource, StartsOverWhenTruncated) {
  TempDir dir;
  write(dir / "a.log", "first content, long\n");
  FileRig rig;
  rig.tail(dir / "a.log");
  ASSERT_TRUE(rig.wait_for_lines(1));
  write(dir / "a.log", "new\n");
  ASSERT_TRUE(rig.wait_for_lines(2));
  // Truncated and grown over the old size at once: only the content tells.
  write(dir / "a.log", "altogether other content, and much longer than before\n");
  ASSERT_TRUE(rig.wait_for_lines(3));
  EXPECT_EQ(rig.sink.lines, (Lines{"first content, long", "new",
                                   "altogether other content, and much longer than before"}));
}

TEST(FileSource, FollowsASymlinkThatIsSwapped) {
  TempDir dir;
  write(dir / "v1", "one\n");
  write(dir / "v2", "two\n");
  fs::create_symlink(dir / "v1", dir / "current.log");
  FileRig rig;
  rig.tail(dir / "*.log");
  ASSERT_TRUE(rig.wait_for_lines(1));
  append(dir / "v1", "more\n");
  ASSERT_TRUE(rig.wait_for_lines(2));
  fs::create_symlink(dir / "v2", dir / "next");
  fs::rename(dir / "next", dir / "current.log");
  ASSERT_TRUE(rig.wait_for_lines(3));
  EXPECT_EQ(rig.sink.lines, (Lines{"one", "more", "two"}));
}

TEST(FileSource, ForgetsDeletedFilesOnceTheyAreDelivered) {
  TempDir dir;
  write(dir / "a.log", "one\n");
  FileRig rig;
  rig.sink.hold = true;
  rig.tail(dir / "*.log");
  ASSERT_TRUE(rig.wait_for_lines(1));
  EXPECT_TRUE(rig.saved().positions.contains(dir / "a.log"));
  fs::remove(dir / "a.log");
  rig.settle();
  EXPECT_TRUE(rig.saved().positions.contains(dir / "a.log"));
  rig.sink.deliver_all();
  ASSERT_TRUE(rig.wait_for([&] { return !rig.saved().positions.contains(dir / "a.log"); }));
  EXPECT_FALSE(rig.source->ready());
  write(dir / "a.log", "again\n");
  ASSERT_TRUE(rig.wait_for_lines(2));
  EXPECT_EQ(rig.sink.lines, (Lines{"one", "again"}));
}

TEST(FileSource, SavesOnlyWhatIsDelivered) {
  TempDir dir;
  write(dir / "a.log", "one\ntwo\npart");
  FileRig rig;
  rig.sink.hold = true;
  rig.tail(dir / "a.log");
  ASSERT_TRUE(rig.wait_for_lines(2));
  EXPECT_EQ(rig.saved().positions.at(dir / "a.log"), "0");
  rig.sink.deliver_all();
  EXPECT_EQ(rig.saved().positions.at(dir / "a.log"), "8");
}

TEST(FileSource, RestsWithoutRoomAndGoesOnWithIt) {
  TempDir dir;
  write(dir / "a.log", "one\n");
  FileRig rig;
  rig.sink.room = false;
  rig.tail(dir / "a.log");
  rig.settle();
  EXPECT_TRUE(rig.sink.lines.empty());
  rig.sink.room = true;
  rig.scheduler.room_came_back();
  ASSERT_TRUE(rig.wait_for_lines(1));
}

TEST(FileSource, ReadsLinesLargerThanItsBufferAndCutsThoseOverTheLimit) {
  TempDir dir;
  const std::string large(700'000, 'x');
  const std::string giant(3'000'000, 'y');
  write(dir / "a.log", large + "\nshort\n" + giant + "\nafter\n");
  FileRig rig(PositionBook({}, ""), 1'000'000);
  rig.tail(dir / "a.log");
  ASSERT_TRUE(rig.wait_for_lines(4));
  EXPECT_TRUE(rig.sink.lines[0] == large);
  EXPECT_EQ(rig.sink.lines[1], "short");
  EXPECT_TRUE(rig.sink.lines[2] == giant.substr(0, 1'000'000));
  EXPECT_EQ(rig.sink.lines[3], "after");
  EXPECT_EQ(rig.shard.buffer.size(), ReadBuffer::kUsualBytes);
  EXPECT_EQ(rig.saved().positions.at(dir / "a.log"), std::to_string(fs::file_size(dir / "a.log")));
}

TEST(FileSource, DoesNotReadTheHolesOfASparseFile) {
  TempDir dir;
  write(dir / "a.log", "begin\n");
  // A terabyte of NULs: one line, without end for those who read it.
  fs::resize_file(dir / "a.log", std::uintmax_t{1} << 40);
  append(dir / "a.log", "its end\nafter\n");
  FileRig rig(PositionBook({}, ""), 1'000'000);
  rig.tail(dir / "a.log");
  ASSERT_TRUE(rig.wait_for_lines(3));
  EXPECT_EQ(rig.sink.lines[0], "begin");
  EXPECT_EQ(rig.sink.lines[1].size(), 1'000'000U);
  EXPECT_EQ(rig.sink.lines[2], "after");
  EXPECT_EQ(rig.saved().positions.at(dir / "a.log"), std::to_string(fs::file_size(dir / "a.log")));
}

// A line that is too long was on its way: it goes again as it went, and its rest is skipped again.
TEST(FileSource, RepeatsALineThatIsTooLongAsItWas) {
  TempDir dir;
  const std::string path = dir / "a.log";
  write(path, "begin\n");
  fs::resize_file(path, std::uintmax_t{1} << 40);
  append(path, "its end\nafter\n");
  PositionBook::Snapshot saved;
  std::vector<std::int64_t> times;
  {
    FileRig rig(PositionBook({}, ""), 1'000'000);
    rig.sink.hold = true;
    rig.tail(path);
    ASSERT_TRUE(rig.wait_for_lines(3));
    rig.sink.tickets.erase(rig.sink.tickets.begin());  // "begin" was acknowledged
    times.assign(rig.sink.timestamps.begin() + 1, rig.sink.timestamps.end());
    saved = rig.saved();
  }
  FileRig rig(PositionBook(saved.positions, saved.identities), 1'000'000);
  rig.tail(path);
  ASSERT_TRUE(rig.wait_for_lines(2));
  rig.settle();
  EXPECT_TRUE(rig.sink.lines == (Lines{std::string(1'000'000, '\0'), "after"}));
  EXPECT_EQ(rig.sink.timestamps, times);
}

TEST(FileSource, ReadsALongLineThatComesInPieces) {
  TempDir dir;
  write(dir / "a.log", "");
  FileRig rig;
  rig.tail(dir / "a.log");
  std::string whole;
  for (int i = 0; i < 40; ++i) {
    const std::string piece(20'000, static_cast<char>('a' + i % 26));
    append(dir / "a.log", piece);
    whole += piece;
    run_for(rig.io, std::chrono::milliseconds(3));
  }
  append(dir / "a.log", "\nnext\n");
  ASSERT_TRUE(rig.wait_for_lines(2));
  EXPECT_TRUE(rig.sink.lines[0] == whole);
  EXPECT_EQ(rig.sink.lines[1], "next");
}

TEST(FileSource, KeepsUnchangedTargetsWhenTheyAreSetAgain) {
  TempDir dir;
  write(dir / "a.log", "one\n");
  FileRig rig;
  rig.tail(dir / "*.log");
  ASSERT_TRUE(rig.wait_for_lines(1));
  rig.tail(dir / "*.log");
  append(dir / "a.log", "two\n");
  ASSERT_TRUE(rig.wait_for_lines(2));
  rig.source->set_targets({});
  append(dir / "a.log", "three\n");
  rig.settle();
  EXPECT_EQ(rig.sink.lines, (Lines{"one", "two"}));
}

// What a restart finds: `before` runs in one life, then `between` while we are down.
Lines lines_after_restart(TempDir& dir, const std::function<void()>& between,
                          bool with_identities = true) {
  PositionBook::Snapshot saved;
  {
    FileRig rig;
    rig.tail(dir / "a.log");
    EXPECT_TRUE(rig.wait_for_lines(2));
    saved = rig.saved();
  }
  between();
  FileRig rig(PositionBook(saved.positions, with_identities ? saved.identities : ""));
  rig.tail(dir / "a.log");
  append(dir / "a.log", "end\n");
  EXPECT_TRUE(
      rig.wait_for([&] { return !rig.sink.lines.empty() && rig.sink.lines.back() == "end"; }));
  return rig.sink.lines;
}

TEST(FileSource, GoesOnWhereItStoppedWhateverHappenedMeanwhile) {
  auto f = [](const char* what, const std::function<void(TempDir&)>& between, const Lines& want) {
    SCOPED_TRACE(what);
    TempDir dir;
    write(dir / "a.log", "one\ntwo\n");
    EXPECT_EQ(lines_after_restart(dir, [&] { between(dir); }), want);
  };
  f("nothing", [](TempDir&) {}, {"end"});
  f("grown", [](TempDir& dir) { append(dir / "a.log", "three\n"); }, {"three", "end"});
  f("rotated once",
    [](TempDir& dir) {
      append(dir / "a.log", "three\n");
      fs::rename(dir / "a.log", dir / "a.log.1");
      write(dir / "a.log", "four\n");
    },
    {"three", "four", "end"});
  f("rotated twice",
    [](TempDir& dir) {
      append(dir / "a.log", "three\n");
      fs::rename(dir / "a.log", dir / "a.log.1");
      // The file system's clock ticks slowly; rotations do not come within one tick.
      const auto tick = fs::last_write_time(dir / "a.log.1");
      do {
        write(dir / "a.log", "four\n");
      } while (fs::last_write_time(dir / "a.log") == tick);
      fs::rename(dir / "a.log.1", dir / "a.log.2");
      fs::rename(dir / "a.log", dir / "a.log.1");
      write(dir / "a.log", "five\n");
    },
    {"three", "four", "five", "end"});
  f("rewritten, and longer than before",
    [](TempDir& dir) { write(dir / "a.log", "other content, longer\n"); },
    {"other content, longer", "end"});
  f("replaced by a file that got the same inode number",
    [](TempDir& dir) {
      fs::remove(dir / "a.log");
      write(dir / "a.log", "a new file\n");
    },
    {"a new file", "end"});
  f("rotated file deleted",
    [](TempDir& dir) {
      fs::remove(dir / "a.log");
      write(dir / "other", "takes the inode\n");
      write(dir / "a.log", "new\n");
    },
    {"new", "end"});
}

// The path is a link; what it leads to is rotated in another directory while we are down.
TEST(FileSource, GoesOnBehindALinkThatLedElsewhere) {
  auto f = [](const char* what, const std::function<void(TempDir&)>& between, const Lines& want) {
    SCOPED_TRACE(what);
    TempDir dir;
    fs::create_directory(dir / "pod");
    fs::create_directory(dir / "moved");
    write(dir / "pod/0.log", "one\ntwo\n");
    fs::create_symlink(dir / "pod/0.log", dir / "a.log");
    EXPECT_EQ(lines_after_restart(dir, [&] { between(dir); }), want);
  };
  f("renamed where it is, as kubelet does",
    [](TempDir& dir) {
      append(dir / "pod/0.log", "three\n");
      fs::rename(dir / "pod/0.log", dir / "pod/0.log.20260102-030405");
      write(dir / "pod/0.log", "four\n");
    },
    {"three", "four", "end"});
  f("the link leads to the next file",
    [](TempDir& dir) {
      append(dir / "pod/0.log", "three\n");
      write(dir / "pod/1.log", "four\n");
      fs::remove(dir / "a.log");
      fs::create_symlink(dir / "pod/1.log", dir / "a.log");
    },
    {"three", "four", "end"});
  f("the link has moved on twice",
    [](TempDir& dir) {
      append(dir / "pod/0.log", "three\n");
      const auto tick = fs::last_write_time(dir / "pod/0.log");
      do {
        write(dir / "pod/9.log", "four\n");
      } while (fs::last_write_time(dir / "pod/9.log") == tick);
      write(dir / "pod/10.log", "five\n");
      write(dir / "pod/11.log", "of somebody else\n");
      write(dir / "pod/x9.log", "of somebody else\n");
      fs::remove(dir / "a.log");
      fs::create_symlink(dir / "pod/10.log", dir / "a.log");
    },
    {"three", "four", "five", "end"});
  f("the link leads to another directory",
    [](TempDir& dir) {
      append(dir / "pod/0.log", "three\n");
      write(dir / "moved/0.log", "four\n");
      fs::remove(dir / "a.log");
      fs::create_symlink(dir / "moved/0.log", dir / "a.log");
    },
    {"three", "four", "end"});
}

TEST(FileSource, WithPromtailsFileAloneSizeDecides) {
  TempDir dir;
  write(dir / "a.log", "one\ntwo\n");
  EXPECT_EQ(lines_after_restart(
                dir, [&] { append(dir / "a.log", "three\n"); }, false),
            (Lines{"three", "end"}));
  write(dir / "a.log", "one\ntwo\n");
  EXPECT_EQ(lines_after_restart(
                dir, [&] { write(dir / "a.log", "x\n"); }, false),
            (Lines{"x", "end"}));
}

TEST(FileSource, TwoTargetsOfOnePathShareItsMetricsAndPosition) {
  TempDir dir;
  write(dir / "a.log", "one\n");
  FileRig rig;
  const auto target = [&](const char* job) {
    return FileTarget{dir / "a.log", "", Labels{{"job", job}}, {}};
  };
  rig.source->set_targets({target("x"), target("y")});
  ASSERT_TRUE(rig.wait_for_lines(2));
  rig.source->set_targets({target("y")});
  append(dir / "a.log", "two\n");
  ASSERT_TRUE(rig.wait_for_lines(3));
  EXPECT_EQ(rig.sink.labels.back(), "{filename=\"" + (dir / "a.log") + "\", job=\"y\"}");
  const std::string metrics = rig.metrics.scrape(Metrics::Format::kPrometheusText);
  EXPECT_NE(metrics.find("promtail_read_lines_total{path=\"" + (dir / "a.log") + "\"} 3"),
            std::string::npos)
      << metrics;
  EXPECT_EQ(rig.saved().positions.at(dir / "a.log"), "8");
}

TEST(FileSource, SharesItsThreadWithThousandsOfFiles) {
  TempDir dir;
  for (int i = 0; i < 2000; ++i) write(dir / ("f" + std::to_string(i) + ".log"), "a\nb\n");
  FileRig rig;
  rig.tail(dir / "*.log");
  ASSERT_TRUE(rig.wait_for_lines(4000));
  append(dir / "f77.log", "c\n");
  ASSERT_TRUE(rig.wait_for_lines(4001));
}

}  // namespace
}  // namespace tailrace
