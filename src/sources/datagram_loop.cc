#include "sources/datagram_loop.h"

namespace tailrace {
namespace {

// How long datagrams may pile up in the kernel before they are fetched and thrown away.
constexpr std::int64_t kPatienceNs = 200 * kNsPerMs;
constexpr int kDatagramsPerTurn = 64;

}  // namespace

Result<void> DatagramLoop::open(const std::string& address) {
  TAILRACE_TRY(socket_, UdpSocket::open(context_.shard.executor, address));
  return {};
}

void DatagramLoop::close() {
  closed_ = true;
  if (socket_) socket_->close();
}

awaitable<void> DatagramLoop::run(Take take) {
  std::uint64_t overflowed = 0;
  while (!closed_) {
    Result<void> readable = co_await socket_->readable();
    if (!readable || closed_) co_return;
    const bool has_room = co_await gate_.wait(kPatienceNs);
    if (closed_) co_return;
    std::uint64_t lost = 0;
    for (int i = 0; i < kDatagramsPerTurn; ++i) {
      const std::optional<UdpSocket::Datagram> datagram = socket_->next();
      if (!datagram) break;
      if (has_room) {
        take(datagram->bytes, std::string(datagram->ip));
      } else {
        ++lost;
      }
    }
    context_.pipeline.end_of_read();
    lost += socket_->overflowed() - overflowed;
    overflowed = socket_->overflowed();
    if (lost == 0) continue;
    dropped_.add(static_cast<double>(lost));
    if (complain_.due()) {
      log::error("datagrams were lost: lines come faster than they can be delivered",
                 {{"job", context_.job_name}, {"lost_now", lost}});
    }
  }
}

}  // namespace tailrace
