// HttpServer: HTTP/1.1 for handlers of a Router: keep-alive, pipelining, TLS, basic authentication,
// limits on everything a stranger decides.
//
//   Router router;
//   router.get("/ready", [](Request&, Response& response) { response.body = "Ready\n"; });
//   HttpServer server(executor, std::move(router), options);
//   Result<void> ready = server.listen();   // "listen 127.0.0.1:5000: Address already in use"
//   ...
//   co_await server.stop(5 * kNsPerSecond);
//
// One thread: the executor's. Handlers, observers and all calls run there. Whatever handlers use
// must live until stop() has returned; after that the server may be destroyed.
//
// How it is fast: connections are small state machines on an epoll set of their own, which Asio
// watches as one descriptor; a request costs one recv and one send, no timer, no coroutine (unless
// its handler is one) and no allocation. Requests that come together (pipelining) are answered by
// one send. Idle connections hold no buffers. One sweep, twice a second, ends what is too slow.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "net/async.h"
#include "net/router.h"
#include "net/tls.h"

namespace tailrace {

struct BasicAuthUser {
  std::string name;
  std::string password;
};

struct ListenOptions {
  std::string address;                 // "" is all, IPv4 and IPv6; a literal address or a name
  std::uint16_t port = 0;              // 0: any free one, see HttpServer::port
  std::string network = "tcp";         // tcp, tcp4, tcp6: which addresses "" and names stand for
  TlsServerOptions tls{};              // off unless it has a certificate
  std::vector<BasicAuthUser> users{};  // none: open to all
  bool reuse_port = false;             // several processes share the port
};

// Who can reach it is on this machine, or has shown a password or a certificate.
bool is_closed(const ListenOptions& listen);

struct HttpServerOptions {
  std::string name = "http";  // in the log
  std::vector<ListenOptions> listeners;
  std::size_t connections_max =
      0;  // 0: as many as descriptors allow. Beyond: they wait unaccepted.
  std::size_t target_bytes_max = 16 * 1024;
  std::size_t header_bytes_max = 64 * 1024;  // of the whole head
  std::size_t body_bytes_max = std::size_t{16} << 20;
  std::int64_t idle_timeout_ns = std::int64_t{120} * 1'000'000'000;  // between requests
  std::int64_t header_timeout_ns =
      std::int64_t{30} * 1'000'000'000;  // TLS handshake, head of a request
  std::int64_t body_timeout_ns = std::int64_t{30} * 1'000'000'000;   // without progress
  std::int64_t write_timeout_ns = std::int64_t{30} * 1'000'000'000;  // without progress
};

class HttpServer {
 public:
  HttpServer(Executor executor, Router router, HttpServerOptions options);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Binds all listeners and begins to accept. On an error none is left open.
  Result<void> listen();
  // The port of a listener, also of one that asked for any.
  std::uint16_t port(std::size_t listener = 0) const;
  std::size_t connections() const;
  // Accepts no more, lets running requests finish until the deadline, cancels what is left.
  awaitable<void> stop(std::int64_t deadline_ns);

 private:
  std::shared_ptr<struct ServerCore> core_;
};

}  // namespace tailrace
