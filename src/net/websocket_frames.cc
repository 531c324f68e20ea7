#include "net/websocket_frames.h"

#include <openssl/evp.h>

#include <algorithm>

#include "base/base_n.h"

namespace tailrace {
namespace {

constexpr std::string_view kAcceptKey =
    "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";  // RFC 6455, section 1.3
constexpr std::size_t kControlBytesMax = 125;

bool is_control(WsOpcode opcode) { return (static_cast<unsigned>(opcode) & 8U) != 0; }

}  // namespace

void append_ws_frame(std::string& out, WsOpcode opcode, std::string_view payload) {
  out += static_cast<char>(0x80U | static_cast<unsigned>(opcode));
  const std::size_t bytes = payload.size();
  if (bytes < 126) {
    out += static_cast<char>(bytes);
  } else {
    const int width = bytes <= 0xffff ? 2 : 8;
    out += static_cast<char>(width == 2 ? 126 : 127);
    for (int shift = 8 * (width - 1); shift >= 0; shift -= 8)
      out += static_cast<char>(bytes >> shift & 0xff);
  }
  out += payload;
}

std::string ws_accept(std::string_view key) {
  const std::string text = std::string(key) + std::string(kAcceptKey);
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned bytes = 0;
  EVP_Digest(text.data(), text.size(), digest, &bytes, EVP_sha1(), nullptr);
  return encode_base64({reinterpret_cast<const char*>(digest), bytes});
}

// Header bytes come one by one until their own count is known.
bool WsReader::fill_header(std::string_view& input) {
  while (!input.empty()) {
    header_[header_bytes_++] = static_cast<unsigned char>(input.front());
    input.remove_prefix(1);
    if (header_bytes_ < 2) continue;
    const unsigned length = header_[1] & 0x7fU;
    const std::size_t mask = (header_[1] & 0x80U) != 0 ? 4 : 0;
    const std::size_t wanted = 2 + (length == 126 ? 2U : length == 127 ? 8U : 0U) + mask;
    if (header_bytes_ == wanted) return true;
  }
  return false;
}

Result<void> WsReader::read_header() {
  const auto broken = [](const char* why) {
    return Error{ErrorCode::kInvalid, std::string("WebSocket: ") + why};
  };
  final_ = (header_[0] & 0x80U) != 0;
  opcode_ = static_cast<WsOpcode>(header_[0] & 0x0fU);
  if ((header_[0] & 0x70U) != 0) return broken("reserved bits");
  if ((header_[1] & 0x80U) == 0) return broken("a client must mask");
  left_ = header_[1] & 0x7fU;
  std::size_t at = 2;
  const std::size_t width = left_ == 126 ? 2 : left_ == 127 ? 8 : 0;
  if (width > 0) left_ = 0;
  for (std::size_t i = 0; i < width; ++i) left_ = left_ << 8 | header_[at++];
  std::copy_n(header_.begin() + static_cast<std::ptrdiff_t>(at), 4, mask_.begin());
  switch (opcode_) {
    case WsOpcode::kClose:
    case WsOpcode::kPing:
    case WsOpcode::kPong:
      if (!final_ || left_ > kControlBytesMax) return broken("bad control frame");
      control_.clear();
      break;
    case WsOpcode::kText:
    case WsOpcode::kBinary:
      if (in_message_) return broken("a message within a message");
      message_opcode_ = opcode_;
      message_.clear();
      in_message_ = true;
      break;
    case WsOpcode::kContinuation:
      if (!in_message_) return broken("continuation of nothing");
      break;
    default:
      return broken("unknown frame");
  }
  if (!is_control(opcode_) &&
      left_ > message_bytes_max_ - std::min(message_.size(), message_bytes_max_)) {
    return Error{ErrorCode::kRejected, "WebSocket: message too long"};
  }
  return {};
}

bool WsReader::finish_frame(WsMessage& out) {
  in_payload_ = false;
  header_bytes_ = 0;
  if (is_control(opcode_)) {
    out = {opcode_, std::move(control_)};
    control_.clear();
    return true;
  }
  if (!final_) return false;
  in_message_ = false;
  out = {message_opcode_, std::move(message_)};
  message_.clear();
  return true;
}

Result<bool> WsReader::next(std::string_view& input, WsMessage& out) {
  while (true) {
    if (!in_payload_) {
      if (!fill_header(input)) return false;
      TAILRACE_CHECK(read_header());
      in_payload_ = true;
      masked_ = 0;
    }
    std::string& to = is_control(opcode_) ? control_ : message_;
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size()));
    for (std::size_t i = 0; i < count; ++i) {
      to += static_cast<char>(static_cast<unsigned char>(input[i]) ^ mask_[masked_++ & 3]);
    }
    input.remove_prefix(count);
    left_ -= count;
    if (left_ > 0) return false;
    if (finish_frame(out)) return true;
  }
}

}  // namespace tailrace
