#include "net/bound_socket.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <string>

namespace tailrace {
namespace {

constexpr int kBacklog = 4096;
// What the kernel may keep of datagrams while we are busy; it gives less if its own limit is lower.
constexpr int kUdpBufferBytes = 4 * 1024 * 1024;

struct AddressFree {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};

Result<std::pair<std::string, std::string>> split_address(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  std::string host = address.substr(0, colon == std::string::npos ? 0 : colon);
  const bool brackets = host.size() >= 2 && host.front() == '[' && host.back() == ']';
  if (brackets) host = host.substr(1, host.size() - 2);
  const bool bare_v6 = !brackets && host.find(':') != std::string::npos;
  if (colon == std::string::npos || colon + 1 == address.size() || bare_v6) {
    return Error{ErrorCode::kInvalid, "expected host:port, such as 0.0.0.0:1514 or [::]:1514"};
  }
  std::string port = address.substr(colon + 1);
  // The resolver takes larger numbers, and their lower 16 bits. Names of services are its business.
  const bool is_number = port.find_first_not_of("0123456789") == port.npos;
  if (is_number && (port.size() > 5 || std::stoi(port) > 65535)) {
    return Error{ErrorCode::kInvalid, "invalid port " + port};
  }
  return std::pair(std::move(host), std::move(port));
}

Result<Fd> bind_to(const addrinfo& address, SocketKind kind, bool any_host) {
  const int type = kind == SocketKind::kTcp ? SOCK_STREAM : SOCK_DGRAM;
  Fd fd(::socket(address.ai_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return errno_error("socket", errno);
  const int on = 1;
  const int off = 0;
  if (kind == SocketKind::kTcp) {
    ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    ::setsockopt(fd.get(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  } else {
    ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &kUdpBufferBytes, sizeof kUdpBufferBytes);
    ::setsockopt(fd.get(), SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof on);
  }
  if (address.ai_family == AF_INET6 && any_host) {
    ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  }
  if (::bind(fd.get(), address.ai_addr, address.ai_addrlen) != 0) return errno_error("bind", errno);
  if (kind == SocketKind::kTcp && ::listen(fd.get(), kBacklog) != 0) {
    return errno_error("listen", errno);
  }
  return fd;
}

Result<Fd> bind_host(const std::string& host, const std::string& port, SocketKind kind,
                     int family) {
  addrinfo hints{};
  hints.ai_family = family;
  hints.ai_socktype = kind == SocketKind::kTcp ? SOCK_STREAM : SOCK_DGRAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  const int failed =
      ::getaddrinfo(host.empty() ? nullptr : host.c_str(), port.c_str(), &hints, &found);
  if (failed != 0) return Error{ErrorCode::kInvalid, gai_strerror(failed)};
  const std::unique_ptr<addrinfo, AddressFree> list(found);
  return bind_to(*list, kind, host.empty());
}

}  // namespace

Result<Fd> bind_socket(const std::string& address, SocketKind kind) {
  const std::string where = "listen " + address;
  auto parts = split_address(address);
  if (!parts) return std::move(parts).error().in(where);
  const auto& [host, port] = *parts;
  Result<Fd> fd = bind_host(host, port, kind, host.empty() ? AF_INET6 : AF_UNSPEC);
  // A machine without IPv6.
  if (!fd && host.empty() && (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL)) {
    fd = bind_host(host, port, kind, AF_INET);
  }
  if (!fd) return std::move(fd).error().in(where);
  return fd;
}

std::uint16_t bound_port(int fd) {
  sockaddr_storage address{};
  socklen_t bytes = sizeof address;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &bytes) != 0) return 0;
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  std::memcpy(&v4, &address, sizeof v4);
  std::memcpy(&v6, &address, sizeof v6);
  return ntohs(address.ss_family == AF_INET6 ? v6.sin6_port : v4.sin_port);
}

std::string ip_text(const void* socket_address) {
  char text[INET6_ADDRSTRLEN] = "";
  sockaddr head{};
  std::memcpy(&head, socket_address, sizeof head.sa_family);
  if (head.sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, socket_address, sizeof v4);
    ::inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
  } else if (head.sa_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, socket_address, sizeof v6);
    if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
      ::inet_ntop(AF_INET, v6.sin6_addr.s6_addr + 12, text, sizeof text);
    } else {
      ::inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
    }
  }
  return text;
}

}  // namespace tailrace
