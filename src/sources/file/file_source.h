// FileSource: the files of one scrape config.
//
// Targets (globs with labels) come from discovery; at every sync, and whenever a directory with
// matches gets a new name, their globs become tailers. A file that is gone stays until it is read
// and acknowledged, then its position is forgotten.
//
// A sync looks at everything only if something may have changed. When all files rest, events tell
// all that happens to them and the directories are as they were when they were read, it looks at
// the directories alone: memory that is touched once in ten seconds is cold everywhere, and on some
// virtual machines each such page costs a tenth of a millisecond. kLookAnywayNs bounds what an
// event that never came could cost.
//
// A rotated file whose new name the glob matches too (`*.log*`) is not read again: it belongs to
// the tailer that has it open, and gets one of its own, at the end, when that one is done with it.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/glob.h"
#include "base/lifetime.h"
#include "base/path_stamps.h"
#include "model/target.h"
#include "sources/file/tailer.h"

namespace tailrace {

struct FileSourceOptions {
  std::string job_name;
  std::int64_t sync_period_ns = 10 * kNsPerSecond;
  // Files that cannot be watched are looked at this often; the rest every kSlowPollNs, and those
  // that rest with each sync.
  std::int64_t poll_ns = 250 * kNsPerMs;
};

// For the agent's pages and the explorer.
struct FileTargetStatus {
  Labels labels;
  Labels discovered;
  std::string path;
  std::vector<TailedFile> files;
};

class FileSource final : private DirectoryListener {
 public:
  static constexpr std::int64_t kSlowPollNs = 2 * kNsPerSecond;
  static constexpr std::int64_t kLookAnywayNs = 300 * kNsPerSecond;

  // `context` outlives the source.
  FileSource(TailContext& context, FileSourceOptions options);
  ~FileSource();
  FileSource(const FileSource&) = delete;
  FileSource& operator=(const FileSource&) = delete;

  // Replaces the targets; unchanged ones go on undisturbed. Globs that do not compile are logged
  // and left out.
  void set_targets(std::vector<FileTarget> targets);
  // Tells the book where the tailers are that have moved.
  void publish();
  // No further reading. Positions can still be published as deliveries come in.
  void stop();

  // Some target tails at least one file.
  bool ready() const;
  // How often all files were looked at; for tests.
  std::uint64_t looks() const noexcept { return looks_; }
  std::vector<FileTargetStatus> status() const;

 private:
  struct Target {
    FileTarget config;
    std::optional<Glob> include;  // absent: the path is no pattern, only a name
    std::optional<Glob> exclude;
    std::map<std::string, std::unique_ptr<Tailer>> tailers;  // by path
    PathStamps stamps;      // of when the pattern was last expanded
    bool complete = false;  // then each file that it named had its tailer
    bool takes(const std::string& path) const;
  };

  void on_created(const std::string& directory, std::string_view name, bool is_directory) override;
  void on_gone(const std::string& path, const std::string& now_at) override;
  void on_lost() override;

  void sync();
  void look_at_all();
  void sync(Target& target);
  bool nothing_moved() const;
  void sync_soon();
  void watch(const std::string& directory);
  void start_tailer(Target& target, const std::string& path);
  bool belongs_to_other(Target& target, const std::string& path, FileId id) const;
  std::optional<GenerationRecord> finished_elsewhere(FileId id) const;
  void poll();
  void arm_sync();
  void arm_poll();

  TailContext& context_;
  const FileSourceOptions options_;
  std::vector<std::unique_ptr<Target>> targets_;
  std::vector<Target> retiring_;  // taken away, but their reads are not settled
  boost::asio::steady_timer sync_timer_;
  boost::asio::steady_timer soon_timer_;
  boost::asio::steady_timer poll_timer_;
  bool poll_armed_ = false;
  bool all_rest_ = false;  // and events tell all
  std::int64_t looked_ns_ = 0;
  std::uint64_t looks_ = 0;
  std::int64_t slow_poll_due_ns_ = 0;
  bool sync_soon_armed_ = false;
  bool stopped_ = false;
  std::size_t files_counted_ = 0;
  std::map<std::string, std::int64_t>
      warned_;  // paths that could not be opened, with the time of the warning
  Lifetime lifetime_;
};

}  // namespace tailrace
