// ByteStream: a connected socket, with or without TLS, as the client uses it.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "base/result.h"
#include "net/async.h"

namespace tailrace {

class ByteStream {
 public:
  virtual ~ByteStream() = default;
  // How many bytes came; 0 at the end of the stream. kUnavailable, or kCancelled after close().
  virtual awaitable<Result<std::size_t>> read_some(std::span<char> into) = 0;
  // Writes all pieces, without copying them together. They stay the caller's.
  virtual awaitable<Result<void>> write(std::span<const std::string_view> pieces) = 0;
  // Whether an idle connection is still good: open, and nothing has come unasked.
  virtual bool is_quiet() = 0;
  // Ends pending reads and writes.
  virtual void close() noexcept = 0;
};

}  // namespace tailrace
