#include "agent/position_keeper.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <filesystem>

#include "base/clock.h"
#include "support/run_until.h"
#include "support/temp_dir.h"

namespace tailrace {
namespace {

namespace fs = std::filesystem;

struct KeeperRig {
  KeeperRig() {
    options.filename = dir / "positions.yaml";
    options.sync_period.ns = 5 * kNsPerMs;
  }
  ~KeeperRig() {
    keeper.reset();
    pool.join();
  }
  void start() {
    keeper = std::make_unique<PositionKeeper>(io.get_executor(), pool, options, book, [] {});
    keeper->start();
  }
  // What a restart would find.
  std::string saved() const {
    const Result<PositionBook> loaded = PositionKeeper::load(options);
    return loaded ? loaded->text("cursor-a").value_or("-") : loaded.error().text();
  }

  TempDir dir;
  PositionsOptions options;
  boost::asio::io_context io{1};
  boost::asio::thread_pool pool{1};
  PositionBook book{{}, ""};
  std::unique_ptr<PositionKeeper> keeper;
};

TEST(PositionKeeper, WritesWhatChanged) {
  KeeperRig rig;
  rig.start();
  rig.book.publish_text("cursor-a", "1");
  EXPECT_TRUE(run_until(rig.io, [&] { return rig.saved() == "1"; }));
  rig.book.publish_text("cursor-a", "2");
  rig.keeper->write_blocking();
  EXPECT_EQ(rig.saved(), "2");
}

// A full disk, a rename that fails: what could not be written is written once that has passed, even
// if nothing changes any more.
TEST(PositionKeeper, WritesAgainWhatCouldNotBeWritten) {
  auto f = [](const char* what, const std::function<std::string(const KeeperRig&)>& in_the_way) {
    SCOPED_TRACE(what);
    KeeperRig rig;
    const std::string obstacle = in_the_way(rig);
    fs::create_directories(obstacle + "/not empty");
    rig.start();
    rig.book.publish_text("cursor-a", "1");
    rig.keeper->write_blocking();
    run_for(rig.io, std::chrono::milliseconds(30));
    fs::remove_all(obstacle);
    EXPECT_TRUE(run_until(rig.io, [&] { return rig.saved() == "1"; }));
  };
  f("the positions file", [](const KeeperRig& rig) { return rig.options.filename; });
  f("our own file", [](const KeeperRig& rig) { return identities_path(rig.options.filename); });
}

}  // namespace
}  // namespace tailrace
