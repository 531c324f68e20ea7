#include "sources/stdin/stdin_source.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cerrno>

#include "net/await.h"
#include "telemetry/log.h"

namespace tailrace {
namespace {

constexpr std::size_t kPieceBytes = 64 * 1024;

// Waits for bytes, or for `wake`; "" at the end of the input, and when it was woken.
std::string read_piece_blocking(int fd, int wake) {
  std::string piece(kPieceBytes, '\0');
  while (true) {
    pollfd waits[2] = {{fd, POLLIN, 0}, {wake, POLLIN, 0}};
    if (::poll(waits, 2, -1) < 0 && errno != EINTR) return {};
    if (waits[1].revents != 0) return {};
    if (waits[0].revents == 0) continue;
    const ssize_t count = ::read(fd, piece.data(), piece.size());
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    piece.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
    return piece;
  }
}

std::string_view without_line_end(std::string_view line) {
  const std::size_t last = line.find_last_not_of("\r\n");
  return line.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

}  // namespace

Labels stdin_labels(const ConfigNode& static_configs, const std::string& hostname) {
  if (static_configs.absent()) return Labels{{"job", "stdin"}, {"hostname", hostname}};
  Labels merged;
  if (static_configs.empty()) return merged;
  for (const ConfigNode& group : static_configs.items()) {
    Labels labels;
    group.read("labels", labels);
    merged.merge(labels);
  }
  return merged;
}

// One question to the thread and its answer; shared by it and the shard.
struct StdinSource::Piece {
  explicit Piece(const Executor& executor) : bell(executor) {
    bell.expires_at(asio::steady_timer::time_point::max());
  }
  asio::steady_timer bell;
  std::string bytes;
  bool here = false;
};

StdinSource::StdinSource(SourceContext& context, Labels labels, std::function<void()> at_end,
                         int fd)
    : context_(context),
      fd_(fd),
      at_end_(std::move(at_end)),
      gate_(context.shard, context.scheduler, context.pipeline),
      stream_(context.shard.interner.intern(labels)),
      lines_(context.shard.metrics.counter("tailrace_stdin_lines_total",
                                           "Lines read from standard input.")),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      tasks_(context.shard.executor),
      thread_("stdin") {}

StdinSource::~StdinSource() { stop(); }

Result<void> StdinSource::start() {
  tasks_.spawn("standard input", run());
  return {};
}

void StdinSource::stop() {
  stopping_ = true;
  gate_.close();
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wake_.get(), &one, sizeof one);
  tasks_.cancel();
}

awaitable<void> StdinSource::run() {
  const Executor executor = context_.shard.executor;
  bool ended = false;
  while (!ended && !stopping_) {
    const bool may_read = co_await gate_.wait();
    if (!may_read) co_return;
    const auto piece = std::make_shared<Piece>(executor);
    thread_.post([piece, executor, fd = fd_, wake = wake_.get()] {
      std::string bytes = read_piece_blocking(fd, wake);
      asio::post(executor, [piece, bytes = std::move(bytes)]() mutable {
        piece->bytes = std::move(bytes);
        piece->here = true;
        piece->bell.cancel();
      });
    });
    if (!piece->here) {
      [[maybe_unused]] auto [error] = co_await piece->bell.async_wait(kAwait);
    }
    if (stopping_) co_return;
    ended = piece->bytes.empty();
    text_ += piece->bytes;
    hand_on(ended);
  }
  if (at_end_) at_end_();
}

void StdinSource::hand_on(bool at_end) {
  Shard& shard = context_.shard;
  std::string_view rest = text_;
  std::int64_t timestamp_ns = shard.timestamps_from_now();
  std::uint64_t count = 0;
  while (!rest.empty()) {
    std::size_t length = rest.find('\n');
    if (length == std::string_view::npos) {
      if (!at_end && rest.size() < kLineBytesMax) break;
      length = rest.size();
    }
    const std::string_view line = without_line_end(rest.substr(0, length));
    rest.remove_prefix(std::min(length + 1, rest.size()));
    if (line.empty()) continue;
    shard.entry.begin(line, timestamp_ns++, stream_.get(), nullptr);
    context_.pipeline.head().accept(shard.entry);
    ++count;
  }
  shard.timestamps_used_up_to(timestamp_ns - 1);
  lines_.add(static_cast<double>(count));
  text_.erase(0, text_.size() - rest.size());
  context_.pipeline.end_of_read();
}

std::vector<SourceStatus> StdinSource::status() const {
  SourceStatus status;
  status.type = "Stdin";
  status.ready = true;
  status.labels = stream_->labels();
  return {status};
}

}  // namespace tailrace
