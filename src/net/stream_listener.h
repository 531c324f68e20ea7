// StreamListener: accepts TCP connections as byte streams, for protocols that are no HTTP.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "net/async.h"
#include "net/byte_stream.h"
#include "net/io_guard.h"
#include "net/tls.h"

namespace tailrace {

class StreamListener {
 public:
  struct Connection {
    std::unique_ptr<ByteStream> stream;
    std::string ip;  // of the far end
  };

  // Errors as bind_socket().
  static Result<std::unique_ptr<StreamListener>> open(Executor executor,
                                                      const std::string& address);
  ~StreamListener();
  StreamListener(const StreamListener&) = delete;
  StreamListener& operator=(const StreamListener&) = delete;

  std::uint16_t port() const;
  // kCancelled after close(); kUnavailable when descriptors have run out, say: try again later.
  awaitable<Result<Connection>> accept();
  // The server's side of a TLS handshake on a connection that accept() gave. The guard bounds it.
  static awaitable<Result<void>> start_tls(Connection& connection, TlsServer& tls, IoGuard& guard);
  void close() noexcept;

 private:
  struct Impl;
  explicit StreamListener(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tailrace
