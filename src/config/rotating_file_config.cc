#include "config/rotating_file_config.h"

namespace tailrace {

void read_rotating_file(const ConfigNode& node, RotatingFileOptions& options) {
  node.read("path", options.path);
  ByteSize bytes{options.max_bytes};
  if (node.read("max_bytes", bytes)) options.max_bytes = bytes.bytes;
  node.read("keep", options.keep);
  if (options.max_bytes < 4096) node.error("max_bytes", "must be at least 4096");
  if (options.keep < 1 || options.keep > 1000) node.error("keep", "must be from 1 to 1000");
}

}  // namespace tailrace
