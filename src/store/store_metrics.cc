#include "store/store_metrics.h"

namespace tailrace {

StoreMetrics::StoreMetrics(Metrics& metrics, const StoreOptions& options) : metrics_(metrics) {
  lines = metrics.counter("tailrace_store_lines_total", "Lines stored.");
  line_bytes = metrics.counter("tailrace_store_line_bytes_total",
                               "Bytes of lines and their metadata stored.");
  duplicates =
      metrics.counter("tailrace_store_duplicate_lines_total",
                      "Lines that were there already: same stream, time, text and metadata.");
  commits = metrics.counter("tailrace_store_commits_total", "Commits of pushes to the disk.");
  commit_seconds =
      metrics.histogram("tailrace_store_commit_seconds", "How long a commit of pushes took.", {},
                        {.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5});
  chunks = metrics.counter("tailrace_store_chunks_total", "Chunks written.");
  chunk_bytes =
      metrics.counter("tailrace_store_chunk_bytes_total", "Bytes in chunks written, uncompressed.");
  stored_bytes = metrics.counter("tailrace_store_chunk_stored_bytes_total",
                                 "Bytes in chunks written, compressed.");
  flush_failures = metrics.counter("tailrace_store_flush_failures_total",
                                   "Chunks that could not be written; tried again.");
  head_bytes = metrics.gauge("tailrace_store_head_bytes",
                             "Bytes of lines in memory that are in no chunk yet.");
  head_runs = metrics.gauge("tailrace_store_head_runs", "Streams and days with lines in memory.");
  streams = metrics.gauge("tailrace_store_streams", "Streams known.");
  waiting_bytes =
      metrics.gauge("tailrace_store_waiting_bytes", "Bytes of pushes that wait for their commit.");
  disk_bytes = metrics.gauge("tailrace_store_disk_bytes", "Size of the store's files.");
  days = metrics.gauge("tailrace_store_days", "Days with chunks.");
  days_deleted = metrics.counter("tailrace_store_days_deleted_total",
                                 "Days deleted by retention or max_bytes.");
  constexpr const char* kDamaged = "Parts that were found damaged and are left out.";
  damaged_chunks = metrics.counter("tailrace_store_damaged_total", kDamaged, {{"part", "chunk"}});
  damaged_pushes = metrics.counter("tailrace_store_damaged_total", kDamaged, {{"part", "push"}});
  damaged_days = metrics.counter("tailrace_store_damaged_total", kDamaged, {{"part", "day"}});
  damaged_inboxes = metrics.counter("tailrace_store_damaged_total", kDamaged, {{"part", "inbox"}});
  scanned_bytes = metrics.counter("tailrace_store_scanned_bytes_total",
                                  "Bytes looked at by queries, uncompressed.");
  scanned_lines = metrics.counter("tailrace_store_scanned_lines_total",
                                  "Lines in blocks looked at by queries.");
  tails = metrics.gauge("tailrace_store_tails", "Live tails now.");
  tail_dropped = metrics.counter("tailrace_store_tail_dropped_lines_total",
                                 "Lines that slow live tails missed.");

  const auto limit = [&](const char* name, double value) {
    metrics.gauge("tailrace_store_limit", "Configured limits; 0: none.", {{"limit", name}})
        .set(value);
  };
  limit("retention_seconds", static_cast<double>(options.retention_ns) / 1e9);
  limit("max_bytes", static_cast<double>(options.max_bytes));
  limit("min_free_bytes", static_cast<double>(options.free_bytes_min));
  limit("max_push_bytes", static_cast<double>(options.push_bytes_max));
  limit("max_line_size", static_cast<double>(options.line_bytes_max));
  limit("max_label_names_per_series", static_cast<double>(options.labels_max));
  limit("max_label_name_length", static_cast<double>(options.label_name_bytes_max));
  limit("max_label_value_length", static_cast<double>(options.label_value_bytes_max));
  limit("max_structured_metadata_entries_count", static_cast<double>(options.metadata_pairs_max));
  limit("max_structured_metadata_size", static_cast<double>(options.metadata_bytes_max));
  limit("creation_grace_period_seconds", static_cast<double>(options.creation_grace_ns) / 1e9);
  limit("max_streams", static_cast<double>(options.streams_max));
  limit("max_waiting_bytes", static_cast<double>(options.waiting_bytes_max));
  limit("max_head_bytes", static_cast<double>(options.head_bytes_max));
  limit("max_inbox_bytes", static_cast<double>(options.inbox_bytes_max));
  limit("query_timeout_seconds", static_cast<double>(options.query_timeout_ns) / 1e9);
  limit("max_query_bytes_read", static_cast<double>(options.query_bytes_max));
  limit("max_query_length_seconds", static_cast<double>(options.query_length_max_ns) / 1e9);
  limit("max_entries_limit_per_query", static_cast<double>(options.entries_max));
  limit("max_query_series", static_cast<double>(options.series_max));
  limit("max_concurrent_queries", static_cast<double>(options.queries_max));
  limit("max_concurrent_tails", static_cast<double>(options.tails_max));
}

void StoreMetrics::discarded(const std::string& reason, std::size_t count) {
  metrics_
      .counter("tailrace_store_discarded_lines_total", "Lines refused, by reason.",
               {{"reason", reason}})
      .add(static_cast<double>(count));
}

void StoreMetrics::refused(const std::string& reason) {
  metrics_
      .counter("tailrace_store_refused_pushes_total", "Pushes refused as a whole, by reason.",
               {{"reason", reason}})
      .add();
}

}  // namespace tailrace
