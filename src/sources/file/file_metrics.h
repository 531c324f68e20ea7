// Promtail's metrics of one tailed file, and ours. Its series vanish when its tailer ends.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "telemetry/metrics.h"

namespace tailrace {

class FileMetrics {
 public:
  FileMetrics(Metrics& metrics, const std::string& path);
  FileMetrics(const FileMetrics&) = delete;
  FileMetrics& operator=(const FileMetrics&) = delete;
  ~FileMetrics();

  void read(std::uint64_t lines, std::uint64_t offset);
  void size(std::uint64_t bytes);
  // Bytes that are in the file but not acknowledged.
  void lag(std::uint64_t bytes);

 private:
  Metrics& metrics_;
  const MetricLabels labels_;
  Counter lines_;
  Gauge offset_;
  Gauge size_;
  Gauge lag_;
};

// What happened to files, all together; and the series of each path.
class FileSourceMetrics {
 public:
  // `metrics` outlives this.
  explicit FileSourceMetrics(Metrics& metrics);

  // The series of a path. Two tailers of one path (two jobs, say) share them.
  std::shared_ptr<FileMetrics> of(const std::string& path);

  Gauge files_active;
  Counter rotations;
  Counter truncations;
  Counter truncated_bytes;  // at least so many bytes were cut off before they were read
  Counter lines_cut;        // lines longer than what one line may take

 private:
  Metrics& metrics_;
  static constexpr std::size_t kSweepAtMin = 1024;
  std::map<std::string, std::weak_ptr<FileMetrics>> series_;
  std::size_t sweep_at_ = kSweepAtMin;
};

}  // namespace tailrace
