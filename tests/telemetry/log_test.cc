#include "telemetry/log.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <limits>
#include <mutex>
#include <regex>
#include <thread>
#include <vector>

#include "base/file.h"
#include "support/temp_dir.h"

namespace tailrace::log {
namespace {

// Lines of one test, without their time stamps.
class Capture {
 public:
  Capture() {
    capture_for_test([this](std::string_view line) {
      const std::lock_guard lock(mutex_);
      lines_.emplace_back(line);
    });
  }
  ~Capture() { capture_for_test(nullptr); }
  std::vector<std::string> lines() {
    const std::lock_guard lock(mutex_);
    return lines_;
  }
  std::string only() {
    const std::vector<std::string> all = lines();
    EXPECT_EQ(all.size(), 1u);
    return all.empty() ? "" : all[0];
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> lines_;
};

TEST(Log, LogfmtLines) {
  ASSERT_TRUE(configure(Level::kInfo, Format::kLogfmt));
  auto f = [](std::string_view message, FieldList fields, const std::string& want) {
    SCOPED_TRACE(want);
    Capture capture;
    warn(message, fields);
    const std::string line = capture.only();
    ASSERT_TRUE(std::regex_match(
        line.substr(0, 33), std::regex("ts=\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{9}Z")))
        << line;
    EXPECT_EQ(line.substr(33), want);
  };
  f("started", {}, " level=warn msg=started");
  f("batch retry", {{"client", "a b"}, {"attempt", 3}, {"last", false}},
    " level=warn msg=\"batch retry\" client=\"a b\" attempt=3 last=false");
  f("odd", {{"empty", ""}, {"equals", "a=b"}, {"quote", "a\"b\\c"}},
    R"( level=warn msg=odd empty="" equals="a=b" quote="a\"b\\c")");
  f("two\nlines", {{"e", "tab\there"}}, R"( level=warn msg="two\nlines" e="tab\there")");
  f("utf8", {{"name", "größe"}, {"bad", "x\xff"}},
    " level=warn msg=utf8 name=\"größe\" bad=\"x\xEF\xBF\xBD\"");
  f("control", {{"c", std::string_view("\0\x1b", 2)}},
    R"( level=warn msg=control c="\u0000\u001b")");
}

TEST(Log, JsonLines) {
  ASSERT_TRUE(configure(Level::kInfo, Format::kJson));
  auto f = [](std::string_view message, FieldList fields, const std::string& want) {
    SCOPED_TRACE(want);
    Capture capture;
    info(message, fields);
    const std::string line = capture.only();
    EXPECT_EQ(line.substr(0, 7), "{\"ts\":\"");
    EXPECT_EQ(line.substr(line.find(',')), want);
  };
  f("started", {}, R"(,"level":"info","msg":"started"})");
  f("a\"b", {{"n", 3}, {"yes", true}, {"text", "3"}},
    R"(,"level":"info","msg":"a\"b","n":3,"yes":true,"text":"3"})");
  f("float", {{"half", 0.5}, {"nan", std::numeric_limits<double>::quiet_NaN()}},
    R"(,"level":"info","msg":"float","half":0.500000,"nan":"nan"})");
  ASSERT_TRUE(configure(Level::kInfo, Format::kLogfmt));
}

TEST(Log, LevelsHideWhatIsBelow) {
  Capture capture;
  auto f = [&](std::string_view level, bool debug_shown, bool info_shown, bool warn_shown) {
    SCOPED_TRACE(level);
    set_level(parse_level(level).value());
    EXPECT_EQ(enabled(Level::kDebug), debug_shown);
    EXPECT_EQ(enabled(Level::kInfo), info_shown);
    EXPECT_EQ(enabled(Level::kWarn), warn_shown);
    EXPECT_TRUE(enabled(Level::kError));
  };
  f("debug", true, true, true);
  f("info", false, true, true);
  f("warn", false, false, true);
  f("error", false, false, false);
  info("hidden");
  error("shown");
  EXPECT_EQ(capture.lines().size(), 1u);
  set_level(Level::kInfo);
  EXPECT_FALSE(parse_level("INFO"));
  EXPECT_FALSE(parse_format("text"));
  EXPECT_EQ(parse_format("json").value(), Format::kJson);
}

TEST(Log, QueueIsWrittenOutAtShutdown) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const int saved = ::dup(STDERR_FILENO);
  ASSERT_GE(saved, 0);
  ::dup2(ends[1], STDERR_FILENO);
  ::close(ends[1]);
  std::string text;
  std::thread reader([&] {
    char part[4096];
    for (ssize_t n = 0; (n = ::read(ends[0], part, sizeof part)) > 0;)
      text.append(part, static_cast<std::size_t>(n));
  });
  ASSERT_TRUE(configure(Level::kInfo, Format::kLogfmt));
  const std::uint64_t dropped_before = dropped();
  std::vector<std::thread> writers;
  for (int i = 0; i < 4; ++i) {
    writers.emplace_back([i] {
      for (int n = 0; n < 500; ++n) info("event", {{"thread", i}, {"n", n}});
    });
  }
  for (std::thread& writer : writers) writer.join();
  shutdown();
  info("after shutdown");
  ::dup2(saved, STDERR_FILENO);
  ::close(saved);
  reader.join();
  ::close(ends[0]);
  EXPECT_EQ(dropped(), dropped_before);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2001);
  EXPECT_TRUE(text.ends_with("msg=\"after shutdown\"\n"));
  EXPECT_NE(text.find("thread=3 n=499\n"), text.npos);
}

TEST(Log, FullQueueDropsAndCounts) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const int saved = ::dup(STDERR_FILENO);
  ::dup2(ends[1], STDERR_FILENO);
  ::close(ends[1]);
  ASSERT_TRUE(configure(Level::kInfo, Format::kLogfmt));
  const std::uint64_t before = dropped();
  // Nobody reads: the pipe takes 64 KiB, the queue 8192 events, the rest pushes out the oldest.
  const std::string filler(100, 'x');
  for (int n = 0; n < 12'000; ++n) info(filler, {{"n", n}});
  EXPECT_GT(dropped(), before + 1000);
  std::string text;
  std::thread reader([&] {
    char part[65536];
    for (ssize_t n = 0; (n = ::read(ends[0], part, sizeof part)) > 0;)
      text.append(part, static_cast<std::size_t>(n));
  });
  shutdown();
  ::dup2(saved, STDERR_FILENO);
  ::close(saved);
  reader.join();
  ::close(ends[0]);
  EXPECT_NE(text.find(" n=11999\n"), text.npos) << "the newest is kept";
}

TEST(Log, FileBesideStandardErrorRotates) {
  shutdown();  // what an earlier test configured
  const TempDir folder;
  const std::string path = folder / "logs/tailrace.log";
  ASSERT_TRUE(
      configure(Level::kInfo, Format::kLogfmt,
                {.file = {.path = path, .max_bytes = 4096, .keep = 200}, .to_stderr = false}));
  for (int n = 0; n < 1000; ++n) info("event", {{"n", n}});
  shutdown();
  std::string all;
  int files = 0;
  for (int i = 200; i >= 0; --i) {
    const Result<std::string> text = read_file(path + (i == 0 ? "" : "." + std::to_string(i)));
    if (!text) continue;
    ++files;
    EXPECT_LE(text->size(), 4096u);
    EXPECT_TRUE(text->ends_with('\n'));
    all += *text;
  }
  EXPECT_GT(files, 5);
  std::size_t at = 0;
  for (int n = 0; n < 1000; ++n) {
    at = all.find(" msg=event n=" + std::to_string(n) + "\n", at);
    ASSERT_NE(at, all.npos) << n;
  }
  const Result<void> refused =
      configure(Level::kInfo, Format::kLogfmt, {.file = {.path = folder / "logs"}});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().text().find("log: open "), std::string::npos) << refused.error().text();
}

TEST(Every, IsDueOncePerInterval) {
  Every often(0);
  EXPECT_TRUE(often.due());
  EXPECT_TRUE(often.due());
  Every seldom(std::int64_t{3600} * 1'000'000'000);
  EXPECT_TRUE(seldom.due());
  EXPECT_FALSE(seldom.due());
  EXPECT_FALSE(seldom.due());
}

}  // namespace
}  // namespace tailrace::log
