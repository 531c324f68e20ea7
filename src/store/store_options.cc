#include "store/store_options.h"

namespace tailrace {
namespace {

void read_size(const ConfigNode& node, std::string_view key, std::uint64_t& out,
               std::uint64_t least) {
  ByteSize value{out};
  node.read(key, value);
  if (value.bytes < least && value.bytes != out)
    node.error(key, "must be at least " + std::to_string(least) + " bytes");
  out = value.bytes;
}

void read_count(const ConfigNode& node, std::string_view key, std::size_t& out,
                std::int64_t least) {
  auto value = static_cast<std::int64_t>(out);
  node.read(key, value);
  if (value < least) return node.error(key, "must be at least " + std::to_string(least));
  out = static_cast<std::size_t>(value);
}

void read_duration(const ConfigNode& node, std::string_view key, std::int64_t& out,
                   std::int64_t least) {
  PrometheusDuration value{out};
  node.read(key, value);
  if (value.ns < least)
    return node.error(key, least == 0 ? "must not be negative" : "is too short");
  out = value.ns;
}

}  // namespace

const std::vector<std::string_view>& store_option_keys() {
  static const std::vector<std::string_view> keys = {"path",
                                                     "retention",
                                                     "max_bytes",
                                                     "min_free_bytes",
                                                     "max_push_bytes",
                                                     "max_line_size",
                                                     "max_label_names_per_series",
                                                     "max_label_name_length",
                                                     "max_label_value_length",
                                                     "max_structured_metadata_entries_count",
                                                     "max_structured_metadata_size",
                                                     "max_streams",
                                                     "creation_grace_period",
                                                     "discover_service_name",
                                                     "discover_log_levels",
                                                     "query_timeout",
                                                     "max_query_bytes_read",
                                                     "max_query_length",
                                                     "max_entries_limit_per_query",
                                                     "max_query_series",
                                                     "max_concurrent_queries",
                                                     "max_concurrent_tails",
                                                     "chunk_bytes",
                                                     "max_head_bytes",
                                                     "max_inbox_bytes",
                                                     "chunk_age",
                                                     "max_waiting_bytes",
                                                     "compression_level",
                                                     "threads"};
  return keys;
}

void read(const ConfigNode& node, StoreOptions& options) {
  node.read("path", options.path);
  if (options.path.empty()) node.error("path", "must name a directory");
  read_duration(node, "retention", options.retention_ns, 0);
  read_size(node, "max_bytes", options.max_bytes, 0);
  read_size(node, "min_free_bytes", options.free_bytes_min, 0);
  read_size(node, "max_push_bytes", options.push_bytes_max, 1 << 16);
  read_size(node, "max_line_size", options.line_bytes_max, 16);
  read_count(node, "max_label_names_per_series", options.labels_max, 1);
  read_count(node, "max_label_name_length", options.label_name_bytes_max, 1);
  read_count(node, "max_label_value_length", options.label_value_bytes_max, 1);
  read_count(node, "max_structured_metadata_entries_count", options.metadata_pairs_max, 0);
  read_size(node, "max_structured_metadata_size", options.metadata_bytes_max, 0);
  read_count(node, "max_streams", options.streams_max, 1);
  read_duration(node, "creation_grace_period", options.creation_grace_ns, 0);
  node.read("discover_service_name", options.discover_service_name);
  node.read("discover_log_levels", options.discover_log_levels);
  read_duration(node, "query_timeout", options.query_timeout_ns, 1'000'000);
  read_size(node, "max_query_bytes_read", options.query_bytes_max, 0);
  read_duration(node, "max_query_length", options.query_length_max_ns, 0);
  read_count(node, "max_entries_limit_per_query", options.entries_max, 1);
  read_count(node, "max_query_series", options.series_max, 1);
  read_count(node, "max_concurrent_queries", options.queries_max, 0);
  read_count(node, "max_concurrent_tails", options.tails_max, 0);
  read_size(node, "chunk_bytes", options.chunk_bytes, 1 << 14);
  if (options.chunk_bytes > 64 << 20) node.error("chunk_bytes", "must be at most 64MB");
  read_size(node, "max_head_bytes", options.head_bytes_max, 1 << 16);
  read_size(node, "max_inbox_bytes", options.inbox_bytes_max, 1 << 16);
  read_duration(node, "chunk_age", options.chunk_age_ns, 1'000'000'000);
  read_size(node, "max_waiting_bytes", options.waiting_bytes_max, 1 << 16);
  std::int64_t level = options.compression_level;
  node.read("compression_level", level);
  if (level < 1 || level > 19) node.error("compression_level", "must be from 1 to 19");
  options.compression_level = static_cast<int>(level);
  read_count(node, "threads", options.threads, 0);
  if (options.threads > 64) node.error("threads", "must be at most 64");
}

}  // namespace tailrace
