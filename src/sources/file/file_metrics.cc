#include "sources/file/file_metrics.h"

#include <algorithm>

namespace tailrace {
namespace {

constexpr const char* kLines = "promtail_read_lines_total";
constexpr const char* kOffset = "promtail_read_bytes_total";
constexpr const char* kSize = "promtail_file_bytes_total";
constexpr const char* kLag = "tailrace_file_lag_bytes";

}  // namespace

FileMetrics::FileMetrics(Metrics& metrics, const std::string& path)
    : metrics_(metrics),
      labels_{{"path", path}},
      lines_(metrics.counter(kLines, "Number of lines read.", labels_)),
      offset_(metrics.gauge(kOffset, "Number of bytes read: the offset in the file.", labels_)),
      size_(metrics.gauge(kSize, "Size of the file.", labels_)),
      lag_(metrics.gauge(kLag, "Bytes of the file that Loki has not acknowledged.", labels_)) {}

FileMetrics::~FileMetrics() {
  for (const char* name : {kLines, kOffset, kSize, kLag}) metrics_.remove(name, labels_);
}

void FileMetrics::read(std::uint64_t lines, std::uint64_t offset) {
  lines_.add(static_cast<double>(lines));
  offset_.set(static_cast<double>(offset));
}

void FileMetrics::size(std::uint64_t bytes) { size_.set(static_cast<double>(bytes)); }
void FileMetrics::lag(std::uint64_t bytes) { lag_.set(static_cast<double>(bytes)); }

FileSourceMetrics::FileSourceMetrics(Metrics& metrics)
    : files_active(metrics.gauge("promtail_files_active_total", "Number of active files.")),
      rotations(metrics.counter("tailrace_file_rotations_total",
                                "Another file took the place of a tailed one.")),
      truncations(metrics.counter("tailrace_file_truncations_total",
                                  "A tailed file was cut or rewritten.")),
      truncated_bytes(metrics.counter("tailrace_file_truncated_bytes_total",
                                      "Bytes known to have been cut off before they were read.")),
      lines_cut(metrics.counter("tailrace_file_lines_cut_total",
                                "Lines longer than the most a line may take; they were sent cut.")),
      metrics_(metrics) {}

std::shared_ptr<FileMetrics> FileSourceMetrics::of(const std::string& path) {
  if (series_.size() >= sweep_at_) {
    std::erase_if(series_, [](const auto& entry) { return entry.second.expired(); });
    sweep_at_ = std::max(kSweepAtMin, 2 * series_.size());
  }
  std::weak_ptr<FileMetrics>& known = series_[path];
  std::shared_ptr<FileMetrics> series = known.lock();
  if (!series) known = series = std::make_shared<FileMetrics>(metrics_, path);
  return series;
}

}  // namespace tailrace
