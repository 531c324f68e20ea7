// HttpClient: HTTP/1.1 to servers we push to or ask: keep-alive, TLS, Unix sockets, proxies,
// redirects.
//
//   HttpClient client(executor, options);
//   HttpRequest request{.method = "POST", .url = url, .headers = {...}, .body = payload};
//   Result<HttpResponse> response = co_await client.send(request, 10 * kNsPerSecond);
//
// The executor runs on one thread (or a strand), and all calls come from there. Any number of
// requests may be under way; each has its own connection, kept for the next one when the server
// agrees. close() and the destructor end what is under way with kCancelled.
//
// Errors: kTimeout when the deadline passes; kUnavailable for all trouble with the connection or an
// answer that is no HTTP; kInvalid for a request that cannot be sent or an answer over its bound;
// kCancelled. A status of 4xx or 5xx is an answer, not an error.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/async.h"
#include "net/http_message.h"
#include "net/proxy.h"
#include "net/tls.h"
#include "net/url.h"

namespace tailrace {

struct HttpClientOptions {
  TlsClientOptions tls;
  ProxyOptions proxy;
  // GET and HEAD follow 301, 302, 303, 307 and 308; others repeat themselves, body and all, after
  // 307 and 308 only. Credentials are not sent on to another host.
  bool follow_redirects = true;
  std::string user_agent = "tailrace";
  std::size_t idle_connections_max = 16;
  std::int64_t idle_timeout_ns = std::int64_t{60} * 1'000'000'000;
};

struct HttpRequest {
  std::string method = "GET";
  Url url;  // user and password become basic authentication, unless there is an Authorization
            // header
  HttpHeaders headers;
  // The body, borrowed until the call returns: `body` and then all pieces, written without copying.
  std::string_view body{};
  std::span<const std::string_view> body_pieces{};
  // Longest body of the answer. Beyond it: kInvalid, or with `cut_response` what fits is returned
  // and the connection closed (for callers who only want the beginning of an error text).
  std::size_t response_bytes_max = std::size_t{32} << 20;
  bool cut_response = false;
};

struct HttpResponse {
  int status = 0;
  HttpHeaders headers;
  std::string body;
};

// An answer whose body comes in pieces. Destroying it early closes the connection.
class HttpStream {
 public:
  struct Impl;
  explicit HttpStream(std::unique_ptr<Impl> impl);
  ~HttpStream();
  HttpStream(const HttpStream&) = delete;
  HttpStream& operator=(const HttpStream&) = delete;

  int status() const noexcept;
  const HttpHeaders& headers() const noexcept;
  // How many bytes came; 0 at the end of the body. `timeout_ns` bounds this wait; 0: for ever.
  // After an error the stream is of no use.
  awaitable<Result<std::size_t>> read_some(std::span<char> into, std::int64_t timeout_ns);
  // Ends a read that waits, with kCancelled.
  void close();

 private:
  std::unique_ptr<Impl> impl_;
};

class HttpClient {
 public:
  HttpClient(Executor executor, HttpClientOptions options);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // One deadline from connect to the end of the body; 0: none.
  awaitable<Result<HttpResponse>> send(const HttpRequest& request, std::int64_t timeout_ns);
  awaitable<Result<HttpResponse>> get(Url url, std::int64_t timeout_ns);
  // Returns when status and headers are there; the deadline ends with them.
  awaitable<Result<std::unique_ptr<HttpStream>>> open(const HttpRequest& request,
                                                      std::int64_t timeout_ns);

  // Ends all requests and streams, now and later, with kCancelled.
  void close();
  std::size_t idle_connections() const;

 private:
  struct Impl;
  friend struct HttpStream::Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace tailrace
