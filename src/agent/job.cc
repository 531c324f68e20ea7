#include "agent/job.h"

#include <unistd.h>

#include <utility>

#include "sources/registry.h"
#include "sources/stdin_source.h"

namespace tailrace {

Job::Job(const AgentConfig& config, const ScrapeConfig& scrape, JobEnvironment& environment,
         std::unique_ptr<EntrySink> end)
    : name_(scrape.job_name),
      kind_(scrape.kind),
      end_(std::move(end)),
      pipeline_context_{fields_, environment.metrics, environment.shard.clock, environment.inspect,
                        environment.check_only} {
  pipeline_ = Pipeline::build(scrape.pipeline_stages, pipeline_context_, *end_);
  if (!pipeline_) return;
  driver_ = std::make_unique<PipelineDriver>(environment.shard, *pipeline_);
  build_source(config, scrape, environment);
}

void Job::build_file_source(const AgentConfig& config, const ScrapeConfig& scrape,
                            JobEnvironment& environment) {
  if (!scrape.encoding.empty()) {
    Result<std::unique_ptr<LineDecoder>> decoder = make_line_decoder(scrape.encoding);
    if (!decoder) return scrape.node.error("encoding", decoder.error().text());
    decoder_ = std::move(*decoder);
  }
  tail_context_ = std::make_unique<TailContext>(
      TailContext{environment.shard, environment.scheduler, environment.watcher,
                  environment.positions, *driver_, environment.file_metrics, decoder_.get()});
  const FileSourceOptions options{name_, config.sync_period_ns, config.global.poll_min_ns};
  const DecompressOptions decompress = read_decompress_options(scrape.node.get("decompression"));
  if (decompress.enabled) {
    compressed_ = std::make_unique<CompressedFileSource>(*tail_context_, options, decompress);
  } else {
    files_ = std::make_unique<FileSource>(*tail_context_, options);
  }
}

void Job::build_source(const AgentConfig& config, const ScrapeConfig& scrape,
                       JobEnvironment& environment) {
  source_context_ = std::make_unique<SourceContext>(SourceContext{
      name_, environment.shard, environment.scheduler, environment.positions, *driver_});
  switch (scrape.kind) {
    case SourceKind::kFiles:
      return build_file_source(config, scrape, environment);
    case SourceKind::kBlock:
      source_ = make_source(scrape.source_key, scrape.node.get(scrape.source_key),
                            scrape.relabel_configs, *source_context_,
                            {static_cast<std::size_t>(config.limits.client.line_bytes_max)});
      return;
    case SourceKind::kStdin:
      source_ = std::make_unique<StdinSource>(*source_context_, STDIN_FILENO, scrape.stdin_labels,
                                              environment.on_input_end);
      return;
    case SourceKind::kUnsupported:
      return;  // said when the configuration was read
  }
}

Result<void> Job::start() { return source_ ? source_->start() : Result<void>(); }

void Job::set_targets(std::vector<FileTarget> targets) {
  if (files_) files_->set_targets(std::move(targets));
  if (compressed_) compressed_->set_targets(std::move(targets));
}

void Job::publish() {
  if (files_) files_->publish();
  if (compressed_) compressed_->publish();
  if (source_) source_->publish();
}

void Job::stop() {
  if (files_) files_->stop();
  if (compressed_) compressed_->stop();
  if (source_) source_->stop();
  if (driver_) driver_->flush();
}

bool Job::settled() {
  return (!source_ || source_->settled()) && (!compressed_ || compressed_->settled());
}

bool Job::ready() const {
  return (files_ && files_->ready()) || (compressed_ && compressed_->ready()) ||
         (source_ && source_->ready());
}

std::vector<SourceStatus> Job::status() const {
  if (source_) return source_->status();
  std::vector<SourceStatus> out;
  std::vector<FileTargetStatus> targets;
  if (files_) targets = files_->status();
  if (compressed_) targets = compressed_->status();
  for (FileTargetStatus& target : targets) {
    SourceStatus& status = out.emplace_back();
    status.type = "File";
    status.ready = !target.files.empty();
    status.labels = std::move(target.labels);
    status.discovered = std::move(target.discovered);
    status.details.emplace_back("path", target.path);
    for (const TailedFile& file : target.files) {
      status.details.emplace_back(file.path, std::to_string(file.offset));
      status.files.push_back({file.path, file.delivered, file.offset, file.size, file.lag});
    }
  }
  return out;
}

}  // namespace tailrace
