// The `decompression` block of a scrape config.
#pragma once

#include <cstdint>

#include "config/config_node.h"
#include "sources/decompress/decompressor.h"

namespace tailrace {

struct DecompressOptions {
  bool enabled = false;
  CompressionFormat format = CompressionFormat::kGzip;
  std::int64_t initial_delay_ns = 0;
};

// Problems are recorded at the node. Absent: not enabled.
DecompressOptions read_decompress_options(const ConfigNode& node);

}  // namespace tailrace
