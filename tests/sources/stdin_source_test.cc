#include "sources/stdin/stdin_source.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "source_rig.h"
#include "support/temp_dir.h"

namespace tailrace {
namespace {

using Lines = std::vector<std::string>;

struct Pipe {
  Pipe() { EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0); }
  ~Pipe() {
    ::close(ends[0]);
    close();
  }
  void write(std::string_view text) {
    EXPECT_EQ(::write(ends[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  void close() {
    if (ends[1] >= 0) ::close(ends[1]);
    ends[1] = -1;
  }
  int ends[2];
};

TEST(StdinSource, ReadsLinesUntilTheEnd) {
  Pipe pipe;
  SourceRig rig;
  bool ended = false;
  StdinSource source(
      rig.context, Labels{{"__path__", "x"}, {"job", "a"}}, [&] { ended = true; }, pipe.ends[0]);
  ASSERT_TRUE(source.start());
  pipe.write("one\r\n\n\r\ntw");
  ASSERT_TRUE(rig.wait_for_lines(1));
  pipe.write("o\nlast");
  ASSERT_TRUE(rig.wait_for_lines(2));
  EXPECT_FALSE(ended);
  pipe.close();
  ASSERT_TRUE(rig.wait_for([&] { return ended; }));
  EXPECT_EQ(rig.sink.lines, (Lines{"one", "two", "last"}));
  EXPECT_EQ(rig.sink.labels[0], R"({__path__="x", job="a"})");
  rig.end(source);
}

TEST(StdinSource, ReadsAFileWholeAndWaitsForRoom) {
  TempDir dir;
  std::string text;
  for (int i = 0; i < 50'000; ++i) text += "line " + std::to_string(i) + "\n";
  write(dir / "in", text);
  const Fd file(::open((dir / "in").c_str(), O_RDONLY | O_CLOEXEC));
  SourceRig rig;
  rig.sink.room = false;
  bool ended = false;
  StdinSource source(
      rig.context, {}, [&] { ended = true; }, file.get());
  ASSERT_TRUE(source.start());
  rig.settle();
  EXPECT_TRUE(rig.sink.lines.empty());
  rig.room(true);
  ASSERT_TRUE(rig.wait_for([&] { return ended; }));
  EXPECT_EQ(rig.sink.lines.size(), 50'000U);
  EXPECT_EQ(rig.sink.lines.back(), "line 49999");
  rig.end(source);
}

TEST(StdinSource, StopsWhileItWaits) {
  Pipe pipe;
  SourceRig rig;
  bool ended = false;
  {
    StdinSource source(
        rig.context, {}, [&] { ended = true; }, pipe.ends[0]);
    ASSERT_TRUE(source.start());
    pipe.write("one\n");
    ASSERT_TRUE(rig.wait_for_lines(1));
    rig.end(source);
  }
  EXPECT_FALSE(ended);
}

TEST(StdinLabels, AreThoseOfAllGroups) {
  const TestConfig config(
      "- labels: {a: '1', __path__: p}\n- targets: [x]\n  labels: {a: '2', b: '3'}\n- targets: "
      "[y]\n");
  EXPECT_EQ(stdin_labels(config.root(), "h").text(), R"({__path__="p", a="2", b="3"})");
  EXPECT_EQ(stdin_labels(ConfigNode(), "h").text(), R"({hostname="h", job="stdin"})");
}

}  // namespace
}  // namespace tailrace
