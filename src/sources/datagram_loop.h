// DatagramLoop: fetches datagrams while the pipeline has room.
//
// Senders of datagrams cannot be made to wait. While there is no room they stay in the kernel for a
// moment; then they are fetched and thrown away. What is lost, here or in the kernel, is counted.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "net/udp_socket.h"
#include "sources/room_gate.h"
#include "sources/source.h"
#include "telemetry/log.h"

namespace tailrace {

class DatagramLoop {
 public:
  using Take = std::function<void(std::string_view bytes, const std::string& ip)>;

  // `dropped` counts lost datagrams. `context` and `gate` outlive the loop.
  DatagramLoop(SourceContext& context, RoomGate& gate, Counter dropped)
      : context_(context), gate_(gate), dropped_(dropped), complain_(10 * kNsPerSecond) {}

  // Errors as bind_socket().
  Result<void> open(const std::string& address);
  // Calls `take` for each datagram, and ends the pipeline's read after each round, until close().
  awaitable<void> run(Take take);
  void close();
  std::uint16_t port() const { return socket_ ? socket_->port() : std::uint16_t{0}; }

 private:
  SourceContext& context_;
  RoomGate& gate_;
  Counter dropped_;
  log::Every complain_;
  std::unique_ptr<UdpSocket> socket_;
  bool closed_ = false;
};

}  // namespace tailrace
