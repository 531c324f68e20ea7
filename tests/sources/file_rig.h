// A file source with everything around it, and a sink that keeps what came.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>
#include <vector>

#include "model/entry_sink.h"
#include "sources/file/file_source.h"
#include "support/run_until.h"
#include "support/temp_dir.h"

namespace tailrace {

// Keeps lines and holds their tickets until it is told that they are delivered.
class KeepingSink final : public EntrySink {
 public:
  void accept(Entry& entry) override {
    lines.emplace_back(entry.line);
    labels.push_back(entry.stream()->text());
    timestamps.push_back(entry.timestamp_ns);
    std::string pairs;
    for (const auto& [name, value] : entry.metadata) {
      pairs += std::string(name) + "=" + std::string(value) + " ";
    }
    metadata.push_back(pairs);
    if (hold) tickets.emplace_back(entry.ticket);
  }
  bool has_room() const override { return room; }
  void deliver_all() { tickets.clear(); }

  std::vector<std::string> lines;
  std::vector<std::string> labels;
  std::vector<std::int64_t> timestamps;
  std::vector<std::string> metadata;  // "name=value " for each pair
  std::vector<TicketShare> tickets;
  bool room = true;
  bool hold = false;
};

class FileRig {
 public:
  explicit FileRig(PositionBook book = PositionBook({}, ""), std::size_t line_bytes_max = 1 << 20,
                   std::size_t open_files_max = 1000, std::int64_t sync_period_ns = 50 * kNsPerMs,
                   const Clock& clock = Clock::system())
      : positions(std::move(book)),
        shard(io.get_executor(), clock, metrics, open_files_max),
        scheduler(io.get_executor(), clock),
        watcher(io.get_executor()),
        driver(shard, sink),
        file_metrics(metrics),
        context{shard,  scheduler,    watcher, positions,
                driver, file_metrics, nullptr, line_bytes_max},
        source(std::make_unique<FileSource>(
            context, FileSourceOptions{"test", sync_period_ns, 20 * kNsPerMs})) {}
  ~FileRig() {
    for (TicketShare& ticket : sink.tickets) ticket.abandon();
  }

  void tail(const std::string& glob, const std::string& exclude = {}) {
    source->set_targets({FileTarget{glob, exclude, Labels{{"job", "t"}}, {}}});
  }
  bool wait_for_lines(std::size_t count) {
    return run_until(io, [&] { return sink.lines.size() >= count; });
  }
  bool wait_for(const std::function<bool()>& condition) { return run_until(io, condition); }
  // Time for what should not happen.
  void settle() { run_for(io, std::chrono::milliseconds(120)); }
  PositionBook::Snapshot saved() {
    source->publish();
    return positions.snapshot();
  }

  boost::asio::io_context io{1};
  Metrics metrics;
  PositionBook positions;
  Shard shard;
  ReadScheduler scheduler;
  Watcher watcher;
  KeepingSink sink;
  PipelineDriver driver;
  FileSourceMetrics file_metrics;
  TailContext context;
  std::unique_ptr<FileSource> source;
};

}  // namespace tailrace
