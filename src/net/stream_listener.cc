#include "net/stream_listener.h"

#include <boost/asio/ip/tcp.hpp>

#include "net/bound_socket.h"
#include "net/socket_streams.h"

namespace tailrace {

struct StreamListener::Impl {
  explicit Impl(const Executor& executor) : acceptor(executor) {}
  asio::ip::tcp::acceptor acceptor;
};

StreamListener::StreamListener(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
StreamListener::~StreamListener() { close(); }

Result<std::unique_ptr<StreamListener>> StreamListener::open(Executor executor,
                                                             const std::string& address) {
  TAILRACE_TRY(Fd fd, bind_socket(address, SocketKind::kTcp));
  auto impl = std::make_unique<Impl>(executor);
  sockaddr_storage bound{};
  socklen_t bytes = sizeof bound;
  ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&bound), &bytes);
  const auto protocol = bound.ss_family == AF_INET6 ? asio::ip::tcp::v6() : asio::ip::tcp::v4();
  boost::system::error_code error;
  impl->acceptor.assign(protocol, fd.get(), error);
  if (error) return Error{ErrorCode::kIo, error.message()}.in("listen " + address);
  [[maybe_unused]] const int owned_by_acceptor = fd.release();
  return std::unique_ptr<StreamListener>(new StreamListener(std::move(impl)));
}

std::uint16_t StreamListener::port() const {
  boost::system::error_code ignored;
  return impl_->acceptor.local_endpoint(ignored).port();
}

awaitable<Result<StreamListener::Connection>> StreamListener::accept() {
  auto [error, socket] = co_await impl_->acceptor.async_accept(kAwait);
  if (error) co_return connection_error(error);
  boost::system::error_code gone;
  const asio::ip::tcp::endpoint remote = socket.remote_endpoint(gone);
  Connection connection;
  connection.ip = gone ? "" : ip_text(remote.data());
  connection.stream = std::make_unique<PlainStream>(StreamSocket(std::move(socket)));
  co_return std::move(connection);
}

awaitable<Result<void>> StreamListener::start_tls(Connection& connection, TlsServer& tls,
                                                  IoGuard& guard) {
  Result<TlsContextPtr> shared = tls.current();
  if (!shared) co_return std::move(shared).error();
  // Asio's wrapper frees what it is given, so it gets a share of its own.
  SSL_CTX_up_ref(shared->get());
  asio::ssl::context context(shared->get());
  auto& plain = static_cast<PlainStream&>(*connection.stream);
  auto stream = std::make_unique<TlsStream>(plain.release(), context);
  guard.set_stop([raw = stream.get()] { raw->close(); });
  boost::system::error_code failed = asio::error::operation_aborted;
  if (!guard.tripped()) {
    auto [error] =
        co_await stream->socket().async_handshake(asio::ssl::stream_base::server, kAwait);
    failed = error;
  }
  guard.set_stop(nullptr);
  if (failed) co_return guard.explain(connection_error(failed)).in("TLS with " + connection.ip);
  connection.stream = std::move(stream);
  co_return Result<void>();
}

void StreamListener::close() noexcept {
  boost::system::error_code ignored;
  impl_->acceptor.close(ignored);
}

}  // namespace tailrace
