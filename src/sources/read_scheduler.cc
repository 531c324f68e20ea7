#include "sources/read_scheduler.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <chrono>

namespace tailrace {

Reader::~Reader() {
  if (scheduler_ != nullptr) scheduler_->forget(*this);
}

ReadScheduler::ReadScheduler(boost::asio::any_io_executor executor, const Clock& clock)
    : executor_(std::move(executor)), clock_(clock), rest_timer_(executor_) {}

ReadScheduler::~ReadScheduler() {
  for (Reader* reader : queue_) reader->scheduler_ = nullptr;
  for (Reader* reader : waiting_for_room_) reader->scheduler_ = nullptr;
  for (Resting& resting : resting_) resting.reader->scheduler_ = nullptr;
}

void ReadScheduler::ready(Reader& reader) {
  if (reader.scheduler_ != nullptr) return;
  reader.scheduler_ = this;
  queue_.push_back(&reader);
  schedule();
}

void ReadScheduler::room_came_back() {
  queue_.insert(queue_.end(), waiting_for_room_.begin(), waiting_for_room_.end());
  waiting_for_room_.clear();
  schedule();
}

void ReadScheduler::forget(Reader& reader) {
  reader.scheduler_ = nullptr;
  std::erase(queue_, &reader);
  std::erase(waiting_for_room_, &reader);
  std::erase_if(resting_, [&](const Resting& resting) { return resting.reader == &reader; });
}

void ReadScheduler::schedule() {
  if (scheduled_ || queue_.empty()) return;
  scheduled_ = true;
  boost::asio::post(executor_, [this, alive = lifetime_.watch()] {
    if (alive()) run_one();
  });
}

void ReadScheduler::run_one() {
  scheduled_ = false;
  if (queue_.empty()) return;
  Reader* const reader = queue_.front();
  queue_.pop_front();
  reader->scheduler_ = nullptr;
  const Step step = reader->step();
  switch (step.kind) {
    case Step::Kind::kMore:
      ready(*reader);
      break;
    case Step::Kind::kIdle:
      break;
    case Step::Kind::kRoom:
      reader->scheduler_ = this;
      waiting_for_room_.push_back(reader);
      break;
    case Step::Kind::kRest:
      reader->scheduler_ = this;
      resting_.push_back({step.until_ns, reader});
      arm_rest_timer();
      break;
  }
  schedule();
}

void ReadScheduler::arm_rest_timer() {
  std::int64_t first_ns = resting_.front().until_ns;
  for (const Resting& resting : resting_) first_ns = std::min(first_ns, resting.until_ns);
  rest_timer_.expires_after(std::chrono::nanoseconds(first_ns - clock_.monotonic_ns()));
  rest_timer_.async_wait([this, alive = lifetime_.watch()](const boost::system::error_code& error) {
    if (error || !alive()) return;
    const std::int64_t now_ns = clock_.monotonic_ns();
    std::erase_if(resting_, [&](const Resting& resting) {
      if (resting.until_ns > now_ns) return false;
      queue_.push_back(resting.reader);
      return true;
    });
    if (!resting_.empty()) arm_rest_timer();
    schedule();
  });
}

}  // namespace tailrace
