// The store on a disk that takes nothing: pushes are refused, nothing is lost, and it goes on when
// there is room.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "rig.h"

namespace tailrace {
namespace {

// A limit on the size of files makes writes fail as a full disk does.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit now{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &now);
  }
  ~FileSizeLimit() { ::setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

TEST(StoreFullDisk, RefusesPushesAndHeals) {
  StoreRig rig;
  const std::int64_t t = rig.clock.now_ns();
  std::mt19937_64 random(3);
  const auto noise = [&](int n) {
    TestStream stream{R"({a="b"})", {}};
    for (int i = 0; i < 100; ++i) {
      std::string line = std::to_string(n * 100 + i) + " ";
      while (line.size() < 1000) line += static_cast<char>('!' + random() % 90);
      stream.entries.push_back({t + n * 100 + i, line});
    }
    return stream;
  };
  std::size_t stored = 0;
  std::vector<TestStream> refused;
  {
    const FileSizeLimit full(600'000);
    for (int n = 0; n < 20; ++n) {
      const TestStream stream = noise(n);
      const PushResult result = rig.push({stream});
      if (result.status == 204) {
        stored += stream.entries.size();
      } else {
        EXPECT_EQ(result.status, 503) << result.message;
        EXPECT_NE(result.message.find("cannot write"), std::string::npos) << result.message;
        refused.push_back(stream);
      }
    }
    EXPECT_GT(stored, 0U);
    ASSERT_FALSE(refused.empty());
    EXPECT_EQ(rig.lines(R"({a="b"})").size(), stored);
  }
  for (const TestStream& stream : refused) rig.push_good({stream});
  EXPECT_EQ(rig.lines(R"({a="b"})").size(), 2000U);
  rig.reopen(true);
  EXPECT_EQ(rig.lines(R"({a="b"})").size(), 2000U);
}

TEST(StoreFullDisk, TooLittleSpaceOnTheDiskRefusesPushes) {
  StoreOptions options;
  options.free_bytes_min = std::uint64_t{1} << 60;
  StoreRig rig(options);
  const PushResult result = rig.push({{R"({a="b"})", {{rig.clock.now_ns(), "x"}}}});
  EXPECT_EQ(result.status, 503);
}

void push_two(StoreRig& rig, std::int64_t t) {
  rig.push_good({{R"({a="b"})", {{t, "in a chunk"}}}});
  rig.store->flush_and_wait();
  rig.push_good({{R"({a="b"})", {{t + 1, "in the inbox"}}}});
}

TEST(StoreFullDisk, OpeningAStoreNeedsNoRoom) {
  StoreRig rig;
  const std::int64_t t = rig.clock.now_ns();
  push_two(rig, t);
  rig.reopen();
  EXPECT_EQ(rig.lines(R"({a="b"})").size(), 2U);
  for (const auto& file : std::filesystem::directory_iterator(rig.options.path)) {
    if (file.path().extension() == ".db-wal") {
      EXPECT_EQ(file.file_size(), 0U) << file.path();
    }
  }
}

// Databases need 32 KiB of shared memory beside them: without, the store starts all the same, and
// is what it was when there is room.
TEST(StoreFullDisk, AStoreThatCannotBeOpenedYetRefusesPushes) {
  for (const bool fresh : {false, true}) {
    StoreRig rig;
    const std::int64_t t = rig.clock.now_ns();
    if (!fresh) push_two(rig, t);
    rig.store.reset();
    if (fresh) std::filesystem::remove_all(rig.options.path);
    {
      const FileSizeLimit full(10);
      rig.open();
      const PushResult result = rig.push({{R"({a="b"})", {{t + 2, "later"}}}});
      EXPECT_EQ(result.status, 503) << result.message;
      EXPECT_FALSE(rig.store->streams({}, t, t + 9)) << "nobody knows what is in the inbox";
    }
    // By itself, without a push.
    for (int i = 0; i < 200 && !rig.store->streams({}, t, t + 9); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    EXPECT_EQ(rig.lines(R"({a="b"})").size(), fresh ? 0U : 2U);
    rig.push_good({{R"({a="b"})", {{t + 1, "in the inbox"}, {t + 2, "later"}}}});
    const std::size_t lines = fresh ? 2 : 3;
    EXPECT_EQ(rig.lines(R"({a="b"})").size(), lines);
    rig.reopen(true);
    EXPECT_EQ(rig.lines(R"({a="b"})").size(), lines);
  }
}

// To read a day SQLite needs that memory, too. Without, the answer is no answer that lacks the day.
TEST(StoreFullDisk, ADayThatCannotBeReadNowIsAnError) {
  StoreRig rig;
  const std::int64_t t = rig.clock.now_ns();
  rig.push_good({{R"({a="b"})", {{t, "line"}}}});
  rig.reopen(true);
  const auto error = [](const auto& result) {
    return result ? "none" : std::string(result.error().text());
  };
  const auto lines = [&] {
    logql::QueryStop stop;
    return logql::run_log_query(logql::parse_log_query(R"({a="b"})").value(),
                                {t - 1, t + 1, 10, false}, *rig.store, stop);
  };
  {
    const FileSizeLimit full(10);
    EXPECT_NE(error(lines()).find("File too large"), std::string::npos) << error(lines());
    EXPECT_NE(error(rig.store->streams({}, t - 1, t + 1)), "none");
    EXPECT_NE(error(rig.store->volumes({}, t - 1, t + 1, 10)), "none");
  }
  EXPECT_EQ(lines()->entries.size(), 1U);
  EXPECT_EQ(rig.store->streams({}, t - 1, t + 1)->size(), 1U);
}

}  // namespace
}  // namespace tailrace
