#include "sources/decompress/decompress_options.h"

namespace tailrace {

DecompressOptions read_decompress_options(const ConfigNode& node) {
  DecompressOptions options;
  if (node.empty()) return options;
  node.strict({"enabled", "initial_delay", "format"});
  node.read("enabled", options.enabled);
  GoDuration delay;
  node.read("initial_delay", delay);
  options.initial_delay_ns = delay.ns;
  if (delay.ns < 0) node.error("initial_delay", "must not be negative");
  std::string format;
  node.read("format", format);
  if (format == "gz") {
    options.format = CompressionFormat::kGzip;
  } else if (format == "bz2") {
    options.format = CompressionFormat::kBzip2;
  } else if (format == "z") {
    options.format = CompressionFormat::kZlib;
  } else if (options.enabled || !format.empty()) {
    node.error("format", "decompression needs a format: gz, bz2 or z");
  }
  return options;
}

}  // namespace tailrace
