// The keys of a log file of ours: path, max_bytes, keep.
#pragma once

#include "base/rotating_file.h"
#include "config/config_node.h"

namespace tailrace {

// Reads the keys that are there; the node may have others. Errors: sizes below 4096 bytes, keep
// outside 1 to 1000.
void read_rotating_file(const ConfigNode& node, RotatingFileOptions& options);

}  // namespace tailrace
