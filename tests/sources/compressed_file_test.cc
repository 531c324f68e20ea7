#include <bzlib.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "source_rig.h"
#include "sources/decompress/compressed_file_source.h"
#include "support/deflated.h"
#include "support/temp_dir.h"

namespace tailrace {
namespace {

using Lines = std::vector<std::string>;

std::string compressed(std::string_view text, const std::string& format) {
  if (format == "gz") return deflated(text, kGzipBits);
  if (format == "z") return deflated(text, MAX_WBITS);
  std::string out(text.size() + text.size() / 50 + 600, '\0');
  unsigned bytes = static_cast<unsigned>(out.size());
  EXPECT_EQ(BZ2_bzBuffToBuffCompress(out.data(), &bytes, const_cast<char*>(text.data()),
                                     static_cast<unsigned>(text.size()), 9, 0, 0),
            BZ_OK);
  out.resize(bytes);
  return out;
}

DecompressOptions options_of(const std::string& yaml) {
  const TestConfig config(yaml);
  DecompressOptions options = read_decompress_options(config.root());
  EXPECT_EQ(config.problems(), "");
  return options;
}

class CompressedRig : public SourceRig {
 public:
  explicit CompressedRig(const std::string& format, PositionBook::Snapshot saved = {},
                         const std::string& more = "")
      : watcher(io.get_executor()),
        file_metrics(metrics),
        book(saved.positions, saved.identities),
        tail{shard, scheduler, watcher, book, driver, file_metrics, nullptr},
        source(std::make_unique<CompressedFileSource>(
            tail, FileSourceOptions{"test", 20 * kNsPerMs},
            options_of("{enabled: true, format: " + format + more + "}"))) {}
  ~CompressedRig() {
    source->stop();
    for (TicketShare& ticket : sink.tickets) ticket.abandon();
    sink.tickets.clear();
    source.reset();
  }
  void read(const std::string& glob) {
    source->set_targets({FileTarget{glob, {}, Labels{{"job", "t"}}, {}}});
  }
  PositionBook::Snapshot saved() {
    source->publish();
    return book.snapshot();
  }

  Watcher watcher;
  FileSourceMetrics file_metrics;
  PositionBook book;
  TailContext tail;
  std::unique_ptr<CompressedFileSource> source;
};

TEST(CompressedFile, IsReadOnceFromBeginningToEnd) {
  for (const std::string format : {"gz", "bz2", "z"}) {
    SCOPED_TRACE(format);
    TempDir dir;
    write(dir / "a.log", compressed("one\r\n\ntwo\nlast", format));
    CompressedRig rig(format);
    rig.read(dir / "*.log");
    ASSERT_TRUE(rig.wait_for_lines(4));
    rig.settle();
    EXPECT_EQ(rig.sink.lines, (Lines{"one", "", "two", "last"}));
    EXPECT_EQ(rig.sink.labels[0], "{filename=\"" + (dir / "a.log") + "\", job=\"t\"}");
    EXPECT_EQ(rig.saved().positions.at(dir / "a.log"), "4");
    EXPECT_TRUE(rig.source->ready());
    std::filesystem::remove(dir / "a.log");
    ASSERT_TRUE(rig.wait_for([&] { return rig.saved().positions.empty(); }));
  }
}

TEST(CompressedFile, ManyLinesAndSeveralStreamsInARow) {
  for (const std::string format : {"gz", "bz2"}) {
    TempDir dir;
    std::string text;
    for (int i = 0; i < 200'000; ++i) text += "line " + std::to_string(i) + "\n";
    write(dir / "a.log", compressed(text, format) + compressed("behind\n", format));
    CompressedRig rig(format);
    rig.read(dir / "a.log");
    ASSERT_TRUE(rig.wait_for_lines(200'001));
    EXPECT_EQ(rig.sink.lines[199'999], "line 199999");
    EXPECT_EQ(rig.sink.lines[200'000], "behind");
    EXPECT_LT(rig.sink.timestamps[0], rig.sink.timestamps[200'000]);
  }
}

TEST(CompressedFile, GoesOnAtTheLineThatWasNotDelivered) {
  TempDir dir;
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += "line " + std::to_string(i) + "\n";
  write(dir / "a.log", compressed(text, "gz"));
  PositionBook::Snapshot saved;
  std::uint64_t delivered = 0;
  {
    CompressedRig rig("gz");
    rig.sink.hold = true;
    rig.read(dir / "a.log");
    ASSERT_TRUE(rig.wait_for_lines(100'000));
    rig.sink.tickets.erase(rig.sink.tickets.begin(), rig.sink.tickets.begin() + 60'000);
    saved = rig.saved();
    delivered = std::stoull(saved.positions.at(dir / "a.log"));
    EXPECT_GT(delivered, 0U);
    EXPECT_LE(delivered, 60'000U);
  }
  {
    CompressedRig rig("gz", saved);
    rig.read(dir / "a.log");
    ASSERT_TRUE(rig.wait_for_lines(100'000 - delivered));
    rig.settle();
    EXPECT_EQ(rig.sink.lines.front(), "line " + std::to_string(delivered));
    EXPECT_EQ(rig.sink.lines.size(), 100'000 - delivered);
  }
  // Another file at that path is read from its beginning.
  write(dir / "b.log", compressed("new\n", "gz"));
  std::filesystem::rename(dir / "b.log", dir / "a.log");
  CompressedRig rig("gz", saved);
  rig.read(dir / "a.log");
  ASSERT_TRUE(rig.wait_for_lines(1));
  EXPECT_EQ(rig.sink.lines[0], "new");
}

TEST(CompressedFile, OneThatIsStillBeingWrittenIsFinishedLater) {
  for (const std::string format : {"gz", "bz2", "z"}) {
    SCOPED_TRACE(format);
    TempDir dir;
    const std::string bytes = compressed("one\ntwo\nthree\n", format);
    write(dir / "a.log", bytes.substr(0, bytes.size() / 2));
    CompressedRig rig(format);
    rig.read(dir / "a.log");
    rig.settle();
    write(dir / "a.log", bytes);
    ASSERT_TRUE(rig.wait_for_lines(3));
    rig.settle();
    EXPECT_EQ(rig.sink.lines, (Lines{"one", "two", "three"}));
    // Replaced while we run.
    write(dir / "b", compressed("other\n", format));
    std::filesystem::rename(dir / "b", dir / "a.log");
    ASSERT_TRUE(rig.wait_for_lines(4));
    EXPECT_EQ(rig.sink.lines[3], "other");
  }
}

TEST(CompressedFile, DamagedOnesDoNoHarm) {
  TempDir dir;
  write(dir / "a.log", "no gzip at all");
  write(dir / "b.log", compressed("fine\n", "gz"));
  write(dir / "c.log", "");
  CompressedRig rig("gz");
  rig.read(dir / "*.log");
  ASSERT_TRUE(rig.wait_for_lines(1));
  rig.settle();
  EXPECT_EQ(rig.sink.lines, (Lines{"fine"}));
}

TEST(CompressedFile, LongLinesAreCutAndTheDelayIsKept) {
  TempDir dir;
  write(dir / "a.log", compressed("a\n" + std::string(5'000'000, 'x') + "\nb\n", "gz"));
  CompressedRig rig("gz", {}, ", initial_delay: 100ms");
  const std::int64_t before_ns = Clock::system().monotonic_ns();
  rig.read(dir / "a.log");
  ASSERT_TRUE(rig.wait_for_lines(3));
  EXPECT_GE(Clock::system().monotonic_ns() - before_ns, 100 * kNsPerMs);
  EXPECT_EQ(rig.sink.lines[1], std::string(CompressedFile::kLineBytesMax, 'x'));
  EXPECT_EQ(rig.sink.lines[2], "b");
}

TEST(CompressedFile, IsDecoded) {
  TempDir dir;
  write(dir / "a.log", compressed(std::string("\xff\xfe"
                                              "a\0\r\0\n\0b\0\n\0",
                                              12),
                                  "gz"));
  CompressedRig rig("gz");
  const auto decoder = make_line_decoder("UTF-16").value();
  rig.tail.decoder = decoder.get();
  rig.read(dir / "a.log");
  ASSERT_TRUE(rig.wait_for_lines(2));
  EXPECT_EQ(rig.sink.lines, (Lines{"a", "b"}));
}

TEST(CompressedFile, WaitsForRoom) {
  TempDir dir;
  write(dir / "a.log", compressed("one\n", "gz"));
  CompressedRig rig("gz");
  rig.sink.room = false;
  rig.read(dir / "a.log");
  rig.settle();
  EXPECT_TRUE(rig.sink.lines.empty());
  rig.room(true);
  ASSERT_TRUE(rig.wait_for_lines(1));
}

TEST(DecompressOptions, AreReadStrictly) {
  const auto f = [](const std::string& yaml, const std::string& problem) {
    const TestConfig config(yaml);
    read_decompress_options(config.root());
    EXPECT_NE(config.problems().find(problem), std::string::npos) << config.problems();
  };
  f("{enabled: true}", "format");
  f("{enabled: true, format: zip}", "format");
  f("{enabled: true, format: gz, delay: 1s}", "delay");
}

}  // namespace
}  // namespace tailrace
