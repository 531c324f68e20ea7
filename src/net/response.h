// Response: what a handler answers. One of: bytes in a string, bytes that live for ever, shared
// bytes, a stream that is written piece by piece, or the switch to a WebSocket.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "net/async.h"
#include "net/http_message.h"

namespace tailrace {

class WebSocket;

// The far end of a streamed body.
class ResponseStream {
 public:
  virtual ~ResponseStream() = default;
  // Sends one piece; returns when there is room for more. False: the client is gone, stop.
  virtual awaitable<bool> write(std::string_view piece) = 0;
  virtual bool is_open() const = 0;
};

struct Response {
  int status = 200;
  std::string_view content_type = "text/plain; charset=utf-8";  // a literal; "" for none
  HttpHeaders headers;                                          // Content-Length and Date are added
  std::string body;
  std::string_view static_body{};  // if not empty, instead of `body`: lives for ever
  std::shared_ptr<const std::string>
      shared_body{};  // if set, instead of `body`; owners: us and whoever caches it
  // If set, instead of `body`: runs when the head has been sent. What it uses must be its own
  // (copies, or what outlives the server); the request is gone. An exception cuts the connection.
  std::function<awaitable<void>(ResponseStream&)> stream{};
  // If set, and the request asks for it: 101, and this runs with the socket until the end of it.
  std::function<awaitable<void>(WebSocket&)> websocket{};
  bool compressible = false;  // gzip it if the client takes that and it is worth it
  bool close = false;         // end the connection afterwards

  std::string_view bytes() const noexcept {
    return shared_body            ? std::string_view(*shared_body)
           : !static_body.empty() ? static_body
                                  : std::string_view(body);
  }
  // Back to the defaults, keeping capacity.
  void clear();
};

Response text_response(int status, std::string body);
Response json_response(int status, std::string body);
Response html_response(int status, std::string body);
Response redirect_response(int status, std::string location);

// gzip with the quickest useful level. Thread-safe.
std::string gzip(std::string_view bytes);
}  // namespace tailrace
