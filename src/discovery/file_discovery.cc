#include "discovery/file_discovery.h"

#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <set>

#include "base/file.h"
#include "base/glob.h"
#include "base/path.h"
#include "base/text.h"
#include "discovery/target_groups.h"
#include "net/await.h"
#include "telemetry/log.h"

namespace tailrace {
namespace {

constexpr std::size_t kFileBytesMax = std::size_t{64} << 20;

bool has_ending(std::string_view path, std::string_view ending) {
  return path.size() > ending.size() &&
         equals_ignoring_case(path.substr(path.size() - ending.size()), ending);
}

// What Prometheus asks of a pattern: a known ending, and stars in the last element only.
std::string_view problem_of(std::string_view pattern) {
  if (!has_ending(pattern, ".json") && !has_ending(pattern, ".yml") &&
      !has_ending(pattern, ".yaml")) {
    return "must end in .json, .yml or .yaml";
  }
  if (path_directory(pattern).find('*') != std::string_view::npos)
    return "a * may stand in the last element only";
  return {};
}

std::string stamp_of(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return {};
  return std::to_string(status.st_ino) + " " + std::to_string(status.st_size) + " " +
         std::to_string(status.st_mtim.tv_sec) + "." + std::to_string(status.st_mtim.tv_nsec);
}

Result<std::vector<TargetGroup>> read_groups(const std::string& path, const std::string& text) {
  return has_ending(path, ".json") ? parse_target_groups_json(path, text)
                                   : parse_target_groups_yaml(path, text);
}

// Groups without targets take back what a file gave: those from `begin` on.
void remove_groups(const std::string& path, std::size_t begin, std::size_t end,
                   std::vector<TargetGroup>& changed) {
  for (std::size_t i = begin; i < end; ++i) {
    changed.push_back({.source = path + ":" + std::to_string(i), .targets = {}, .labels = {}});
  }
}

}  // namespace

std::vector<FileSdOptions> read_file_sd_configs(const ConfigNode& list) {
  std::vector<FileSdOptions> out;
  for (const ConfigNode& node : list.items()) {
    node.strict({"files", "refresh_interval"});
    FileSdOptions options;
    const bool read = node.read("files", options.files);
    node.read("refresh_interval", options.refresh_interval);
    if (read && options.files.empty()) node.error("files", "needs at least one path");
    if (options.refresh_interval.ns <= 0)
      node.error("refresh_interval", "must be more than 0, such as 5m");
    const std::vector<ConfigNode> items =
        node.get("files").is_list() ? node.get("files").items() : std::vector<ConfigNode>();
    for (std::size_t i = 0; read && i < items.size(); ++i) {
      const std::string_view problem = problem_of(options.files[i]);
      if (!problem.empty()) items[i].error(std::string(problem));
    }
    out.push_back(std::move(options));
  }
  return out;
}

std::vector<TargetGroup> FileDiscovery::refresh(bool read_all) {
  std::set<std::string> present;
  for (const std::string& pattern : options_.files) {
    Result<std::vector<std::string>> paths = expand_glob(pattern);
    if (!paths) continue;  // said once, when the task began
    present.insert(paths->begin(), paths->end());
  }
  std::vector<TargetGroup> changed;
  for (const std::string& path : present) refresh_file(path, known_[path], read_all, changed);
  for (auto file = known_.begin(); file != known_.end();) {
    if (present.count(file->first) > 0) {
      ++file;
      continue;
    }
    remove_groups(file->first, 0, file->second.groups, changed);
    file = known_.erase(file);
  }
  return changed;
}

void FileDiscovery::refresh_file(const std::string& path, KnownFile& file, bool read_all,
                                 std::vector<TargetGroup>& changed) {
  std::string stamp = stamp_of(path);
  if (!read_all && stamp == file.stamp) return;
  const Result<std::string> text = read_file(path, kFileBytesMax);
  if (!text) {
    if (stamp != file.stamp)
      log::warn("file_sd: cannot read", {{"file", path}, {"error", text.error().text()}});
    file.stamp = std::move(stamp);
    return;
  }
  // Somebody who rewrites a file in place empties it first: believe it only when it is still empty
  // at the next look.
  const bool is_blank = trim_space(*text).empty();
  if (is_blank && file.groups > 0 && !file.was_blank) {
    file.was_blank = true;
    return;
  }
  file.was_blank = is_blank;
  Result<std::vector<TargetGroup>> groups = read_groups(path, *text);
  if (!groups) {
    if (stamp != file.stamp) {
      log::warn("file_sd: targets stay as they were",
                {{"file", path}, {"error", groups.error().text()}});
    }
    file.stamp = std::move(stamp);
    return;
  }
  file.stamp = std::move(stamp);
  for (TargetGroup& group : *groups) {
    group.labels.set("__meta_filepath", path);
    changed.push_back(std::move(group));
  }
  remove_groups(path, groups->size(), file.groups, changed);
  file.groups = groups->size();
}

awaitable<void> FileDiscovery::run(const Yield& yield) {
  for (const std::string& pattern : options_.files) {
    const Result<std::vector<std::string>> paths = expand_glob(pattern);
    if (!paths) log::error("file_sd: bad pattern", {{"error", paths.error().text()}});
  }
  const Executor executor = co_await asio::this_coro::executor;
  asio::steady_timer timer(executor);
  const auto refresh_interval = std::chrono::nanoseconds(options_.refresh_interval.ns);
  const auto poll = std::min(std::chrono::nanoseconds(options_.poll_ns), refresh_interval);
  auto read_all_at = std::chrono::steady_clock::now();
  for (;;) {
    const auto now = std::chrono::steady_clock::now();
    const bool read_all = now >= read_all_at;
    if (read_all) read_all_at = now + refresh_interval;
    std::vector<TargetGroup> changed = refresh(read_all);
    if (!changed.empty()) yield(std::move(changed));
    timer.expires_after(poll);
    const auto [error] = co_await timer.async_wait(kAwait);
    if (error) co_return;
  }
}

}  // namespace tailrace
