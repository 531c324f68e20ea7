// Source: reads one kind of target and hands entries to a pipeline. One per scrape config; lives on
// a shard.
//
// A source must: hand every entry in with a ticket where somebody can wait for it (a file offset, a
// cursor, an HTTP answer), ask the pipeline for room before it reads, publish positions only from
// what is settled, count what it read and what it lost, and bound what it holds. See
// docs/architecture.md, "Add a part".
#pragma once

#include <string>
#include <vector>

#include "positions/position_book.h"
#include "sources/pipeline_driver.h"
#include "sources/read_scheduler.h"
#include "sources/shard.h"

namespace tailrace {

// What a source works with; outlives it.
struct SourceContext {
  std::string job_name;
  Shard& shard;
  ReadScheduler& scheduler;
  PositionBook& positions;
  PipelineDriver& pipeline;
};

// One file that a source tails; offsets in bytes.
struct SourceFile {
  std::string path;
  std::uint64_t delivered = 0;  // acknowledged up to here
  std::uint64_t read = 0;
  std::uint64_t size = 0;
  std::uint64_t lag = 0;  // not acknowledged, in rotated files too
};

// For the agent's pages: what this source is and how it does.
struct SourceStatus {
  std::string type;  // "File", "Syslog", ... as Promtail's page names them
  bool ready = false;
  Labels labels;
  Labels discovered;
  std::vector<std::pair<std::string, std::string>>
      details;  // listen address, files with positions, cursor...
  std::vector<SourceFile> files{};
};

class Source {
 public:
  virtual ~Source() = default;
  // Begins to read. kIo: the listener's port is taken, say; the agent then does not start.
  virtual Result<void> start() = 0;
  // Tells the position book where it is.
  virtual void publish() {}
  // No further reading; held entries may still be on their way. Positions can be published
  // afterwards.
  virtual void stop() = 0;
  // Nothing of it is on its way any more, so that it may be destroyed.
  virtual bool settled() = 0;
  virtual bool ready() const = 0;
  virtual std::vector<SourceStatus> status() const = 0;
};

}  // namespace tailrace
