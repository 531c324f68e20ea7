// Frames of WebSockets, for both ends: bytes from and to the wire.
//
//   FIN rsv opcode | MASK len7 | [len16 | len64] | [mask 4] | payload
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tailrace {

enum class WsOpcode : std::uint8_t {
  kContinuation = 0,
  kText = 1,
  kBinary = 2,
  kClose = 8,
  kPing = 9,
  kPong = 10
};

// One unmasked frame, as servers send.
void append_ws_frame(std::string& out, WsOpcode opcode, std::string_view payload);

// Sec-WebSocket-Accept for a Sec-WebSocket-Key.
std::string ws_accept(std::string_view key);

struct WsMessage {
  WsOpcode opcode = WsOpcode::kText;
  std::string payload;
};

// Puts messages together from bytes cut anywhere; control frames come between the parts of a
// message.
class WsReader {
 public:
  explicit WsReader(std::size_t message_bytes_max) : message_bytes_max_(message_bytes_max) {}
  // Takes bytes off the front of `input`. True: `out` holds a message. False: more bytes are
  // needed. kInvalid: a broken frame (close with 1002); kRejected: too long (1009).
  Result<bool> next(std::string_view& input, WsMessage& out);

 private:
  Result<void> read_header();
  bool fill_header(std::string_view& input);
  bool finish_frame(WsMessage& out);

  const std::size_t message_bytes_max_;
  std::array<unsigned char, 14> header_{};
  std::size_t header_bytes_ = 0;
  bool in_payload_ = false;
  bool final_ = false;
  WsOpcode opcode_ = WsOpcode::kText;
  std::array<unsigned char, 4> mask_{};
  std::uint64_t left_ = 0;
  std::size_t masked_ = 0;   // payload bytes of this frame so far
  std::string control_;      // payload of a control frame
  bool in_message_ = false;  // a data message has begun
  WsOpcode message_opcode_ = WsOpcode::kText;
  std::string message_;
};

}  // namespace tailrace
