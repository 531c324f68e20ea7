#include "net/http_client.h"

#include <algorithm>
#include <unordered_set>
#include <vector>

#include "base/clock.h"
#include "base/text.h"
#include "net/await.h"
#include "net/dial.h"
#include "net/http_exchange.h"

namespace tailrace {
namespace {

constexpr int kRedirectsMax = 10;
constexpr std::size_t kBodyPieceBytes = 64 * 1024;

std::int64_t now_ns() { return Clock::system().monotonic_ns(); }

std::string connection_key(const Url& url, const std::optional<Url>& proxy) {
  std::string key = url.scheme == "unix"
                        ? url.socket_path
                        : url.scheme + " " + url.host + " " + std::to_string(url.port_or_default());
  if (proxy) key += " " + proxy->text() + " " + proxy->password;
  return key;
}

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

// The request that follows a redirect, or nothing if the answer stands for itself.
std::optional<HttpRequest> redirected(const HttpRequest& request, int status,
                                      const HttpHeaders& headers) {
  const bool repeats = status == 307 || status == 308;
  const bool is_read = request.method == "GET" || request.method == "HEAD";
  const std::string_view location = header_value(headers, "Location");
  if (!is_redirect(status) || (!repeats && !is_read) || location.empty()) return std::nullopt;
  Result<Url> url = resolve_url(request.url, location);
  if (!url || (url->scheme == "unix" && request.url.scheme != "unix")) return std::nullopt;
  HttpRequest next = request;
  const bool same_host = url->scheme == request.url.scheme && url->host == request.url.host &&
                         url->port_or_default() == request.url.port_or_default();
  next.url = std::move(url).value();
  if (same_host) {
    if (!next.url.has_user) {
      next.url.has_user = request.url.has_user;
      next.url.user = request.url.user;
      next.url.password = request.url.password;
    }
  } else {
    std::erase_if(next.headers, [](const auto& header) {
      return equals_ignoring_case(header.first, "Authorization") ||
             equals_ignoring_case(header.first, "Cookie") ||
             equals_ignoring_case(header.first, "Host");
    });
  }
  return next;
}

}  // namespace

struct HttpClient::Impl {
  Impl(Executor on, HttpClientOptions given)
      : executor(std::move(on)), options(std::move(given)), tls(options.tls) {}

  Executor executor;
  const HttpClientOptions options;
  TlsClient tls;
  bool closed = false;
  std::vector<std::unique_ptr<HttpConnection>> idle;  // newest last; at most idle_connections_max
  std::unordered_set<IoGuard*> guards;                // of all that is under way

  void close() {
    closed = true;
    idle.clear();
    for (IoGuard* guard : guards) guard->cancel();
  }

  // A kept connection, or null. Old and dead ones are dropped on the way.
  std::unique_ptr<HttpConnection> take_idle(const std::string& key) {
    const std::int64_t oldest = now_ns() - options.idle_timeout_ns;
    std::erase_if(idle,
                  [oldest](const auto& connection) { return connection->idle_since_ns < oldest; });
    for (std::size_t i = idle.size(); i-- > 0;) {
      if (idle[i]->key != key) continue;
      std::unique_ptr<HttpConnection> connection = std::move(idle[i]);
      idle.erase(idle.begin() + static_cast<std::ptrdiff_t>(i));
      if (!connection->stream->is_quiet()) continue;
      connection->reused = true;
      return connection;
    }
    return nullptr;
  }

  void keep(std::unique_ptr<HttpConnection> connection) {
    if (!connection || closed || options.idle_connections_max == 0) return;
    if (idle.size() >= options.idle_connections_max) idle.erase(idle.begin());
    connection->idle_since_ns = now_ns();
    idle.push_back(std::move(connection));
  }
};

namespace {

// Knows the client while a guard is alive, so that close() reaches it.
template <class Client>
class GuardEntry {
 public:
  GuardEntry(std::shared_ptr<Client> client, IoGuard& guard)
      : client_(std::move(client)), guard_(guard) {
    client_->guards.insert(&guard_);
    if (client_->closed) guard_.cancel();
  }
  ~GuardEntry() { client_->guards.erase(&guard_); }
  GuardEntry(const GuardEntry&) = delete;
  GuardEntry& operator=(const GuardEntry&) = delete;

 private:
  std::shared_ptr<Client> client_;
  IoGuard& guard_;
};

template <class Client>
awaitable<Result<std::unique_ptr<HttpConnection>>> connect(Client& client, const Url& url,
                                                           const std::optional<Url>& proxy,
                                                           IoGuard& guard) {
  auto connection = std::make_unique<HttpConnection>();
  connection->key = connection_key(url, proxy);
  DialRequest request{url, proxy, client.options.proxy.connect_headers, &client.tls};
  Result<std::unique_ptr<ByteStream>> stream =
      co_await dial(client.executor, std::move(request), guard);
  if (!stream) co_return std::move(stream).error();
  connection->stream = std::move(stream).value();
  co_return std::move(connection);
}

// One request without redirects: on a kept connection if there is one, again on a new one if that
// had died.
template <class Client>
awaitable<Result<std::unique_ptr<HttpExchange>>> exchange(Client& client,
                                                          const HttpRequest& request,
                                                          IoGuard& guard) {
  Result<std::optional<Url>> proxy = proxy_for(client.options.proxy, request.url);
  if (!proxy) co_return std::move(proxy).error();
  const bool absolute = *proxy && !request.url.is_tls();
  Result<std::string> head =
      request_head(request, client.options.user_agent, absolute, absolute ? &**proxy : nullptr);
  if (!head) co_return std::move(head).error();
  std::unique_ptr<HttpConnection> connection =
      client.take_idle(connection_key(request.url, *proxy));
  while (true) {
    if (!connection) {
      Result<std::unique_ptr<HttpConnection>> fresh =
          co_await connect(client, request.url, *proxy, guard);
      if (!fresh) co_return std::move(fresh).error();
      connection = std::move(fresh).value();
    }
    const bool reused = connection->reused;
    auto attempt = std::make_unique<HttpExchange>(std::move(connection));
    guard.set_stop([raw = attempt.get()] { raw->close(); });
    Result<void> started = co_await attempt->start(*head, request);
    guard.set_stop(nullptr);
    if (started) co_return std::move(attempt);
    if (guard.tripped() || !reused || attempt->answered() ||
        started.error().code() == ErrorCode::kCancelled) {
      co_return guard.explain(std::move(started).error());
    }
    connection = nullptr;
  }
}

// The rest of a body that nobody wants, if it is short: the connection can be used again then.
awaitable<void> skip_body(HttpExchange& exchange) {
  std::vector<char> room(4096);
  for (int pieces = 0; pieces < 16 && !exchange.body_done(); ++pieces) {
    Result<std::size_t> count = co_await exchange.read_some(room);
    if (!count) co_return;
  }
}

template <class Client>
awaitable<Result<std::unique_ptr<HttpExchange>>> exchange_following(Client& client,
                                                                    const HttpRequest& request,
                                                                    IoGuard& guard) {
  HttpRequest current = request;
  for (int hops = 0;; ++hops) {
    Result<std::unique_ptr<HttpExchange>> done = co_await exchange(client, current, guard);
    if (!done || !client.options.follow_redirects) co_return done;
    std::optional<HttpRequest> next = redirected(current, (*done)->status(), (*done)->headers());
    if (!next) co_return done;
    if (hops == kRedirectsMax)
      co_return Error{ErrorCode::kUnavailable,
                      "stopped after " + std::to_string(kRedirectsMax) + " redirects"};
    current = std::move(*next);
    HttpExchange& skipped = **done;
    guard.set_stop([&skipped] { skipped.close(); });
    co_await skip_body(skipped);
    guard.set_stop(nullptr);
    client.keep(skipped.take_reusable());
  }
}

awaitable<Result<void>> read_body(HttpExchange& exchange, const HttpRequest& request,
                                  std::string& body) {
  const std::size_t most = request.response_bytes_max;
  while (!exchange.body_done()) {
    const std::size_t had = body.size();
    // One byte more than allowed tells an answer that just fits from one that does not.
    const std::size_t room = std::min(kBodyPieceBytes, most - had + 1);
    body.resize(had + room);
    const std::span<char> into(body.data() + had, room);
    Result<std::size_t> count = co_await exchange.read_some(into);
    body.resize(had + (count ? *count : 0));
    if (!count) co_return std::move(count).error();
    if (body.size() <= most) continue;
    body.resize(most);
    if (request.cut_response) break;
    co_return Error{ErrorCode::kInvalid,
                    "the answer is longer than " + std::to_string(most) + " bytes"};
  }
  co_return Result<void>();
}

template <class Client>
awaitable<Result<HttpResponse>> send_request(std::shared_ptr<Client> client,
                                             const HttpRequest& request, std::int64_t timeout_ns) {
  IoGuard guard(client->executor, timeout_ns);
  const GuardEntry entry(client, guard);
  Result<std::unique_ptr<HttpExchange>> started =
      co_await exchange_following(*client, request, guard);
  if (!started) co_return std::move(started).error();
  HttpExchange& exchange = **started;
  HttpResponse response;
  response.status = exchange.status();
  response.headers = std::move(exchange.headers());
  guard.set_stop([&exchange] { exchange.close(); });
  Result<void> read = co_await read_body(exchange, request, response.body);
  guard.set_stop(nullptr);
  if (!read) co_return guard.explain(std::move(read).error());
  client->keep(exchange.take_reusable());
  co_return std::move(response);
}

}  // namespace

struct HttpStream::Impl {
  Impl(std::shared_ptr<HttpClient::Impl> of, std::unique_ptr<HttpExchange> started)
      : client(std::move(of)),
        exchange(std::move(started)),
        guard(client->executor, 0),
        entry(client, guard) {}
  ~Impl() { client->keep(exchange->take_reusable()); }

  std::shared_ptr<HttpClient::Impl> client;
  std::unique_ptr<HttpExchange> exchange;
  IoGuard guard;
  GuardEntry<HttpClient::Impl> entry;
};

HttpStream::HttpStream(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpStream::~HttpStream() = default;
int HttpStream::status() const noexcept { return impl_->exchange->status(); }
const HttpHeaders& HttpStream::headers() const noexcept { return impl_->exchange->headers(); }
void HttpStream::close() { impl_->guard.cancel(); }

awaitable<Result<std::size_t>> HttpStream::read_some(std::span<char> into,
                                                     std::int64_t timeout_ns) {
  Impl& self = *impl_;
  if (self.guard.tripped()) co_return self.guard.explain(Error{ErrorCode::kCancelled, "cancelled"});
  self.guard.restart(timeout_ns);
  self.guard.set_stop([raw = self.exchange.get()] { raw->close(); });
  Result<std::size_t> count = co_await self.exchange->read_some(into);
  self.guard.set_stop(nullptr);
  if (!count) co_return self.guard.explain(std::move(count).error());
  self.guard.restart(0);
  co_return count;
}

HttpClient::HttpClient(Executor executor, HttpClientOptions options)
    : impl_(std::make_shared<Impl>(std::move(executor), std::move(options))) {}
HttpClient::~HttpClient() { close(); }
void HttpClient::close() { impl_->close(); }
std::size_t HttpClient::idle_connections() const { return impl_->idle.size(); }

awaitable<Result<HttpResponse>> HttpClient::send(const HttpRequest& request,
                                                 std::int64_t timeout_ns) {
  return send_request(impl_, request, timeout_ns);
}

awaitable<Result<HttpResponse>> HttpClient::get(Url url, std::int64_t timeout_ns) {
  const std::shared_ptr<Impl> impl = impl_;
  HttpRequest request;
  request.url = std::move(url);
  Result<HttpResponse> response = co_await send_request(impl, request, timeout_ns);
  co_return response;
}

awaitable<Result<std::unique_ptr<HttpStream>>> HttpClient::open(const HttpRequest& request,
                                                                std::int64_t timeout_ns) {
  const std::shared_ptr<Impl> impl = impl_;
  std::unique_ptr<HttpExchange> started;
  {
    IoGuard guard(impl->executor, timeout_ns);
    const GuardEntry entry(impl, guard);
    Result<std::unique_ptr<HttpExchange>> done = co_await exchange_following(*impl, request, guard);
    if (!done) co_return std::move(done).error();
    started = std::move(done).value();
  }
  auto stream = std::make_unique<HttpStream::Impl>(impl, std::move(started));
  co_return std::make_unique<HttpStream>(std::move(stream));
}

}  // namespace tailrace
