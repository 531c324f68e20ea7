#include "sources/stdin_source.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "telemetry/log.h"

namespace tailrace {
namespace {

std::string_view trim_line_end(std::string_view line) {
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
  return line;
}

}  // namespace

StdinSource::StdinSource(SourceContext& context, int fd, const Labels& labels,
                         std::function<void()> on_end)
    : context_(context),
      fd_(fd),
      stream_(context.shard.interner.intern(labels)),
      on_end_(std::move(on_end)),
      descriptor_(context.shard.executor) {}

StdinSource::~StdinSource() { stop(); }

Result<void> StdinSource::start() {
  flags_ = ::fcntl(fd_, F_GETFL);
  const int own = ::fcntl(fd_, F_DUPFD_CLOEXEC, 0);
  if (own < 0) return errno_error("standard input", errno);
  // Regular files cannot be waited for, and need not be: they are always readable.
  boost::system::error_code not_waitable;
  descriptor_.assign(own, not_waitable);
  if (not_waitable) ::close(own);
  context_.scheduler.ready(*this);
  return {};
}

void StdinSource::stop() {
  if (std::exchange(ended_, true)) return;
  boost::system::error_code ignored;
  descriptor_.close(ignored);
  // Waiting makes it non-blocking, and a terminal is shared with the shell.
  if (flags_ > 0) ::fcntl(fd_, F_SETFL, flags_);
}

Step StdinSource::step() {
  if (ended_) return {Step::Kind::kIdle};
  EntrySink& head = context_.pipeline.head();
  if (!head.has_room()) return {Step::Kind::kRoom};
  const std::int64_t rest_until_ns = head.rest_until_ns();
  if (rest_until_ns > context_.shard.clock.monotonic_ns()) {
    return {Step::Kind::kRest, rest_until_ns};
  }
  pollfd readable{fd_, POLLIN, 0};
  if (::poll(&readable, 1, 0) == 0) {
    wait();
    return {Step::Kind::kIdle};
  }
  ReadBuffer& buffer = context_.shard.buffer;
  const ssize_t count = ::read(fd_, buffer.data(), buffer.size());
  if (count > 0) {
    hand_on({buffer.data(), static_cast<std::size_t>(count)});
    return {Step::Kind::kMore};
  }
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) {
    wait();
    return {Step::Kind::kIdle};
  }
  if (count < 0)
    log::error("cannot read standard input", {{"error", errno_error("read", errno).text()}});
  end();
  return {Step::Kind::kIdle};
}

void StdinSource::wait() {
  descriptor_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                         [this, alive = lifetime_.watch()](const boost::system::error_code& error) {
                           if (!error && alive()) context_.scheduler.ready(*this);
                         });
}

void StdinSource::hand_on(std::string_view bytes) {
  timestamp_ns_ = context_.shard.timestamps_from_now();
  while (!bytes.empty()) {
    const std::size_t newline = bytes.find('\n');
    if (newline == std::string_view::npos) {
      unfinished_ += bytes;
      if (unfinished_.size() >= kLineBytesMax) accept(std::exchange(unfinished_, {}));
      break;
    }
    const std::string_view rest = bytes.substr(0, newline);
    if (unfinished_.empty()) {
      accept(rest);
    } else {
      unfinished_ += rest;
      accept(std::exchange(unfinished_, {}));
    }
    bytes.remove_prefix(newline + 1);
  }
  context_.shard.timestamps_used_up_to(timestamp_ns_);
  context_.pipeline.end_of_read();
}

void StdinSource::accept(std::string_view line) {
  line = trim_line_end(line);
  if (line.empty()) return;
  Entry& entry = context_.shard.entry;
  entry.begin(line, timestamp_ns_++, stream_.get(), nullptr);
  context_.pipeline.head().accept(entry);
}

void StdinSource::end() {
  timestamp_ns_ = context_.shard.timestamps_from_now();
  const std::string last = std::exchange(unfinished_, {});
  accept(last);
  context_.shard.timestamps_used_up_to(timestamp_ns_);
  context_.pipeline.end_of_read();
  stop();
  if (on_end_) std::exchange(on_end_, nullptr)();
}

std::vector<SourceStatus> StdinSource::status() const {
  SourceStatus status;
  status.type = "Stdin";
  status.ready = ready();
  status.labels = stream_->labels();
  return {status};
}

}  // namespace tailrace
