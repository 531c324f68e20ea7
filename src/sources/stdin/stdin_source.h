// StdinSource: standard input through a pipeline, until its end. For `-stdin`.
//
// It is read on a thread of its own, one piece at a time and only when the shard asks, since
// reading a terminal or a pipe blocks and making it non-blocking would do so for everybody who
// shares it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/file.h"
#include "config/config_node.h"
#include "net/io_thread.h"
#include "net/spawn.h"
#include "sources/room_gate.h"
#include "sources/source.h"

namespace tailrace {

// The labels of its lines: those of all `static_configs` of a scrape config, merged in order, also
// those that begin with "__" (this is how Promtail does it). Without a scrape config (absent):
// job="stdin" and hostname.
Labels stdin_labels(const ConfigNode& static_configs, const std::string& hostname);

class StdinSource final : public Source {
 public:
  // A longer line is cut into pieces of this.
  static constexpr std::size_t kLineBytesMax = std::size_t{16} << 20;

  // `at_end` is called on the shard once the last line has been handed on. `fd` stays open.
  StdinSource(SourceContext& context, Labels labels, std::function<void()> at_end, int fd = 0);
  ~StdinSource() override;

  Result<void> start() override;
  void stop() override;
  bool settled() override { return tasks_.size() == 0; }
  bool ready() const override { return true; }
  std::vector<SourceStatus> status() const override;

 private:
  struct Piece;
  awaitable<void> run();
  void hand_on(bool at_end);

  SourceContext& context_;
  const int fd_;
  const std::function<void()> at_end_;
  RoomGate gate_;
  LabelSetRef stream_;
  Counter lines_;
  std::string text_;  // from the beginning of a line
  bool stopping_ = false;
  Fd wake_;  // ends a wait of the thread
  TaskGroup tasks_;
  IoThread thread_;
};

}  // namespace tailrace
