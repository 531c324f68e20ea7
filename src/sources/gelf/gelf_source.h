// GelfSource: takes GELF messages over UDP.
#pragma once

#include <cstdint>
#include <string>

#include "config/config_node.h"
#include "net/spawn.h"
#include "sources/datagram_loop.h"
#include "sources/entry_relabeler.h"
#include "sources/gelf/gelf_chunks.h"
#include "sources/room_gate.h"
#include "sources/source.h"

namespace tailrace {

// The `gelf` block of a scrape config.
struct GelfOptions {
  std::string listen_address = ":12201";
  Labels labels;
  bool use_incoming_timestamp = false;
};
// Problems are recorded at the node.
GelfOptions read_gelf_options(const ConfigNode& node);

class GelfSource final : public Source {
 public:
  GelfSource(SourceContext& context, RelabelConfigs rules, GelfOptions options);
  ~GelfSource() override;

  Result<void> start() override;
  void stop() override;
  bool settled() override { return tasks_.size() == 0; }
  bool ready() const override { return true; }
  std::vector<SourceStatus> status() const override;

  std::uint16_t port() const { return datagrams_.port(); }

 private:
  void take_datagram(std::string_view bytes);
  void hand_on(std::string_view message);

  SourceContext& context_;
  const GelfOptions options_;
  RoomGate gate_;
  EntryRelabeler relabeler_;
  Counter entries_;
  Counter errors_;
  DatagramLoop datagrams_;
  GelfChunks chunks_;
  log::Every complain_;
  TaskGroup tasks_;
};

}  // namespace tailrace
