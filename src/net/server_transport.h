// ServerTransport: an accepted, non-blocking socket, with or without TLS. It never waits: it says
// that it would.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <memory>
#include <span>

#include "base/file.h"
#include "net/tls.h"

namespace tailrace {

class ServerTransport {
 public:
  enum class State : std::uint8_t { kDone, kWouldBlock, kEnd, kBroken };
  struct Io {
    State state = State::kDone;
    std::size_t bytes = 0;
  };

  // `context` may be null: no TLS.
  ServerTransport(Fd socket, const TlsContextPtr& context);
  ~ServerTransport();
  ServerTransport(const ServerTransport&) = delete;
  ServerTransport& operator=(const ServerTransport&) = delete;

  int fd() const noexcept { return socket_.get(); }
  bool is_tls() const noexcept { return tls_ != nullptr; }
  // kDone when bytes can flow; to be repeated on events until then.
  State handshake();
  Io read(std::span<char> into);
  // Writes from the front of the pieces, as much as goes. At most 8 pieces.
  Io write(std::span<const iovec> pieces);
  // Tells the far end that nothing more comes.
  void shutdown_write();
  void close();

 private:
  struct TlsFree {
    void operator()(ssl_st* connection) const;
  };
  State state_of(int result);

  Fd socket_;
  std::unique_ptr<ssl_st, TlsFree> tls_;
  bool ready_ = false;
};

}  // namespace tailrace
