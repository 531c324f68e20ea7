// Transport: how a payload gets to a Loki. Over HTTP, or without a socket into the embedded store.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <string>
#include <string_view>

namespace tailrace {

struct PushAnswer {
  int status = -1;                  // HTTP status; -1: none came (refused, timed out, broken off)
  std::string text;                 // for people: the far end's words, or what went wrong
  std::int64_t retry_after_ns = 0;  // the far end asks to wait at least this long

  bool delivered() const noexcept { return status / 100 == 2; }
  // Whether the same bytes can succeed later: 429, 5xx, and everything without a status.
  bool retryable() const noexcept { return status == 429 || status / 100 == 5 || status < 0; }
  // Refused unread; less of it may be taken.
  bool too_large() const noexcept { return status == 413; }
  // Loki checks each stream by itself and stores the good ones, but for a label set that does not
  // parse: then it refuses the request before it looks at anything else.
  bool labels_refused() const noexcept {
    return status == 400 && text.starts_with("couldn't parse labels");
  }
};

class Transport {
 public:
  virtual ~Transport() = default;
  // Pushes a snappy block of a PushRequest for `tenant` ("": none). Never throws; has its own
  // deadline. `body` must live until the answer.
  virtual boost::asio::awaitable<PushAnswer> push(std::string_view tenant,
                                                  std::string_view body) = 0;
  // Makes a push that is under way end soon, with status -1.
  virtual void cancel() = 0;
};

}  // namespace tailrace
