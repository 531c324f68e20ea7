#include "net/chunked.h"

#include <algorithm>
#include <charconv>

namespace tailrace {
namespace {

Error bad_chunk(const char* why) {
  return Error{ErrorCode::kInvalid, std::string("bad chunked body: ") + why};
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

Result<std::string_view> ChunkedDecoder::next(std::string_view& input) {
  while (!input.empty() && state_ != State::kDone) {
    if (state_ == State::kData) {
      const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size()));
      const std::string_view piece = input.substr(0, count);
      input.remove_prefix(count);
      left_ -= count;
      if (left_ == 0) state_ = State::kDataCr;
      return piece;
    }
    TAILRACE_CHECK(take(input.front()));
    input.remove_prefix(1);
  }
  return std::string_view();
}

Result<void> ChunkedDecoder::take(char c) {
  switch (state_) {
    case State::kSize: {
      if (++framing_bytes_ > kSizeLineBytesMax) return bad_chunk("size line too long");
      const int digit = hex_digit(c);
      if (digit >= 0) {
        any_digit_ = true;
        left_ = left_ * 16 + static_cast<std::uint64_t>(digit);
        if (left_ > kChunkBytesMax) return bad_chunk("chunk too large");
        return {};
      }
      if (!any_digit_) return bad_chunk("no size");
      if (c == '\r') {
        state_ = State::kSizeEnd;
      } else if (c == ';' || c == ' ' || c == '\t') {
        state_ = State::kExtension;
      } else {
        return bad_chunk("bad size");
      }
      return {};
    }
    case State::kExtension:
      if (++framing_bytes_ > kSizeLineBytesMax) return bad_chunk("size line too long");
      if (c == '\n' || c == '\0') return bad_chunk("bad extension");
      if (c == '\r') state_ = State::kSizeEnd;
      return {};
    case State::kSizeEnd:
      if (c != '\n') return bad_chunk("bad end of the size line");
      state_ = left_ == 0 ? State::kTrailer : State::kData;
      framing_bytes_ = 0;
      any_digit_ = false;
      return {};
    case State::kDataCr:
      if (c != '\r') return bad_chunk("chunk longer than its size");
      state_ = State::kDataLf;
      return {};
    case State::kDataLf:
      if (c != '\n') return bad_chunk("chunk longer than its size");
      state_ = State::kSize;
      return {};
    case State::kTrailer:
      if (++framing_bytes_ > kTrailerBytesMax) return bad_chunk("trailers too long");
      if (after_cr_) {
        if (c != '\n') return bad_chunk("bad trailer");
        after_cr_ = false;
        if (line_empty_) state_ = State::kDone;
        line_empty_ = true;
      } else if (c == '\r') {
        after_cr_ = true;
      } else if (c == '\n' || c == '\0') {
        return bad_chunk("bad trailer");
      } else {
        line_empty_ = false;
      }
      return {};
    case State::kData:
    case State::kDone:
      return {};
  }
  return {};
}

void append_chunk_size(std::string& out, std::size_t bytes) {
  char text[20];
  const auto result = std::to_chars(text, text + sizeof text, bytes, 16);
  out.append(text, result.ptr);
  out += "\r\n";
}

}  // namespace tailrace
