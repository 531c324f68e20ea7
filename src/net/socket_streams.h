// The byte streams over Asio's sockets. For bodies of `net`.
#pragma once

#include <openssl/ssl.h>
#include <sys/socket.h>

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <utility>
#include <vector>

#include "net/await.h"
#include "net/byte_stream.h"

namespace tailrace {

using StreamSocket = asio::generic::stream_protocol::socket;
using TlsStreamSocket = asio::ssl::stream<StreamSocket>;

inline std::vector<asio::const_buffer> buffers_of(std::span<const std::string_view> pieces) {
  std::vector<asio::const_buffer> out;
  out.reserve(pieces.size());
  for (const std::string_view piece : pieces) {
    if (!piece.empty()) out.emplace_back(piece.data(), piece.size());
  }
  return out;
}

inline bool socket_is_quiet(StreamSocket& socket) {
  char byte = 0;
  return socket.is_open() &&
         ::recv(socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
         (errno == EAGAIN || errno == EWOULDBLOCK);
}

// `Socket`: an Asio stream.
template <class Socket>
class SocketStream : public ByteStream {
 public:
  awaitable<Result<std::size_t>> read_some(std::span<char> into) override {
    const asio::mutable_buffer room(into.data(), into.size());
    auto [error, count] = co_await socket_.async_read_some(room, kAwait);
    if (error == asio::error::eof) co_return std::size_t{0};
    // Of TLS without its closing message, too, as the end may have been forged; bodies that know
    // their length do not ask.
    if (error) co_return connection_error(error);
    co_return count;
  }
  awaitable<Result<void>> write(std::span<const std::string_view> pieces) override {
    const std::vector<asio::const_buffer> buffers = buffers_of(pieces);
    auto [error, count] = co_await asio::async_write(socket_, buffers, kAwait);
    if (error) co_return connection_error(error);
    co_return Result<void>();
  }
  void close() noexcept override {
    boost::system::error_code ignored;
    socket_.lowest_layer().close(ignored);
  }

 protected:
  template <class... Arguments>
  explicit SocketStream(Arguments&&... arguments)
      : socket_(std::forward<Arguments>(arguments)...) {}

  Socket socket_;
};

class PlainStream final : public SocketStream<StreamSocket> {
 public:
  explicit PlainStream(StreamSocket socket) : SocketStream(std::move(socket)) {}

  bool is_quiet() override { return socket_is_quiet(socket_); }
  StreamSocket release() { return std::move(socket_); }
};

class TlsStream final : public SocketStream<TlsStreamSocket> {
 public:
  TlsStream(StreamSocket socket, asio::ssl::context& context)
      : SocketStream(std::move(socket), context) {}

  TlsStreamSocket& socket() { return socket_; }
  bool is_quiet() override {
    return SSL_has_pending(socket_.native_handle()) == 0 && socket_is_quiet(socket_.next_layer());
  }
};

}  // namespace tailrace
