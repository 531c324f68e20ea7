// Heads of responses, written straight into a buffer that is used again for the next one.
#pragma once

#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>

#include "net/response.h"

namespace tailrace {

// The Date header's value, made once a second.
class HttpDate {
 public:
  // "Sun, 06 Nov 1994 08:49:37 GMT", valid until the next call.
  std::string_view now();

 private:
  std::time_t second_ = -1;
  char text_[32] = "";
  std::size_t bytes_ = 0;
};

enum class BodyFraming : std::uint8_t { kLength, kChunked, kUntilClose, kNone };

struct HeadOptions {
  BodyFraming framing = BodyFraming::kLength;
  std::size_t body_bytes = 0;
  bool keep_alive = true;
  bool old_client = false;  // HTTP/1.0: must be told that the connection stays
  bool gzipped = false;
  bool varies = false;  // another client would get it packed
};

// Status line, headers, empty line. Header names and values with control characters are left out:
// they would let a handler's data forge headers.
void append_response_head(std::string& out, const Response& response, const HeadOptions& options,
                          HttpDate& date);

}  // namespace tailrace
