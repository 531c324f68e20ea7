#include "net/server_transport.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <climits>

namespace tailrace {

void ServerTransport::TlsFree::operator()(ssl_st* connection) const { SSL_free(connection); }

ServerTransport::ServerTransport(Fd socket, const TlsContextPtr& context)
    : socket_(std::move(socket)) {
  if (!context) {
    ready_ = true;
    return;
  }
  tls_.reset(SSL_new(context.get()));
  SSL_set_fd(tls_.get(), socket_.get());
  SSL_set_accept_state(tls_.get());
}

ServerTransport::~ServerTransport() = default;

ServerTransport::State ServerTransport::state_of(int result) {
  switch (SSL_get_error(tls_.get(), result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      return State::kWouldBlock;
    case SSL_ERROR_ZERO_RETURN:
      return State::kEnd;
    default:
      ERR_clear_error();
      return State::kBroken;
  }
}

ServerTransport::State ServerTransport::handshake() {
  if (ready_) return State::kDone;
  ERR_clear_error();
  const int result = SSL_do_handshake(tls_.get());
  if (result != 1) return state_of(result);
  ready_ = true;
  return State::kDone;
}

ServerTransport::Io ServerTransport::read(std::span<char> into) {
  if (tls_) {
    ERR_clear_error();
    const int room = static_cast<int>(std::min<std::size_t>(into.size(), INT_MAX));
    const int count = SSL_read(tls_.get(), into.data(), room);
    return count > 0 ? Io{State::kDone, static_cast<std::size_t>(count)} : Io{state_of(count), 0};
  }
  while (true) {
    const ssize_t count = ::recv(socket_.get(), into.data(), into.size(), 0);
    if (count > 0) return {State::kDone, static_cast<std::size_t>(count)};
    if (count == 0) return {State::kEnd, 0};
    if (errno == EINTR) continue;
    return {errno == EAGAIN || errno == EWOULDBLOCK ? State::kWouldBlock : State::kBroken, 0};
  }
}

ServerTransport::Io ServerTransport::write(std::span<const iovec> pieces) {
  if (tls_) {
    std::size_t written = 0;
    for (const iovec& piece : pieces) {
      for (std::size_t at = 0; at < piece.iov_len;) {
        ERR_clear_error();
        const int room = static_cast<int>(std::min<std::size_t>(piece.iov_len - at, INT_MAX));
        const int count =
            SSL_write(tls_.get(), static_cast<const char*>(piece.iov_base) + at, room);
        if (count <= 0) return {state_of(count), written};
        at += static_cast<std::size_t>(count);
        written += static_cast<std::size_t>(count);
      }
    }
    return {State::kDone, written};
  }
  while (true) {
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(pieces.data());
    message.msg_iovlen = pieces.size();
    // One piece is the usual case, and send() is the cheaper call.
    const ssize_t count = pieces.size() == 1 ? ::send(socket_.get(), pieces[0].iov_base,
                                                      pieces[0].iov_len, MSG_NOSIGNAL)
                                             : ::sendmsg(socket_.get(), &message, MSG_NOSIGNAL);
    if (count >= 0) return {State::kDone, static_cast<std::size_t>(count)};
    if (errno == EINTR) continue;
    return {errno == EAGAIN || errno == EWOULDBLOCK ? State::kWouldBlock : State::kBroken, 0};
  }
}

void ServerTransport::shutdown_write() {
  if (tls_ && ready_) {
    ERR_clear_error();
    SSL_shutdown(tls_.get());
    ERR_clear_error();
  }
  ::shutdown(socket_.get(), SHUT_WR);
}

void ServerTransport::close() { socket_.close(); }

}  // namespace tailrace
