// StdinSource: lines of standard input, through one pipeline (-stdin). promtail-compat,
// section 17.1.
//
// White space at line ends (\r, \n) is trimmed, empty lines are skipped, a last line without
// newline counts. There is no position: what is read cannot be read again.
#pragma once

#include <boost/asio/posix/stream_descriptor.hpp>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/lifetime.h"
#include "model/label_set.h"
#include "sources/source.h"

namespace tailrace {

class StdinSource final : public Source, private Reader {
 public:
  // Reads `fd`, which stays open. `on_end` is called once when everything was handed to the
  // pipeline.
  StdinSource(SourceContext& context, int fd, const Labels& labels, std::function<void()> on_end);
  ~StdinSource() override;

  Result<void> start() override;
  void stop() override;
  bool settled() override { return true; }
  bool ready() const override { return !ended_; }
  std::vector<SourceStatus> status() const override;

 private:
  // A line that goes on for longer is handed on in pieces of this size.
  static constexpr std::size_t kLineBytesMax = std::size_t{16} << 20;

  Step step() override;
  void wait();
  void hand_on(std::string_view bytes);
  void accept(std::string_view line);
  void end();

  SourceContext& context_;
  const int fd_;
  LabelSetRef stream_;
  std::function<void()> on_end_;
  boost::asio::posix::stream_descriptor descriptor_;
  int flags_ = 0;           // of the descriptor, as we found them
  std::string unfinished_;  // the beginning of a line
  std::int64_t timestamp_ns_ = 0;
  bool ended_ = false;
  Lifetime lifetime_;
};

}  // namespace tailrace
