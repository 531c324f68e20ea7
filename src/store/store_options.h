// Options of the embedded store: the section `store:` of the configuration. Without the section
// there is none.
#pragma once

#include <cstdint>
#include <string>

#include "config/config_node.h"

namespace tailrace {

struct StoreOptions {
  std::string path = "data/store";
  std::int64_t retention_ns = std::int64_t{168} * 3600 * 1'000'000'000;  // whole days; 0: for ever
  std::uint64_t max_bytes = 0;              // on disk; the oldest day goes first; 0: no limit
  std::uint64_t free_bytes_min = 64 << 20;  // pushes are refused while the disk has less

  // What a push may bring. Like Loki's, kinder by default.
  std::uint64_t push_bytes_max = 64 << 20;  // uncompressed
  std::uint64_t line_bytes_max = 1 << 20;   // longer lines are cut
  std::size_t labels_max = 15;              // of a stream
  std::size_t label_name_bytes_max = 1024;
  std::size_t label_value_bytes_max = 2048;
  std::size_t metadata_pairs_max = 128;  // of a line
  std::uint64_t metadata_bytes_max = 64 << 10;
  std::size_t streams_max = 100'000;  // written to at the same time
  std::int64_t creation_grace_ns = std::int64_t{600} * 1'000'000'000;  // how far ahead of our clock
  bool discover_service_name = true;
  bool discover_log_levels = true;

  // Queries.
  std::int64_t query_timeout_ns = std::int64_t{60} * 1'000'000'000;
  std::uint64_t query_bytes_max = 0;     // read by one query, uncompressed; 0: no limit
  std::int64_t query_length_max_ns = 0;  // 0: no limit
  std::size_t entries_max = 5000;        // lines of an answer
  std::size_t series_max = 500;
  std::size_t queries_max = 0;  // at a time; 0: as many as processors
  std::size_t tails_max = 10;

  // How it works; no need to change these.
  std::uint64_t chunk_bytes = 1 << 20;       // of lines in a full chunk
  std::uint64_t head_bytes_max = 32 << 20;   // lines in memory that are not in chunks yet
  std::uint64_t inbox_bytes_max = 48 << 20;  // pushes on disk that are not in chunks yet
  std::int64_t chunk_age_ns = std::int64_t{1800} * 1'000'000'000;
  std::uint64_t waiting_bytes_max =
      32 << 20;               // pushes that are not committed yet; more are refused with 429
  int compression_level = 3;  // zstd's
  std::size_t threads = 0;  // for decoding, compression and scans; 0: as many as processors, 2 to 4
};

// Reads the section. Listener keys (http_listen_address and the like) are read beside it, see
// StoreServiceOptions.
void read(const ConfigNode& node, StoreOptions& options);
// The names of all keys read here.
const std::vector<std::string_view>& store_option_keys();

}  // namespace tailrace
