// PipelineDriver: gives a pipeline its time. Stages that hold lines back (multiline) name a
// deadline; this keeps one timer for it and flushes when it is due. Also the place where entries
// enter a pipeline from any source.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <cstdint>

#include "base/lifetime.h"
#include "model/entry_sink.h"
#include "sources/shard.h"

namespace tailrace {

class PipelineDriver {
 public:
  // `head` is the pipeline; both outlive the driver.
  PipelineDriver(Shard& shard, EntrySink& head);
  PipelineDriver(const PipelineDriver&) = delete;
  PipelineDriver& operator=(const PipelineDriver&) = delete;

  EntrySink& head() noexcept { return head_; }
  Shard& shard() noexcept { return shard_; }
  // After the lines of one read were handed in: cleans up and looks at the deadline.
  void end_of_read();
  // Lets go of everything that stages hold. For the end.
  void flush();

 private:
  void arm();

  Shard& shard_;
  EntrySink& head_;
  boost::asio::steady_timer timer_;
  std::int64_t armed_for_ns_ = kNever;
  Lifetime lifetime_;
};

}  // namespace tailrace
