// Bodies of Loki's push API: protobuf in snappy, or JSON, perhaps compressed once more.
//
//   {"streams": [{"stream": {"job": "web"}, "values": [["<ns>", "line", {"trace": "1"}]]}]}
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "model/labels.h"

namespace tailrace {

struct PushBodyEntry {
  std::int64_t timestamp_ns = 0;
  std::string_view line;
  std::vector<std::pair<std::string_view, std::string_view>> metadata;
};

struct PushBodyStream {
  Result<Labels> labels{Labels()};  // an error of one stream leaves the others usable
  std::vector<PushBodyEntry> entries;
};

// The decoded body, with the bytes that its views point into.
class PushBody {
 public:
  // `content_type` and `content_encoding` as in the request's headers. kInvalid: it does not parse;
  // kRejected: decompressed it is larger than `bytes_max`; kUnsupported: an unknown encoding.
  static Result<PushBody> decode(std::string_view content_type, std::string_view content_encoding,
                                 std::string_view body, std::size_t bytes_max);
  PushBody(PushBody&&) noexcept;
  PushBody& operator=(PushBody&&) noexcept;
  ~PushBody();

  const std::vector<PushBodyStream>& streams() const noexcept;

 private:
  struct Impl;
  explicit PushBody(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// The body as its Content-Encoding ("", "gzip", "deflate") says; `out` is `body` itself, or a view
// of `room`.
Result<std::string_view> decode_content(std::string_view content_encoding, std::string_view body,
                                        std::size_t bytes_max, std::string& room);

}  // namespace tailrace
