#include "sources/file/file_source.h"

#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <set>
#include <utility>

#include "base/path.h"
#include "telemetry/log.h"

namespace tailrace {
namespace {

constexpr std::int64_t kSyncSoonNs = 200 * kNsPerMs;
constexpr std::int64_t kWarnAgainNs = 600 * kNsPerSecond;

// The directory that all matches of a pattern are below: what stands in front of the first
// wildcard.
std::string literal_directory(const std::string& pattern) {
  const std::string fixed = pattern.substr(0, pattern.find_first_of("*?[{\\"));
  return fixed.find('/') == std::string::npos ? std::string() : std::string(path_directory(fixed));
}

std::optional<FileId> id_of(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  return FileId{status.st_dev, status.st_ino};
}

}  // namespace

FileSource::FileSource(TailContext& context, FileSourceOptions options)
    : context_(context),
      options_(std::move(options)),
      sync_timer_(context.shard.executor),
      soon_timer_(context.shard.executor),
      poll_timer_(context.shard.executor) {
  context_.on_activity = [this] {
    all_rest_ = false;
    if (!poll_armed_) arm_poll();
  };
  arm_sync();
}

FileSource::~FileSource() {
  context_.on_activity = nullptr;
  context_.watcher.unwatch_directories(*this);
  context_.metrics.files_active.add(-static_cast<double>(files_counted_));
}

bool FileSource::Target::takes(const std::string& path) const {
  const bool included = path == config.path || (include && include->matches(path));
  return included && !(exclude && exclude->matches(path));
}

void FileSource::set_targets(std::vector<FileTarget> targets) {
  std::vector<std::unique_ptr<Target>> old = std::exchange(targets_, {});
  for (FileTarget& config : targets) {
    const auto same = std::find_if(old.begin(), old.end(), [&](const auto& target) {
      return target && target->config == config;
    });
    if (same != old.end()) {
      targets_.push_back(std::move(*same));
      continue;
    }
    auto target = std::make_unique<Target>();
    if (!config.path.starts_with('/')) {
      std::error_code ignored;
      config.path = std::filesystem::absolute(config.path, ignored).lexically_normal().string();
    }
    if (Result<Glob> include = Glob::compile(config.path)) {
      target->include = std::move(*include);
    } else if (!id_of(config.path)) {
      log::error(
          "__path__ is no valid pattern",
          {{"job", options_.job_name}, {"path", config.path}, {"error", include.error().text()}});
      continue;
    }
    if (!config.path_exclude.empty()) {
      if (Result<Glob> exclude = Glob::compile(config.path_exclude)) {
        target->exclude = std::move(*exclude);
      } else {
        log::error("__path_exclude__ is no valid pattern", {{"job", options_.job_name},
                                                            {"path", config.path_exclude},
                                                            {"error", exclude.error().text()}});
      }
    }
    target->config = std::move(config);
    targets_.push_back(std::move(target));
  }
  for (const std::unique_ptr<Target>& target : old) {
    if (!target) continue;
    for (auto& [path, tailer] : target->tailers) tailer->leave(false);
    retiring_.push_back(std::move(*target));
  }
  all_rest_ = false;
  sync();
}

void FileSource::sync() {
  if (stopped_ || nothing_moved()) return;
  context_.watcher.catch_up();
  look_at_all();
}

bool FileSource::nothing_moved() const {
  return all_rest_ && context_.shard.clock.monotonic_ns() - looked_ns_ < kLookAnywayNs &&
         std::all_of(targets_.begin(), targets_.end(),
                     [](const auto& target) { return target->stamps.unchanged(); });
}

void FileSource::look_at_all() {
  looked_ns_ = context_.shard.clock.monotonic_ns();
  ++looks_;
  for (const std::unique_ptr<Target>& target : targets_) sync(*target);
  // Targets that were taken away: their reads are still on the way.
  std::erase_if(retiring_, [](Target& target) {
    return std::all_of(target.tailers.begin(), target.tailers.end(),
                       [](auto& entry) { return entry.second->settled(); });
  });
  std::size_t files = 0;
  for (const std::unique_ptr<Target>& target : targets_) files += target->tailers.size();
  context_.metrics.files_active.add(static_cast<double>(files) -
                                    static_cast<double>(files_counted_));
  files_counted_ = files;
  if (!poll_armed_) arm_poll();
}

void FileSource::sync(Target& target) {
  std::vector<std::string> paths;
  target.stamps.clear();
  if (target.include) {
    paths = target.include->expand(&target.stamps);
  } else {
    target.stamps.note_path(target.config.path);
    if (id_of(target.config.path)) paths.push_back(target.config.path);
  }
  if (target.exclude) {
    std::erase_if(paths, [&](const std::string& path) { return target.exclude->matches(path); });
  }
  std::set<std::string> directories;
  if (std::string directory = literal_directory(target.config.path); !directory.empty()) {
    directories.insert(std::move(directory));
  }
  target.complete = true;
  for (const std::string& path : paths) {
    directories.emplace(path_directory(path));
    if (!target.tailers.contains(path)) start_tailer(target, path);
    target.complete = target.complete && target.tailers.contains(path);
  }
  for (const std::string& directory : directories) watch(directory);
  for (auto entry = target.tailers.begin(); entry != target.tailers.end();) {
    Tailer& tailer = *entry->second;
    tailer.look();
    if (tailer.missing() && tailer.finished()) {
      log::info("stopped tailing file", {{"job", options_.job_name}, {"path", tailer.path()}});
      tailer.leave(true);
      entry = target.tailers.erase(entry);
    } else {
      ++entry;
    }
  }
}

// What is not there yet shows in the directory above it.
void FileSource::watch(const std::string& directory) {
  if (context_.watcher.watch_directory(directory, *this) || id_of(directory)) return;
  std::string above = directory;
  while (above.size() > 1 && !id_of(above)) above = std::string(path_directory(above));
  context_.watcher.watch_directory(above, *this);
  if (id_of(directory)) sync_soon();  // it came in between
}

void FileSource::start_tailer(Target& target, const std::string& path) {
  const std::optional<FileId> id = id_of(path);
  if (!id || belongs_to_other(target, path, *id)) return;
  Labels labels = target.config.labels;
  labels.set("filename", path);
  auto tailer = std::make_unique<Tailer>(context_, path, labels);
  // Not asked any more once the target is taken away, as its tailers stop then.
  auto is_target = [&target](const std::string& candidate) { return target.takes(candidate); };
  const Result<void> started = tailer->start(std::move(is_target), finished_elsewhere(*id));
  if (!started) {
    std::int64_t& warned_ns = warned_[path];
    const std::int64_t now_ns = context_.shard.clock.monotonic_ns();
    if (warned_ns == 0 || now_ns - warned_ns > kWarnAgainNs) {
      log::warn("cannot tail file",
                {{"job", options_.job_name}, {"path", path}, {"error", started.error().text()}});
      warned_ns = now_ns;
    }
    return;
  }
  warned_.erase(path);
  log::info("tail routine: started", {{"job", options_.job_name}, {"path", path}});
  target.tailers.emplace(path, std::move(tailer));
}

// The file was renamed from a path that is tailed here, and is not finished there.
bool FileSource::belongs_to_other(Target& target, const std::string& path, FileId id) const {
  for (const auto& [other_path, tailer] : target.tailers) {
    if (other_path == path || !tailer->holds(id)) continue;
    // Two names of one file (a link) are two files to Promtail; a renamed one is not at its old
    // path any more.
    if (id_of(other_path) != id) return true;
  }
  return false;
}

std::optional<GenerationRecord> FileSource::finished_elsewhere(FileId id) const {
  for (const std::unique_ptr<Target>& target : targets_) {
    for (const auto& [path, tailer] : target->tailers) {
      if (std::optional<GenerationRecord> record = tailer->finished_generation(id)) return record;
    }
  }
  return std::nullopt;
}

void FileSource::on_created(const std::string& directory, std::string_view name,
                            bool is_directory) {
  if (stopped_) return;
  if (is_directory) return sync_soon();
  const std::string path = (directory == "/" ? "" : directory) + '/' + std::string(name);
  for (const std::unique_ptr<Target>& target : targets_) {
    const auto known = target->tailers.find(path);
    if (known != target->tailers.end()) {
      known->second->look();
    } else if (target->takes(path)) {
      // A link or a file that cannot be read yet comes with the next sync.
      start_tailer(*target, path);
    }
  }
}

void FileSource::on_gone(const std::string& path, const std::string& now_at) {
  if (stopped_) return;
  for (const std::unique_ptr<Target>& target : targets_) {
    const auto known = target->tailers.find(path);
    if (known == target->tailers.end()) continue;
    if (!now_at.empty()) known->second->on_renamed_to(now_at);
    known->second->look(!now_at.empty());
  }
}

void FileSource::on_lost() {
  log::debug("file notifications were lost, looking at all files", {{"job", options_.job_name}});
  all_rest_ = false;
  sync();
}

void FileSource::sync_soon() {
  if (std::exchange(sync_soon_armed_, true)) return;
  soon_timer_.expires_after(std::chrono::nanoseconds(kSyncSoonNs));
  soon_timer_.async_wait([this, alive = lifetime_.watch()](const boost::system::error_code& error) {
    if (error || !alive()) return;
    sync_soon_armed_ = false;
    sync();
  });
}

void FileSource::arm_sync() {
  sync_timer_.expires_at(next_shared_tick(options_.sync_period_ns));
  sync_timer_.async_wait([this, alive = lifetime_.watch()](const boost::system::error_code& error) {
    if (error || !alive() || stopped_) return;
    sync();
    arm_sync();
  });
}

// Not while all files rest: activity, or the next look at all of them, arms it again.
void FileSource::arm_poll() {
  const std::int64_t now_ns = context_.shard.clock.monotonic_ns();
  bool often = false;
  bool busy = false;
  bool sure = retiring_.empty();
  for (const std::unique_ptr<Target>& target : targets_) {
    sure = sure && target->complete;
    for (const auto& [path, tailer] : target->tailers) {
      often = often || tailer->needs_polling();
      busy = busy || !tailer->resting(now_ns);
      sure = sure && tailer->events_tell_all();
    }
  }
  all_rest_ = sure && !often && !busy;
  if (all_rest_) context_.positions.note_rest();
  poll_armed_ = (often || busy) && !stopped_;
  if (!poll_armed_) return;
  const std::int64_t period_ns = often ? std::min(options_.poll_ns, kSlowPollNs) : kSlowPollNs;
  poll_timer_.expires_after(std::chrono::nanoseconds(period_ns));
  poll_timer_.async_wait([this, alive = lifetime_.watch()](const boost::system::error_code& error) {
    if (error || !alive() || stopped_) return;
    poll();
    arm_poll();
  });
}

void FileSource::poll() {
  context_.watcher.catch_up();
  const std::int64_t now_ns = context_.shard.clock.monotonic_ns();
  const bool all = now_ns >= slow_poll_due_ns_;
  if (all) slow_poll_due_ns_ = now_ns + kSlowPollNs - kNsPerMs;
  for (const std::unique_ptr<Target>& target : targets_) {
    for (auto& [path, tailer] : target->tailers) {
      if (tailer->needs_polling() || (all && !tailer->resting(now_ns))) tailer->look();
      if (all) tailer->publish_if_changed();
    }
  }
}

void FileSource::publish() {
  if (all_rest_) return;
  for (const std::unique_ptr<Target>& target : targets_) {
    for (auto& [path, tailer] : target->tailers) tailer->publish_if_changed();
  }
}

void FileSource::stop() {
  stopped_ = true;
  sync_timer_.cancel();
  soon_timer_.cancel();
  poll_timer_.cancel();
  for (const std::unique_ptr<Target>& target : targets_) {
    for (auto& [path, tailer] : target->tailers) tailer->stop_reading();
  }
}

bool FileSource::ready() const {
  return std::any_of(targets_.begin(), targets_.end(),
                     [](const auto& target) { return !target->tailers.empty(); });
}

std::vector<FileTargetStatus> FileSource::status() const {
  std::vector<FileTargetStatus> out;
  for (const std::unique_ptr<Target>& target : targets_) {
    FileTargetStatus& status = out.emplace_back();
    status.labels = target->config.labels;
    status.discovered = target->config.discovered;
    status.path = target->config.path;
    for (const auto& [path, tailer] : target->tailers) status.files.push_back(tailer->status());
  }
  return out;
}

}  // namespace tailrace
