#include "sources/decompress/compressed_file_source.h"

#include <algorithm>
#include <chrono>

#include "telemetry/log.h"

namespace tailrace {
namespace {

std::optional<Glob> compile(const std::string& pattern) {
  if (pattern.empty()) return std::nullopt;
  Result<Glob> glob = Glob::compile(pattern);
  if (!glob) {
    log::error("a path is no usable pattern", {{"path", pattern}, {"error", glob.error().text()}});
    return std::nullopt;
  }
  return std::move(glob).value();
}

}  // namespace

CompressedFileSource::CompressedFileSource(TailContext& context, FileSourceOptions options,
                                           DecompressOptions decompress)
    : context_(context),
      options_(std::move(options)),
      decompress_(decompress),
      timer_(context.shard.executor) {
  arm();
}

void CompressedFileSource::set_targets(std::vector<FileTarget> targets) {
  std::vector<std::unique_ptr<Target>> next;
  for (FileTarget& config : targets) {
    const auto known = std::find_if(targets_.begin(), targets_.end(), [&](const auto& target) {
      return target && target->config == config;
    });
    if (known != targets_.end()) {
      next.push_back(std::move(*known));
      continue;
    }
    auto target = std::make_unique<Target>();
    target->include = compile(config.path);
    target->exclude = compile(config.path_exclude);
    target->config = std::move(config);
    next.push_back(std::move(target));
  }
  for (const auto& target : targets_) {
    if (!target) continue;
    for (auto& [path, file] : target->files) {
      file->leave(false);
      retiring_.push_back(std::move(file));
    }
  }
  targets_ = std::move(next);
  sync();
}

void CompressedFileSource::sync() {
  if (stopped_) return;
  std::erase_if(retiring_, [](const auto& file) { return file->settled(); });
  for (const auto& target : targets_) sync(*target);
}

void CompressedFileSource::sync(Target& target) {
  if (!target.include) return;
  for (const std::string& path : target.include->expand()) {
    if (target.exclude && target.exclude->matches(path)) continue;
    if (target.files.contains(path)) continue;
    Labels labels = target.config.labels;
    labels.set("filename", path);
    target.files.emplace(
        path, std::make_unique<CompressedFile>(context_, path, labels, decompress_.format,
                                               decompress_.initial_delay_ns));
  }
  for (auto entry = target.files.begin(); entry != target.files.end();) {
    CompressedFile& file = *entry->second;
    file.look();
    if (file.missing() && file.settled()) {
      file.leave(true);
      entry = target.files.erase(entry);
    } else {
      ++entry;
    }
  }
}

void CompressedFileSource::arm() {
  timer_.expires_after(std::chrono::nanoseconds(options_.sync_period_ns));
  timer_.async_wait([this, alive = lifetime_.watch()](const boost::system::error_code& error) {
    if (error || !alive() || stopped_) return;
    sync();
    arm();
  });
}

void CompressedFileSource::publish() {
  for (const auto& target : targets_) {
    for (const auto& [path, file] : target->files) file->publish();
  }
}

void CompressedFileSource::stop() {
  stopped_ = true;
  timer_.cancel();
  for (const auto& target : targets_) {
    for (const auto& [path, file] : target->files) file->stop_reading();
  }
}

bool CompressedFileSource::settled() const {
  const auto all_settled = [](const auto& target) {
    return std::all_of(target->files.begin(), target->files.end(),
                       [](const auto& entry) { return entry.second->settled(); });
  };
  return std::all_of(targets_.begin(), targets_.end(), all_settled) &&
         std::all_of(retiring_.begin(), retiring_.end(),
                     [](const auto& file) { return file->settled(); });
}

bool CompressedFileSource::ready() const {
  return std::any_of(targets_.begin(), targets_.end(),
                     [](const auto& target) { return !target->files.empty(); });
}

std::vector<FileTargetStatus> CompressedFileSource::status() const {
  std::vector<FileTargetStatus> out;
  for (const auto& target : targets_) {
    FileTargetStatus& status = out.emplace_back();
    status.labels = target->config.labels;
    status.discovered = target->config.discovered;
    status.path = target->config.path;
    for (const auto& [path, file] : target->files) status.files.push_back(file->status());
  }
  return out;
}

}  // namespace tailrace
