// WebSocket (RFC 6455): messages both ways, after a request asked to switch.
//
// Pings are answered by us. What is sent waits in a bounded queue, so a slow client costs no more
// than that.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/async.h"

namespace tailrace {

class WebSocket {
 public:
  static constexpr std::size_t kQueueBytesMax = 1024 * 1024;    // to be sent
  static constexpr std::size_t kMessageBytesMax = 1024 * 1024;  // received
  static constexpr std::size_t kReceivedMax =
      64;  // messages nobody has taken; more end the connection

  virtual ~WebSocket() = default;
  // Queues a text message (valid UTF-8). False: closed, or the queue is full; the message is not
  // sent. While half of the queue is free a message is taken however long it is, so behind
  // wait_for_room() every message is.
  virtual bool send(std::string_view text) = 0;
  // Sends an empty ping, so that what stands between keeps the connection. False: closed.
  virtual bool ping() = 0;
  // Returns when at least half of the queue is free; false: closed.
  virtual awaitable<bool> wait_for_room() = 0;
  // The next message from the client; kUnavailable when it has closed.
  virtual awaitable<Result<std::string>> receive() = 0;
  // Starts the closing handshake: 1000 is a normal end, 1001 going away, 1011 our fault.
  virtual void close(std::uint16_t code, std::string_view reason) = 0;
  virtual bool is_open() const = 0;
};

}  // namespace tailrace
