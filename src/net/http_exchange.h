// HttpExchange: one request and its response on one connection. For the client's bodies.
#pragma once

#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "net/byte_stream.h"
#include "net/http_client.h"
#include "net/io_guard.h"

namespace tailrace {

struct HttpConnection {
  std::string key;  // scheme, host, port and proxy: who may use it again
  std::unique_ptr<ByteStream> stream;
  std::string input;  // bytes that came and are not used yet
  bool reused = false;
  std::int64_t idle_since_ns = 0;
};

class HttpExchange {
 public:
  explicit HttpExchange(std::unique_ptr<HttpConnection> connection)
      : connection_(std::move(connection)) {}

  // Sends `head` (request line and headers) and the body, and reads status and headers of the
  // answer.
  awaitable<Result<void>> start(std::string_view head, const HttpRequest& request);
  // The next piece of the body; 0 at its end.
  awaitable<Result<std::size_t>> read_some(std::span<char> into);

  int status() const noexcept { return status_; }
  HttpHeaders& headers() noexcept { return headers_; }
  // Whether any byte of an answer has come: a request that failed before may be sent again.
  bool answered() const noexcept { return answered_; }
  bool body_done() const noexcept { return body_done_; }
  void close() noexcept { connection_->stream->close(); }
  // The connection, if it can serve another request; else null.
  std::unique_ptr<HttpConnection> take_reusable();

 private:
  using Parser = boost::beast::http::response_parser<boost::beast::http::buffer_body>;
  awaitable<Result<void>> read_head(bool to_head_request);
  // Takes what has come into the parser; waits for more where it needs more.
  awaitable<Result<void>> parse_more();
  // Waits for bytes. False: the server has closed the connection.
  awaitable<Result<bool>> fill();

  std::unique_ptr<HttpConnection> connection_;
  std::optional<Parser> parser_;
  int status_ = 0;
  HttpHeaders headers_;
  bool answered_ = false;
  bool keep_alive_ = false;
  bool body_done_ = false;
};

// The request line and the headers. `absolute`: for a proxy. kInvalid if a header cannot be sent.
Result<std::string> request_head(const HttpRequest& request, const std::string& user_agent,
                                 bool absolute, const Url* proxy);

}  // namespace tailrace
