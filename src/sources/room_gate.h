// RoomGate: lets tasks wait until the pipeline has room, or a rate limit lets it go on.
// Backpressure for sources that read sockets: what is not read stays with the sender.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <list>

#include "net/async.h"
#include "sources/pipeline_driver.h"
#include "sources/read_scheduler.h"

namespace tailrace {

class RoomGate final : private Reader {
 public:
  // All outlive the gate; the gate outlives the tasks that wait at it.
  RoomGate(Shard& shard, ReadScheduler& scheduler, PipelineDriver& pipeline)
      : shard_(shard), scheduler_(scheduler), pipeline_(pipeline) {}

  bool is_open() const;
  // Returns when there is room: true. False when the gate was closed, or `timeout_ns` (0: none) has
  // passed first.
  awaitable<bool> wait(std::int64_t timeout_ns = 0);
  // The same after others on this shard had their turn: between the slices of something large.
  awaitable<bool> wait_turn();
  // Nobody waits any more.
  void close();

 private:
  Step step() override;

  Shard& shard_;
  ReadScheduler& scheduler_;
  PipelineDriver& pipeline_;
  std::list<boost::asio::steady_timer*> waiting_;
  bool closed_ = false;
};

}  // namespace tailrace
