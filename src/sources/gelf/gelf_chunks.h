// GelfChunks: puts chunked GELF messages together again.
//
//   1e 0f <id, 8 bytes> <number, from 0> <count, at most 128> <data>
//
// Chunks come in any order. A message that is not whole within kTimeoutNs is dropped; so is the
// oldest one when there are more than kMessagesMax, or kBytesMax bytes in all of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tailrace {

class GelfChunks {
 public:
  static constexpr std::int64_t kTimeoutNs = 5'000'000'000;
  static constexpr std::size_t kMessagesMax = 1024;
  static constexpr std::size_t kBytesMax = std::size_t{32} << 20;
  static constexpr std::size_t kCountMax = 128;

  static bool is_chunk(std::string_view datagram) noexcept {
    return datagram.size() >= 2 && datagram[0] == '\x1e' && datagram[1] == '\x0f';
  }

  // Takes a chunk; the whole message if this was what it lacked. `now_ns`: monotonic.
  std::optional<std::string> add(std::string_view datagram, std::int64_t now_ns);

  // Chunks that make no sense, and messages dropped half done, since the start.
  std::uint64_t errors() const noexcept { return errors_; }
  std::size_t messages() const noexcept { return messages_.size(); }

 private:
  struct Message {
    std::string id;
    std::int64_t since_ns = 0;
    std::vector<std::optional<std::string>> parts;
    std::size_t missing = 0;
    std::size_t bytes = 0;
  };
  using Messages = std::list<Message>;  // oldest first
  void drop(Messages::iterator message);

  Messages messages_;
  std::unordered_map<std::string, Messages::iterator> by_id_;
  std::size_t bytes_ = 0;
  std::uint64_t errors_ = 0;
};

}  // namespace tailrace
