// Job: one scrape config at work on a shard: its pipeline, and the source that feeds it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "agent/agent_config.h"
#include "model/field.h"
#include "pipeline/pipeline.h"
#include "sources/decompress/compressed_file_source.h"
#include "sources/file/file_source.h"
#include "sources/file/line_decoder.h"
#include "sources/source.h"
#include "telemetry/metrics.h"

namespace tailrace {

// What the jobs of a shard share; outlives them.
struct JobEnvironment {
  Shard& shard;
  ReadScheduler& scheduler;
  Watcher& watcher;
  PositionBook& positions;
  FileSourceMetrics& file_metrics;
  Metrics& metrics;
  bool inspect = false;
  bool check_only = false;
  std::function<void()> on_input_end;  // -stdin: everything was read
};

class Job {
 public:
  // Builds everything, starts nothing. Problems are recorded on the nodes of `scrape`; the job is
  // of no use then. `end` takes what comes through the pipeline.
  Job(const AgentConfig& config, const ScrapeConfig& scrape, JobEnvironment& environment,
      std::unique_ptr<EntrySink> end);
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;

  Result<void> start();
  void set_targets(std::vector<FileTarget> targets);
  void publish();
  // Stops reading and lets go of what stages hold.
  void stop();
  // Nothing of it is on its way or running any more; after stop().
  bool settled();
  bool ready() const;

  const std::string& name() const noexcept { return name_; }
  SourceKind kind() const noexcept { return kind_; }
  std::vector<SourceStatus> status() const;

 private:
  void build_file_source(const AgentConfig& config, const ScrapeConfig& scrape,
                         JobEnvironment& environment);
  void build_source(const AgentConfig& config, const ScrapeConfig& scrape,
                    JobEnvironment& environment);

  const std::string name_;
  const SourceKind kind_;
  std::unique_ptr<EntrySink> end_;
  FieldTable fields_;
  PipelineContext pipeline_context_;
  std::unique_ptr<Pipeline> pipeline_;
  std::unique_ptr<PipelineDriver> driver_;
  std::unique_ptr<LineDecoder> decoder_;  // null: bytes pass unchanged
  std::unique_ptr<TailContext> tail_context_;
  std::unique_ptr<SourceContext> source_context_;
  std::unique_ptr<FileSource> files_;
  std::unique_ptr<CompressedFileSource> compressed_;  // instead, with `decompression`
  std::unique_ptr<Source> source_;                    // for all kinds but files
};

}  // namespace tailrace
