// What the store counts: tailrace_store_*.
#pragma once

#include <map>
#include <string>

#include "store/store_options.h"
#include "telemetry/metrics.h"

namespace tailrace {

struct StoreMetrics {
  StoreMetrics(Metrics& metrics, const StoreOptions& options);

  Counter lines;
  Counter line_bytes;
  Counter duplicates;
  Counter commits;
  Histogram commit_seconds;
  Counter chunks;
  Counter chunk_bytes;   // uncompressed
  Counter stored_bytes;  // compressed
  Counter flush_failures;
  Gauge head_bytes;
  Gauge head_runs;
  Gauge streams;
  Gauge waiting_bytes;
  Gauge disk_bytes;
  Gauge days;
  Counter days_deleted;
  Counter damaged_chunks;
  Counter damaged_pushes;
  Counter damaged_days;
  Counter damaged_inboxes;
  Counter scanned_bytes;
  Counter scanned_lines;
  Gauge tails;
  Counter tail_dropped;

  // Lines that were not taken, by reason.
  void discarded(const std::string& reason, std::size_t lines);
  // Whole pushes, by reason.
  void refused(const std::string& reason);

 private:
  Metrics& metrics_;
};

}  // namespace tailrace
