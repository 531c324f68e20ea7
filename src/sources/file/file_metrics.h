// Promtail's metrics of one tailed file, and ours. Its series vanish when its tailer ends.
#pragma once

#include <cstdint>
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

// What happened to files, all together.
struct FileSourceMetrics {
  explicit FileSourceMetrics(Metrics& metrics);
  Gauge files_active;
  Counter rotations;
  Counter truncations;
  Counter truncated_bytes;  // at least so many bytes were cut off before they were read
  Counter lines_cut;        // lines longer than what one line may take
};

}  // namespace tailrace
