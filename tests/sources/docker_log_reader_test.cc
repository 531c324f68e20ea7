#include "sources/docker/docker_log_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "sources/docker/docker_marker.h"
#include "sources/docker/docker_repeats.h"

namespace tailrace {
namespace {

using Lines = std::vector<std::string>;

std::string frame(bool is_stderr, const std::string& payload) {
  std::string out(8, '\0');
  out[0] = is_stderr ? 2 : 1;
  for (std::size_t i = 0; i < 4; ++i)
    out[4 + i] = static_cast<char>(payload.size() >> (24 - 8 * i));
  return out + payload;
}
std::string out(const std::string& payload) { return frame(false, payload); }
std::string err(const std::string& payload) { return frame(true, payload); }

// Feeds `stream` in pieces of `step` bytes: "<out|err> <time in ns> <text>" for each line.
Lines read_lines(DockerLogReader& reader, std::string_view stream, std::size_t step) {
  Lines lines;
  Arena arena;
  const auto keep = [&](const DockerLine& line) {
    lines.push_back((line.is_stderr ? "err " : "out ") +
                    std::to_string(line.timestamp_ns % 1'000'000'000) + " " +
                    std::string(line.text));
  };
  DockerLine line;
  while (!stream.empty()) {
    const std::span<char> room = reader.room();
    EXPECT_FALSE(room.empty());
    const std::size_t bytes = std::min({step, stream.size(), room.size()});
    std::memcpy(room.data(), stream.data(), bytes);
    stream.remove_prefix(bytes);
    reader.filled(bytes);
    while (reader.next(line, arena)) keep(line);
    arena.reset();
  }
  while (reader.finish(line, arena)) keep(line);
  return lines;
}

constexpr char kT1[] = "2021-01-02T03:04:05.000000001Z ";
constexpr char kT2[] = "2021-01-02T03:04:05.000000002Z ";

TEST(DockerLogReader, CutsFramesIntoLinesWhereverTheStreamIsCut) {
  const auto f = [](bool terminal, const std::string& stream, const Lines& want) {
    for (std::size_t step = 1; step <= stream.size() + 1; ++step) {
      SCOPED_TRACE(step);
      DockerLogReader reader(terminal, 1000);
      ASSERT_EQ(read_lines(reader, stream, step), want);
      ASSERT_FALSE(reader.broken());
      ASSERT_FALSE(reader.unfinished_since());
    }
  };
  const std::string t1 = kT1;
  const std::string t2 = kT2;
  f(false, out(t1 + "a\n") + err(t2 + "b\r\n") + out(t2 + "\n"), {"out 1 a", "err 2 b", "out 2 "});
  // Parts of one time are one line, for each output on its own.
  f(false, out(t1 + "aa") + err(t2 + "x\n") + out(t1 + "bb\n"), {"err 2 x", "out 1 aabb"});
  // Another time is another line, even if the end of the first never came.
  f(false, out(t1 + "aa") + out(t2 + "bb\n"), {"out 1 aa", "out 2 bb"});
  f(false, out(t1 + "aa"), {"out 1 aa"});
  f(false, out("no time here\n") + out(t1 + "a\n"), {"out 1 a"});
  f(false, out("") + out(t1 + "a\n"), {"out 1 a"});
  f(true, t1 + "a\r\n" + t2 + "b\n" + "nonsense\n" + t2 + "\r\n", {"out 1 a", "out 2 b", "out 2 "});
}

TEST(DockerLogReader, JoinsAndCutsLongLines) {
  const auto f = [](bool terminal, std::size_t line_bytes_max, const std::string& stream,
                    const Lines& want, std::uint64_t cut) {
    for (const std::size_t step : {1U, 7U, 4096U, 65536U, 10000000U}) {
      SCOPED_TRACE(step);
      DockerLogReader reader(terminal, line_bytes_max);
      ASSERT_EQ(read_lines(reader, stream, step), want);
      ASSERT_EQ(reader.cut(), cut);
    }
  };
  const std::string t1 = kT1;
  const std::string t2 = kT2;
  const std::string piece(16384, 'x');
  f(false, 1 << 20, out(t1 + piece) + out(t1 + piece) + out(t1 + "end\n"),
    {"out 1 " + piece + piece + "end"}, 0);
  f(false, 20000, out(t1 + piece) + out(t1 + piece) + out(t1 + "end\n") + out(t2 + "b\n"),
    {"out 1 " + piece + piece, "out 2 b"}, 1);
  // With a terminal the pieces stand side by side, each with the time.
  f(true, 1 << 20, t1 + piece + t1 + piece + t1 + "end\r\n" + t2 + "b\r\n",
    {"out 1 " + piece + piece + "end", "out 2 b"}, 0);
  // A frame larger than the buffer, as other engines may send.
  const std::string large(200'000, 'y');
  f(false, 1 << 20, out(t1 + large + "\n") + out(t2 + "b\n"), {"out 1 " + large, "out 2 b"}, 0);
  f(false, 1 << 20, out(large + "\n") + out(t2 + "b\n"), {"out 2 b"}, 0);
}

TEST(DockerLogReader, SkipsTheRestOfATerminalLineThatIsTooLong) {
  DockerLogReader reader(true, 10'000);
  const std::string stream = std::string(kT1) + std::string(300'000, 'z') + "\n" + kT2 + "b\n";
  const Lines lines = read_lines(reader, stream, 5000);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_LE(lines[0].size(), 2 * DockerLogReader::kBufferBytes);
  EXPECT_EQ(lines[1], "out 2 b");
  EXPECT_EQ(reader.cut(), 1U);
}

TEST(DockerLogReader, KnowsWhatIsUnfinishedAndWhatIsBroken) {
  DockerLogReader reader(false, 1000);
  Arena arena;
  DockerLine line;
  const auto feed = [&](const std::string& bytes) {
    const std::span<char> room = reader.room();
    std::memcpy(room.data(), bytes.data(), bytes.size());
    reader.filled(bytes.size());
    std::size_t lines = 0;
    while (reader.next(line, arena)) ++lines;
    return lines;
  };
  EXPECT_EQ(feed(out(std::string(kT1) + "a\n")), 1U);
  EXPECT_FALSE(reader.unfinished_since());
  EXPECT_EQ(feed(err(std::string(kT1) + "part") + out(std::string(kT2) + "b\n")), 1U);
  EXPECT_EQ(reader.unfinished_since(), 1U);
  EXPECT_EQ(reader.lines(), 2U);
  EXPECT_EQ(feed("HTTP/1.1 400 Bad Request\r\n"), 0U);
  EXPECT_TRUE(reader.broken());
}

TEST(DockerMarker, IsSavedAndRead) {
  const auto f = [](std::optional<std::string> seconds, std::optional<std::string> exact,
                    DockerMarker want, const std::string& since) {
    const DockerMarker marker = read_marker(seconds, exact);
    EXPECT_EQ(marker, want);
    EXPECT_EQ(since_text(marker), since);
  };
  f(std::nullopt, std::nullopt, {}, "0");
  f("1700000000", std::nullopt, {1700000000'000000000, 0, 0}, "1700000000.000000000");
  f("1700000000", "1700000000000000007+2/1700000000000000009",
    {1700000000'000000007, 2, 1700000000'000000009}, "1699999999.000000007");
  // Promtail ran in between: its value counts.
  f("1700000001", "1700000000000000007+2/1700000000000000007", {1700000001'000000000, 0, 0},
    "1700000001.000000000");
  f("1700000000", "nonsense", {1700000000'000000000, 0, 0}, "1700000000.000000000");
  f("1700000000", "1700000000000000007/2+3", {1700000000'000000000, 0, 0}, "1700000000.000000000");
  f("nonsense", "1700000000000000007+2/1700000000000000007", {}, "0");
  f("-5", std::nullopt, {}, "0");
  const DockerMarker marker{1700000000'000000007, 2, 1700000000'000000009};
  EXPECT_EQ(marker_seconds(marker), "1700000000");
  EXPECT_EQ(read_marker(marker_seconds(marker), marker_exact(marker)), marker);
}

TEST(DockerMarker, RemembersTheHighestTimeNearby) {
  const auto f = [](const std::vector<std::int64_t>& times, DockerMarker want) {
    DockerMarker marker;
    for (const std::int64_t time : times) marker.pass(time);
    EXPECT_EQ(marker, want);
  };
  f({5}, {5, 1, 5});
  f({5, 5}, {5, 2, 5});
  f({5, 9, 7}, {7, 1, 9});
  // A clock that was set back.
  f({5 + 2 * kNsPerSecond, 7}, {7, 1, 7});
}

TEST(DockerRepeats, FindsLinesThatCameBefore) {
  DockerRepeats repeats;
  auto f = [&](bool is_stderr, std::int64_t ns, std::string_view text, bool want) {
    EXPECT_EQ(repeats.is_repeated(is_stderr, ns, text), want) << is_stderr << ns << text;
  };
  f(false, 10, "a", false);
  f(false, 20, "b", false);
  f(true, 20, "b", false);  // the other output
  f(false, 10, "a", true);
  f(false, 20, "b", true);
  f(false, 20, "c", false);  // another line of that time
  f(false, 15, "a", false);  // the clock was set back
  f(false, 15, "a", true);
  for (std::int64_t i = 0; i < static_cast<std::int64_t>(DockerRepeats::kLinesMax); ++i)
    f(false, 100 + i, "x", false);
  f(false, 10, "a", false);  // too long ago
}

TEST(DockerResume, LeavesOutWhatWasReadInTheOrderOfTheLog) {
  const auto f = [](DockerMarker marker, const std::vector<std::int64_t>& times,
                    const std::vector<std::int64_t>& want) {
    DockerResume resume(marker);
    std::vector<std::int64_t> passed;
    for (const std::int64_t time : times) {
      if (!resume.was_read(time)) passed.push_back(time);
    }
    EXPECT_EQ(passed, want);
  };
  f({}, {1, 2}, {1, 2});
  f({5, 1, 5}, {3, 4, 5, 6}, {6});
  f({5, 2, 5}, {4, 5, 5, 5, 6}, {5, 6});
  // Stamped earlier, written later: it is new.
  f({5, 1, 5}, {3, 5, 4, 6}, {4, 6});
  // Stamped later, written earlier: it is old.
  f({5, 1, 6}, {3, 6, 5, 4, 7}, {4, 7});
  // The line itself is gone.
  f({5, 1, 6}, {3, 7, 4}, {7, 4});
  // As Promtail left it: the whole second.
  f({5, 0, 0}, {5, 5, 6}, {5, 5, 6});
}

}  // namespace
}  // namespace tailrace
