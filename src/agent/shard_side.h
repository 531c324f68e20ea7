// ShardSide: what lives on the shard's thread, and how the front gets at it.
//
// The position book, the keeper that writes it, and the runtime of the present configuration belong
// to the shard; the front owns this object, calls it, and never touches them. Between a stop and
// the next start (a reload) there is no runtime; the book stays.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "agent/agent_config.h"
#include "agent/position_keeper.h"
#include "agent/runtime.h"
#include "net/io_thread.h"

namespace tailrace {

class ShardSide {
 public:
  ShardSide() = default;
  // Whatever way we end: what lives on the shard goes there, and before the thread.
  ~ShardSide();
  ShardSide(const ShardSide&) = delete;
  ShardSide& operator=(const ShardSide&) = delete;

  Executor executor() const { return thread_.executor(); }

  // Before anything else: the positions as they were saved, or none (standard input).
  Result<void> load_positions(const PositionsOptions& options);
  void without_positions() { book_.emplace(Positions(), ""); }

  // Builds beside what runs; what is wrong stands in the configuration's errors. To be given to
  // run() or discard().
  std::unique_ptr<Runtime> build(const AgentConfig& config, const RunMode& mode, Metrics& metrics,
                                 const Runtime::TransportFactory& transports);
  void discard(std::unique_ptr<Runtime> runtime);
  // Starts it; there is none running. An error: it is to be stopped all the same.
  Result<void> run(std::unique_ptr<Runtime> runtime);
  // From now on positions are written; a second time: where and how often may have changed.
  void keep_positions(const PositionsOptions& options);

  void set_targets(std::size_t job, std::vector<FileTarget> targets);
  // Stops what runs, writes the positions, and takes the runtime down; see Runtime::stop().
  boost::asio::awaitable<void> stop(std::int64_t deadline_ns);
  // Cuts a stop short.
  void give_up();

  // The answer of the runtime, or an empty one while there is none.
  template <class Answer>
  boost::asio::awaitable<Answer> ask(Answer (Runtime::*question)() const) {
    auto on_shard = [](ShardSide* self,
                       Answer (Runtime::*asked)() const) -> boost::asio::awaitable<Answer> {
      co_return self->runtime_ ? (self->runtime_.get()->*asked)() : Answer();
    };
    boost::asio::awaitable<Answer> task = on_shard(this, question);
    co_return co_await boost::asio::co_spawn(executor(), std::move(task),
                                             boost::asio::use_awaitable);
  }

 private:
  boost::asio::thread_pool pool_{1};  // writes the positions
  IoThread thread_{"shard"};
  // On the shard:
  std::optional<PositionBook> book_;
  std::unique_ptr<PositionKeeper> keeper_;
  std::unique_ptr<Runtime> runtime_;
};

}  // namespace tailrace
