// Error: why something expected to fail sometimes did fail. A code that programs compare, a text
// that people read. Each layer puts where it was in front: "reading positions: open p.yaml:
// Permission denied".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace tailrace {

enum class ErrorCode : std::uint8_t {
  kInvalid,      // bad input: configuration, request, data
  kNotFound,     // the thing named does not exist
  kIo,           // the operating system said no
  kTimeout,      // a deadline passed
  kUnavailable,  // the far end cannot be reached or answers 5xx
  kRateLimited,  // the far end answers 429
  kRejected,     // the far end will never take this: other 4xx
  kUnsupported,  // known, but not done here
  kCancelled,    // we are stopping
};

class [[nodiscard]] Error {
 public:
  Error(ErrorCode code, std::string text) : code_(code), text_(std::move(text)) {}

  ErrorCode code() const noexcept { return code_; }
  const std::string& text() const noexcept { return text_; }

  // The same error, seen from one layer up: "<where>: <text>".
  Error in(std::string_view where) && {
    std::string text(where);
    text += ": ";
    text += text_;
    text_ = std::move(text);
    return std::move(*this);
  }

 private:
  ErrorCode code_;
  std::string text_;
};

// Error{kIo, "<what>: <strerror(errno_value)>"}; kNotFound for ENOENT.
Error errno_error(std::string_view what, int errno_value);

}  // namespace tailrace
