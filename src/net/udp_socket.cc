#include "net/udp_socket.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstring>
#include <vector>

#include "net/await.h"
#include "net/bound_socket.h"

namespace tailrace {

struct UdpSocket::Impl {
  Impl(const Executor& executor, Fd fd) : descriptor(executor, fd.release()) {}
  asio::posix::stream_descriptor descriptor;
  std::vector<char> room = std::vector<char>(kDatagramBytesMax);
  sockaddr_storage sender{};
  socklen_t sender_bytes = 0;
  std::string sender_ip;  // of `sender`
  std::uint64_t overflowed = 0;
  std::uint32_t kernel_count = 0;  // wraps
};

UdpSocket::UdpSocket(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
UdpSocket::~UdpSocket() { close(); }

Result<std::unique_ptr<UdpSocket>> UdpSocket::open(Executor executor, const std::string& address) {
  TAILRACE_TRY(Fd fd, bind_socket(address, SocketKind::kUdp));
  return std::unique_ptr<UdpSocket>(new UdpSocket(std::make_unique<Impl>(executor, std::move(fd))));
}

std::uint16_t UdpSocket::port() const { return bound_port(impl_->descriptor.native_handle()); }

awaitable<Result<void>> UdpSocket::readable() {
  auto [error] =
      co_await impl_->descriptor.async_wait(asio::posix::stream_descriptor::wait_read, kAwait);
  if (error) co_return connection_error(error);
  co_return Result<void>();
}

std::optional<UdpSocket::Datagram> UdpSocket::next() {
  Impl& impl = *impl_;
  sockaddr_storage sender{};
  iovec piece{impl.room.data(), impl.room.size()};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(std::uint32_t))];
  msghdr message{};
  message.msg_name = &sender;
  message.msg_namelen = sizeof sender;
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  ssize_t count = 0;
  do {
    count = ::recvmsg(impl.descriptor.native_handle(), &message, MSG_DONTWAIT);
  } while (count < 0 && errno == EINTR);
  if (count < 0) return std::nullopt;
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
       part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SO_RXQ_OVFL) continue;
    std::uint32_t total = 0;
    std::memcpy(&total, CMSG_DATA(part), sizeof total);
    impl.overflowed += total - impl.kernel_count;
    impl.kernel_count = total;
  }
  const bool same = message.msg_namelen == impl.sender_bytes &&
                    std::memcmp(&sender, &impl.sender, message.msg_namelen) == 0;
  if (!same) {
    impl.sender = sender;
    impl.sender_bytes = message.msg_namelen;
    impl.sender_ip = ip_text(&sender);
  }
  return Datagram{{impl.room.data(), static_cast<std::size_t>(count)}, impl.sender_ip};
}

std::uint64_t UdpSocket::overflowed() const noexcept { return impl_->overflowed; }

void UdpSocket::close() noexcept {
  boost::system::error_code ignored;
  impl_->descriptor.close(ignored);
}

}  // namespace tailrace
