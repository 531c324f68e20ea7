// Sockets bound to an address as configurations write it: "host:port", ":port", "[::1]:port". The
// host may be a name, the port a service.
#pragma once

#include <cstdint>
#include <string>

#include "base/file.h"
#include "base/result.h"

namespace tailrace {

enum class SocketKind : std::uint8_t { kTcp, kUdp };

// Non-blocking; a TCP socket listens. Without a host it takes IPv6 and IPv4. kInvalid for what is
// no address, kIo: "listen 127.0.0.1:514: Address already in use". Names are looked up, which
// blocks.
Result<Fd> bind_socket(const std::string& address, SocketKind kind);

// The port that a socket got; 0 if that cannot be told.
std::uint16_t bound_port(int fd);

// The address in a sockaddr_in or sockaddr_in6, IPv4 also where it came in through IPv6.
std::string ip_text(const void* socket_address);

}  // namespace tailrace
