// Bodies in Transfer-Encoding: chunked.
//
//   5;extension CRLF hello CRLF 0 CRLF trailer: x CRLF CRLF
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tailrace {

// Decodes as bytes arrive, cut anywhere.
class ChunkedDecoder {
 public:
  static constexpr std::size_t kSizeLineBytesMax = 1024;
  static constexpr std::size_t kTrailerBytesMax = 16 * 1024;
  static constexpr std::uint64_t kChunkBytesMax = std::uint64_t{1} << 40;

  // Takes bytes off the front of `input` and returns the next piece of the body, a view into it;
  // empty when `input` is used up or the body has ended. kInvalid for what is no chunked encoding.
  Result<std::string_view> next(std::string_view& input);
  // Whether the last chunk and the trailers have been read. What is left of `input` belongs to the
  // next message.
  bool done() const noexcept { return state_ == State::kDone; }
  void reset() { *this = ChunkedDecoder(); }

 private:
  enum class State : std::uint8_t {
    kSize,
    kExtension,
    kSizeEnd,
    kData,
    kDataCr,
    kDataLf,
    kTrailer,
    kDone
  };
  // One byte of the framing.
  Result<void> take(char c);

  State state_ = State::kSize;
  bool any_digit_ = false;
  bool after_cr_ = false;          // in a trailer line
  bool line_empty_ = true;         // the trailer line so far
  std::uint64_t left_ = 0;         // of the chunk
  std::size_t framing_bytes_ = 0;  // of this size line, or of the trailers
};

// The size line in front of a chunk of `bytes`: "1f\r\n".
void append_chunk_size(std::string& out, std::size_t bytes);

}  // namespace tailrace
