#include "net/dial.h"

#include <openssl/ssl.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <vector>

#include "base/base_n.h"
#include "net/await.h"
#include "net/socket_streams.h"

namespace tailrace {
namespace {

namespace http = boost::beast::http;

using Socket = StreamSocket;
using Endpoint = asio::generic::stream_protocol::endpoint;

constexpr std::size_t kProxyHeadBytesMax = 16 * 1024;

// A name lookup runs on Asio's own thread and cannot be interrupted there, so the caller waits for
// `done`, and the answer may come when nobody cares any more.
struct Lookup {
  explicit Lookup(const Executor& executor) : resolver(executor), done(executor) {
    done.expires_at(asio::steady_timer::time_point::max());
  }
  asio::ip::tcp::resolver resolver;
  asio::steady_timer done;
  bool answered = false;
  boost::system::error_code error;
  std::vector<Endpoint> endpoints;
};

awaitable<Result<std::vector<Endpoint>>> resolve(Executor executor, const Url& url,
                                                 IoGuard& guard) {
  boost::system::error_code not_an_address;
  const asio::ip::address address = asio::ip::make_address(url.host, not_an_address);
  if (!not_an_address)
    co_return std::vector<Endpoint>{asio::ip::tcp::endpoint(address, url.port_or_default())};
  const auto lookup = std::make_shared<Lookup>(executor);
  lookup->resolver.async_resolve(url.host, std::to_string(url.port_or_default()),
                                 [lookup](const boost::system::error_code& error,
                                          const asio::ip::tcp::resolver::results_type& found) {
                                   lookup->answered = true;
                                   lookup->error = error;
                                   for (const auto& entry : found)
                                     lookup->endpoints.emplace_back(entry.endpoint());
                                   lookup->done.cancel();
                                 });
  guard.set_stop([lookup] { lookup->done.cancel(); });
  if (!guard.tripped()) {
    [[maybe_unused]] auto [waited] = co_await lookup->done.async_wait(kAwait);
  }
  guard.set_stop(nullptr);
  if (!lookup->answered) {
    lookup->resolver.cancel();
    co_return guard.explain(Error{ErrorCode::kCancelled, "cancelled"}).in("lookup " + url.host);
  }
  if (lookup->error)
    co_return Error{ErrorCode::kUnavailable, lookup->error.message()}.in("lookup " + url.host);
  co_return std::move(lookup->endpoints);
}

// One attempt; `share_ns` bounds it so that a silent first address leaves time for the next.
awaitable<Result<Socket>> connect_one(Executor executor, Endpoint endpoint, std::int64_t share_ns,
                                      IoGuard& guard) {
  const auto socket = std::make_shared<Socket>(executor);
  const auto close = [socket] {
    boost::system::error_code ignored;
    socket->close(ignored);
  };
  guard.set_stop(close);
  IoGuard share(executor, share_ns);
  share.set_stop(close);
  boost::system::error_code error;
  if (!guard.tripped()) {
    auto [connected] = co_await socket->async_connect(endpoint, kAwait);
    error = connected;
  }
  guard.set_stop(nullptr);
  if (guard.tripped()) co_return guard.explain(Error{ErrorCode::kCancelled, "cancelled"});
  if (share.tripped()) co_return Error{ErrorCode::kUnavailable, "no answer"};
  if (error) co_return connection_error(error);
  // After a failed or cancelled connect the handle may be gone.
  if (endpoint.protocol().family() != AF_UNIX) {
    boost::system::error_code ignored;
    socket->set_option(asio::ip::tcp::no_delay(true), ignored);
    socket->set_option(asio::socket_base::keep_alive(true), ignored);
  }
  co_return std::move(*socket);
}

awaitable<Result<Socket>> connect(Executor executor, const Url& url, IoGuard& guard) {
  std::vector<Endpoint> endpoints;
  if (url.scheme == "unix") {
    if (url.socket_path.size() > 107)
      co_return Error{ErrorCode::kInvalid, "the path of a socket may have 107 bytes"};
    endpoints.emplace_back(asio::local::stream_protocol::endpoint(url.socket_path));
  } else {
    Result<std::vector<Endpoint>> found = co_await resolve(executor, url, guard);
    if (!found) co_return std::move(found).error();
    endpoints = std::move(found).value();
  }
  Error last{ErrorCode::kUnavailable, "no address"};
  for (std::size_t i = 0; i < endpoints.size(); ++i) {
    const std::size_t left = endpoints.size() - i;
    const std::int64_t share_ns = left == 1 || guard.left_ns() == INT64_MAX
                                      ? 0
                                      : guard.left_ns() / static_cast<std::int64_t>(left);
    const Endpoint endpoint = endpoints[i];
    Result<Socket> socket = co_await connect_one(executor, endpoint, share_ns, guard);
    if (socket) co_return std::move(socket).value();
    last = std::move(socket).error();
    if (guard.tripped() || last.code() == ErrorCode::kCancelled) break;
  }
  co_return std::move(last).in(
      "connect " + (url.scheme == "unix" ? url.socket_path
                                         : url.host + ":" + std::to_string(url.port_or_default())));
}

// Asks a proxy for a tunnel to the server.
awaitable<Result<void>> open_tunnel(PlainStream& stream, const DialRequest& request) {
  const std::string host = request.url.host.find(':') == std::string::npos
                               ? request.url.host
                               : "[" + request.url.host + "]";
  const std::string server = host + ":" + std::to_string(request.url.port_or_default());
  std::string text = "CONNECT " + server + " HTTP/1.1\r\nHost: " + server + "\r\n";
  if (request.proxy->has_user) {
    text += "Proxy-Authorization: " +
            basic_authorization(request.proxy->user, request.proxy->password) + "\r\n";
  }
  for (const auto& [name, value] : request.proxy_headers) text += name + ": " + value + "\r\n";
  text += "\r\n";
  const std::string_view piece = text;
  Result<void> written = co_await stream.write(std::span(&piece, 1));
  if (!written) co_return std::move(written).error();
  // A 2xx has no body, whatever its headers say: the next bytes are the server's, and it speaks
  // after us in TLS.
  http::response_parser<http::empty_body> answer;
  answer.header_limit(kProxyHeadBytesMax);
  answer.skip(true);
  std::string input;
  while (!answer.is_header_done()) {
    char part[1024];
    Result<std::size_t> count = co_await stream.read_some(part);
    if (!count) co_return std::move(count).error();
    if (*count == 0) co_return Error{ErrorCode::kUnavailable, "the proxy closed the connection"};
    input.append(part, *count);
    boost::system::error_code error;
    input.erase(0, answer.put(asio::buffer(input), error));
    if (error && error != http::error::need_more)
      co_return Error{ErrorCode::kUnavailable, "the proxy does not answer in HTTP"};
  }
  const unsigned status = answer.get().result_int();
  if (status / 100 != 2)
    co_return Error{ErrorCode::kUnavailable, "the proxy answers " + std::to_string(status)};
  if (!input.empty()) co_return Error{ErrorCode::kUnavailable, "the proxy sends too much"};
  co_return Result<void>();
}

awaitable<Result<std::unique_ptr<ByteStream>>> start_tls(Socket socket, const DialRequest& request,
                                                         IoGuard& guard) {
  Result<TlsContextPtr> shared = request.tls->current();
  if (!shared) co_return std::move(shared).error();
  // Asio's wrapper frees what it is given; it gets a share of its own and is only needed while the
  // stream is made.
  SSL_CTX_up_ref(shared->get());
  asio::ssl::context context(shared->get());
  auto stream = std::make_unique<TlsStream>(std::move(socket), context);
  SSL* const connection = stream->socket().native_handle();
  Result<void> prepared = prepare_tls_client(connection, request.tls->options(), request.url.host);
  if (!prepared) co_return std::move(prepared).error();
  guard.set_stop([raw = stream.get()] { raw->close(); });
  boost::system::error_code failed = asio::error::operation_aborted;
  if (!guard.tripped()) {
    auto [error] =
        co_await stream->socket().async_handshake(asio::ssl::stream_base::client, kAwait);
    failed = error;
  }
  guard.set_stop(nullptr);
  if (!failed) co_return std::move(stream);
  if (guard.tripped() || failed == asio::error::operation_aborted)
    co_return guard.explain(connection_error(failed));
  const long verified = SSL_get_verify_result(connection);
  std::string why = verified != X509_V_OK ? handshake_error_text(connection) : failed.message();
  co_return Error{ErrorCode::kUnavailable, std::move(why)}.in("TLS with " +
                                                              request.url.authority());
}

}  // namespace

std::string basic_authorization(const std::string& user, const std::string& password) {
  return "Basic " + encode_base64(user + ":" + password);
}

awaitable<Result<std::unique_ptr<ByteStream>>> dial(Executor executor, DialRequest request,
                                                    IoGuard& guard) {
  const Url& first = request.proxy ? *request.proxy : request.url;
  Result<Socket> socket = co_await connect(executor, first, guard);
  if (!socket) co_return std::move(socket).error();
  if (!request.url.is_tls()) co_return std::make_unique<PlainStream>(std::move(socket).value());
  Socket connected = std::move(socket).value();
  if (request.proxy) {
    PlainStream plain(std::move(connected));
    guard.set_stop([&plain] { plain.close(); });
    Result<void> tunnel = co_await open_tunnel(plain, request);
    guard.set_stop(nullptr);
    if (!tunnel)
      co_return guard.explain(std::move(tunnel).error()).in("proxy " + request.proxy->text());
    connected = plain.release();
  }
  Result<std::unique_ptr<ByteStream>> stream =
      co_await start_tls(std::move(connected), request, guard);
  co_return stream;
}

}  // namespace tailrace
