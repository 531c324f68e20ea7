#include "sources/stdin_source.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "file_rig.h"

namespace tailrace {
namespace {

struct StdinRig : FileRig {
  explicit StdinRig(int fd)
      : context_{"test", shard, scheduler, positions, driver},
        input(context_, fd, {{"job", "stdin"}}, [this] { ended = true; }) {
    EXPECT_TRUE(input.start());
  }
  SourceContext context_;
  StdinSource input;
  bool ended = false;
};

TEST(StdinSource, ReadsLinesAsTheyComeAndSaysWhenItIsOver) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  StdinRig rig(ends[0]);
  const auto send = [&](std::string_view text) {
    ASSERT_EQ(::write(ends[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
  };
  send("one\r\n\n\r\ntw");
  ASSERT_TRUE(rig.wait_for_lines(1));
  rig.settle();
  send("o\nlast");
  ASSERT_TRUE(rig.wait_for_lines(2));
  EXPECT_FALSE(rig.ended);
  ::close(ends[1]);
  ASSERT_TRUE(rig.wait_for([&] { return rig.ended; }));
  EXPECT_EQ(rig.sink.lines, (std::vector<std::string>{"one", "two", "last"}));
  EXPECT_EQ(rig.sink.labels[0], R"({job="stdin"})");
  ::close(ends[0]);
}

TEST(StdinSource, ReadsARegularFile) {
  TempDir dir;
  write(dir / "in", "a\nb\n");
  const int fd = ::open((dir / "in").c_str(), O_RDONLY);
  StdinRig rig(fd);
  ASSERT_TRUE(rig.wait_for([&] { return rig.ended; }));
  EXPECT_EQ(rig.sink.lines, (std::vector<std::string>{"a", "b"}));
  ::close(fd);
}

TEST(StdinSource, WaitsForRoomAndLeavesTheDescriptorAsItWas) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const int flags = ::fcntl(ends[0], F_GETFL);
  {
    StdinRig rig(ends[0]);
    rig.sink.room = false;
    ASSERT_EQ(::write(ends[1], "x\n", 2), 2);
    rig.settle();
    EXPECT_TRUE(rig.sink.lines.empty());
    rig.sink.room = true;
    rig.scheduler.room_came_back();
    ASSERT_TRUE(rig.wait_for_lines(1));
  }
  EXPECT_EQ(::fcntl(ends[0], F_GETFL), flags);
  ::close(ends[0]);
  ::close(ends[1]);
}

}  // namespace
}  // namespace tailrace
