#include "agent/shard_side.h"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include "net/await.h"

namespace tailrace {

ShardSide::~ShardSide() {
  thread_.run_and_wait([this] {
    keeper_.reset();
    runtime_.reset();
  });
  thread_.stop();
  thread_.join();
  pool_.join();
}

Result<void> ShardSide::load_positions(const PositionsOptions& options) {
  TAILRACE_TRY(PositionBook book, PositionKeeper::load(options));
  book_.emplace(std::move(book));
  return {};
}

std::unique_ptr<Runtime> ShardSide::build(const AgentConfig& config, const RunMode& mode,
                                          Metrics& metrics,
                                          const Runtime::TransportFactory& transports) {
  std::unique_ptr<Runtime> built;
  thread_.run_and_wait([&] {
    built = std::make_unique<Runtime>(executor(), config, mode, *book_, metrics, transports);
  });
  return built;
}

void ShardSide::discard(std::unique_ptr<Runtime> runtime) {
  thread_.run_and_wait([&] { runtime.reset(); });
}

Result<void> ShardSide::run(std::unique_ptr<Runtime> runtime) {
  Result<void> started;
  thread_.run_and_wait([&] {
    runtime_ = std::move(runtime);
    started = runtime_->start();
  });
  return started;
}

void ShardSide::keep_positions(const PositionsOptions& options) {
  thread_.run_and_wait([&] {
    if (keeper_) return keeper_->set_options(options);
    keeper_ = std::make_unique<PositionKeeper>(executor(), pool_, options, *book_, [this] {
      if (runtime_) runtime_->publish();
    });
    keeper_->start();
  });
}

void ShardSide::set_targets(std::size_t job, std::vector<FileTarget> targets) {
  thread_.post([this, job, targets = std::move(targets)]() mutable {
    if (runtime_) runtime_->set_targets(job, std::move(targets));
  });
}

boost::asio::awaitable<void> ShardSide::stop(std::int64_t deadline_ns) {
  const Executor front = co_await boost::asio::this_coro::executor;
  boost::asio::steady_timer done(front);
  done.expires_at(boost::asio::steady_timer::time_point::max());
  thread_.post([this, deadline_ns, front, &done] {
    auto stopped = [this, front, &done] {
      if (keeper_) keeper_->write_blocking();
      runtime_.reset();
      book_->leave_all();  // those who come with a reload are behind nobody
      boost::asio::post(front, [&done] { done.cancel(); });
    };
    runtime_ ? runtime_->stop(deadline_ns, stopped) : stopped();
  });
  co_await done.async_wait(kAwait);
}

void ShardSide::give_up() {
  thread_.post([this] {
    if (runtime_) runtime_->give_up();
  });
}

}  // namespace tailrace
