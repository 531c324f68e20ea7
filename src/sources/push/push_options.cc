#include "sources/push/push_options.h"

namespace tailrace {

PushOptions read_push_options(const ConfigNode& node) {
  node.strict({"server", "labels", "use_incoming_timestamp", "max_send_msg_size"});
  PushOptions options;
  read(node.get("server"), options.server);
  node.read("labels", options.labels);
  node.read("use_incoming_timestamp", options.use_incoming_timestamp);
  std::int64_t bytes = 0;
  node.read("max_send_msg_size", bytes);
  if (bytes < 0) node.error("max_send_msg_size", "must not be negative");
  if (bytes > 0) options.body_bytes_max = static_cast<std::size_t>(bytes);
  return options;
}

}  // namespace tailrace
