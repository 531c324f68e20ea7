// What all tailers of a job share.
#pragma once

#include <cstddef>
#include <functional>

#include "positions/position_book.h"
#include "sources/file/file_metrics.h"
#include "sources/file/line_decoder.h"
#include "sources/file/watcher.h"
#include "sources/pipeline_driver.h"
#include "sources/read_scheduler.h"
#include "sources/shard.h"

namespace tailrace {

// Outlives the tailers.
struct TailContext {
  Shard& shard;
  ReadScheduler& scheduler;
  Watcher& watcher;
  PositionBook& positions;
  PipelineDriver& pipeline;
  FileSourceMetrics& metrics;
  const LineDecoder* decoder = nullptr;  // null: bytes pass unchanged
  // Longest line in bytes; the rest of a longer one is left out. It bounds memory, not what Loki
  // takes.
  std::size_t line_bytes_max = std::size_t{16} << 20;
  // Told when a tailer that had nothing new to tell has again. May be empty.
  std::function<void()> on_activity{};
};

}  // namespace tailrace
