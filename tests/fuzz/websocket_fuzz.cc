// Any bytes as frames from a client: whole, and cut into single bytes, give the same messages.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "net/websocket_frames.h"

namespace {

using namespace tailrace;

constexpr std::size_t kMessageBytesMax = 1000;

// What came, and how it ended.
std::vector<std::string> messages(std::string_view input, std::size_t step) {
  std::vector<std::string> out;
  WsReader reader(kMessageBytesMax);
  WsMessage message;
  while (!input.empty()) {
    std::string_view part = input.substr(0, step);
    input.remove_prefix(part.size());
    while (true) {
      const Result<bool> whole = reader.next(part, message);
      if (!whole) {
        out.push_back("error " + whole.error().text());
        return out;
      }
      if (!*whole) {
        if (!part.empty()) __builtin_trap();
        break;
      }
      if (message.payload.size() > kMessageBytesMax) __builtin_trap();
      out.push_back(std::to_string(static_cast<int>(message.opcode)) + message.payload);
    }
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t bytes) {
  const std::string_view input(reinterpret_cast<const char*>(data), bytes);
  if (messages(input, bytes + 1) != messages(input, 1)) __builtin_trap();
  return 0;
}
