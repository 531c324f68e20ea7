// ReadScheduler: who reads next on a shard.
//
// Sources with something to read queue up and take one step each in turn, so that a thousand busy
// files share the thread evenly; between steps timers and sockets run. A source whose pipeline has
// no room rests until some sender has room again; one over a rate limit rests until its time. This
// is all of backpressure.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <deque>
#include <vector>

#include "base/clock.h"
#include "base/lifetime.h"

namespace tailrace {

struct Step {
  enum class Kind : std::uint8_t {
    kMore,  // step again, when it is my turn
    kIdle,  // nothing to read; I call ready() when there is
    kRoom,  // the pipeline has no room
    kRest,  // not before `until_ns` (monotonic)
  };
  Kind kind = Kind::kIdle;
  std::int64_t until_ns = 0;
};

// Something that reads in steps. Unlinks itself from its scheduler when destroyed.
class Reader {
 public:
  Reader() = default;
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  virtual ~Reader();
  // One read, short: a buffer full at most.
  virtual Step step() = 0;

 private:
  friend class ReadScheduler;
  class ReadScheduler* scheduler_ = nullptr;  // set while queued or resting
};

class ReadScheduler {
 public:
  ReadScheduler(boost::asio::any_io_executor executor, const Clock& clock);
  ReadScheduler(const ReadScheduler&) = delete;
  ReadScheduler& operator=(const ReadScheduler&) = delete;
  ~ReadScheduler();

  // Queues a reader, unless it is queued or resting.
  void ready(Reader& reader);
  // Some sender has room again: readers that rest for room queue up.
  void room_came_back();
  void forget(Reader& reader);

 private:
  struct Resting {
    std::int64_t until_ns;
    Reader* reader;
  };
  void schedule();
  void run_one();
  void arm_rest_timer();

  boost::asio::any_io_executor executor_;
  const Clock& clock_;
  std::deque<Reader*> queue_;
  std::vector<Reader*> waiting_for_room_;
  std::vector<Resting> resting_;
  boost::asio::steady_timer rest_timer_;
  bool scheduled_ = false;
  Lifetime lifetime_;
};

}  // namespace tailrace
