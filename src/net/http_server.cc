#include "net/http_server.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio/post.hpp>
#include <csignal>
#include <cstring>
#include <mutex>

#include "net/await.h"
#include "net/bound_socket.h"
#include "net/dial.h"
#include "net/server_connection.h"
#include "telemetry/log.h"

namespace tailrace {
namespace {

constexpr int kEventsMax = 256;
constexpr int kAcceptsMax = 64;  // in one turn
constexpr int kBacklog = 4096;
constexpr std::chrono::milliseconds kSweepPeriod{500};
constexpr std::chrono::seconds kCancelGrace{2};
// epoll gives back one word: a connection's address, or a listener's with its lowest bit set.
constexpr std::uint64_t kListenerBit = 1;

log::Every accept_trouble(10 * kNsPerSecond);

struct AddressFree {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};

std::string listen_text(const ListenOptions& options) {
  const bool v6 = options.address.find(':') != std::string::npos;
  return "listen " + (v6 ? "[" + options.address + "]" : options.address) + ":" +
         std::to_string(options.port);
}

Result<Fd> bind_one(const ListenOptions& options, const sockaddr* address, socklen_t bytes) {
  Fd fd(::socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return errno_error(listen_text(options), errno);
  const int on = 1;
  const int off = 0;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (options.reuse_port) ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  if (address->sa_family == AF_INET6 && options.address.empty()) {
    const int& only = options.network == "tcp6" ? on : off;
    ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof only);
  }
  // Accepted sockets inherit these.
  ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(fd.get(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  if (::bind(fd.get(), address, bytes) != 0 || ::listen(fd.get(), kBacklog) != 0)
    return errno_error(listen_text(options), errno);
  return fd;
}

Result<Fd> bind_listener(const ListenOptions& options) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  hints.ai_family = options.network == "tcp4"   ? AF_INET
                    : options.network == "tcp6" ? AF_INET6
                                                : AF_UNSPEC;
  // All addresses: one IPv6 socket that also takes IPv4.
  if (options.address.empty() && hints.ai_family == AF_UNSPEC) hints.ai_family = AF_INET6;
  for (int attempt = 0;; ++attempt) {
    addrinfo* found = nullptr;
    const int failed = ::getaddrinfo(options.address.empty() ? nullptr : options.address.c_str(),
                                     std::to_string(options.port).c_str(), &hints, &found);
    if (failed != 0)
      return Error{ErrorCode::kInvalid, gai_strerror(failed)}.in(listen_text(options));
    const std::unique_ptr<addrinfo, AddressFree> list(found);
    Result<Fd> fd = bind_one(options, list->ai_addr, list->ai_addrlen);
    const bool without_v6 = !fd && options.address.empty() && options.network != "tcp6" &&
                            attempt == 0 && (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL);
    if (!without_v6) return fd;
    hints.ai_family = AF_INET;
  }
}

void add_to_epoll(int epoll, int fd, std::uint32_t events, std::uint64_t word) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = word;
  ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

}  // namespace

ServerCore::ServerCore(Executor on, Router with, HttpServerOptions given)
    : executor(std::move(on)),
      router(std::move(with)),
      options(std::move(given)),
      epoll(executor, ::epoll_create1(EPOLL_CLOEXEC)),
      sweep_timer(executor),
      all_closed(executor),
      input(kReadBytes) {
  all_closed.expires_at(asio::steady_timer::time_point::max());
  output.reserve(kReadBytes);
}

ServerCore::~ServerCore() = default;

Result<void> ServerCore::listen() {
  for (const ListenOptions& wanted : options.listeners) {
    auto listener = std::make_unique<ServerListener>();
    listener->options = wanted;
    for (const BasicAuthUser& user : wanted.users)
      listener->credentials.push_back(basic_authorization(user.name, user.password));
    if (wanted.tls.enabled()) {
      // OpenSSL writes with write(2), so a client that has gone would kill us by signal.
      std::signal(SIGPIPE, SIG_IGN);
      listener->tls = std::make_unique<TlsServer>(wanted.tls);
      const Result<TlsContextPtr> context = listener->tls->current();
      if (!context) return Error(context.error()).in(listen_text(wanted));
    }
    TAILRACE_TRY(listener->socket, bind_listener(wanted));
    listener->port = bound_port(listener->socket.get());
    listeners.push_back(std::move(listener));
  }
  refresh_now();
  resume_accepting();
  watch();
  return {};
}

void ServerCore::resume_accepting() {
  if (accepting || stopping) return;
  accepting = true;
  for (const auto& listener : listeners) {
    add_to_epoll(epoll.native_handle(), listener->socket.get(), EPOLLIN,
                 reinterpret_cast<std::uint64_t>(listener.get()) | kListenerBit);
  }
}

void ServerCore::pause_accepting() {
  if (!accepting) return;
  accepting = false;
  for (const auto& listener : listeners)
    ::epoll_ctl(epoll.native_handle(), EPOLL_CTL_DEL, listener->socket.get(), nullptr);
  arm_sweep();
}

void ServerCore::watch() {
  epoll.async_wait(asio::posix::descriptor_base::wait_read,
                   [weak = weak_from_this()](const boost::system::error_code& error) {
                     const std::shared_ptr<ServerCore> self = weak.lock();
                     if (error || !self) return;
                     self->on_events();
                     if (self->epoll.is_open()) self->watch();
                   });
}

void ServerCore::on_events() {
  std::array<epoll_event, kEventsMax> events;
  const int count = ::epoll_wait(epoll.native_handle(), events.data(), kEventsMax, 0);
  refresh_now();
  in_batch = true;
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    if ((event.data.u64 & kListenerBit) != 0) {
      accept(*reinterpret_cast<ServerListener*>(event.data.u64 & ~kListenerBit));
    } else {
      reinterpret_cast<ServerConnection*>(event.data.u64)->on_event(event.events);
    }
  }
  in_batch = false;
  graveyard.clear();
}

void ServerCore::accept(ServerListener& listener) {
  for (int i = 0; i < kAcceptsMax && accepting; ++i) {
    if (full()) return pause_accepting();
    Fd socket(::accept4(listener.socket.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket) {
      if (errno == EAGAIN || errno == EWOULDBLOCK) return;
      if (errno == EINTR || errno == ECONNABORTED) continue;
      // Out of descriptors or memory: the next sweep tries again; a busy loop would not help.
      if (accept_trouble.due()) {
        log::warn("cannot accept connections for now",
                  {{"server", options.name}, {"error", errno_error("accept", errno).text()}});
      }
      return pause_accepting();
    }
    TlsContextPtr context;
    if (listener.tls) {
      Result<TlsContextPtr> current = listener.tls->current();
      if (!current) continue;
      context = std::move(current).value();
    }
    const int fd = socket.get();
    auto connection = std::make_shared<ServerConnection>(shared_from_this(), listener,
                                                         std::move(socket), context);
    connection->index = connections.size();
    add_to_epoll(epoll.native_handle(), fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
                 reinterpret_cast<std::uint64_t>(connection.get()));
    connections.push_back(std::move(connection));
    // The first request comes with its own event: asking now would mostly find nothing.
    arm_sweep();
  }
}

void ServerCore::remove(ServerConnection& connection) {
  const std::size_t at = connection.index;
  std::shared_ptr<ServerConnection> kept = std::move(connections[at]);
  if (at + 1 != connections.size()) {
    connections[at] = std::move(connections.back());
    connections[at]->index = at;
  }
  connections.pop_back();
  if (in_batch) graveyard.push_back(std::move(kept));
  if (connections.empty()) all_closed.cancel();
  if (!accepting && !full()) resume_accepting();
  // Outside a batch the caller owns a share.
}

void ServerCore::serve_later(std::shared_ptr<ServerConnection> connection) {
  asio::post(executor, [connection = std::move(connection)] { connection->advance(); });
}

void ServerCore::arm_sweep() {
  if (sweep_armed) return;
  sweep_armed = true;
  sweep_timer.expires_after(kSweepPeriod);
  sweep_timer.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const std::shared_ptr<ServerCore> self = weak.lock();
    if (error || !self) return;
    self->sweep_armed = false;
    self->sweep();
  });
}

void ServerCore::sweep() {
  refresh_now();
  in_batch = true;
  // Backwards: a connection that closes is replaced by one that has been looked at.
  for (std::size_t i = connections.size(); i-- > 0;) {
    if (i < connections.size()) connections[i]->check_deadline(now_ns);
  }
  in_batch = false;
  graveyard.clear();
  if (!accepting && !full()) resume_accepting();
  if (!connections.empty() || (!accepting && !stopping)) arm_sweep();
}

HttpServer::HttpServer(Executor executor, Router router, HttpServerOptions options)
    : core_(std::make_shared<ServerCore>(std::move(executor), std::move(router),
                                         std::move(options))) {}

HttpServer::~HttpServer() {
  core_->stopping = true;
  core_->pause_accepting();
  for (const auto& listener : core_->listeners) listener->socket.close();
  core_->sweep_timer.cancel();
  const auto open = core_->connections;
  for (const auto& connection : open) connection->abort();
  boost::system::error_code ignored;
  core_->epoll.close(ignored);
}

Result<void> HttpServer::listen() {
  Result<void> done = core_->listen();
  if (!done) core_->listeners.clear();
  return done;
}

std::uint16_t HttpServer::port(std::size_t listener) const {
  return core_->listeners.at(listener)->port;
}
std::size_t HttpServer::connections() const { return core_->connections.size(); }

awaitable<void> HttpServer::stop(std::int64_t deadline_ns) {
  const std::shared_ptr<ServerCore> core = core_;
  core->stopping = true;
  core->pause_accepting();
  for (const auto& listener : core->listeners) listener->socket.close();
  core->refresh_now();
  {
    const auto open = core->connections;
    for (const auto& connection : open) connection->finish_soon();
  }
  const auto until = std::chrono::steady_clock::now() + std::chrono::nanoseconds(deadline_ns);
  asio::steady_timer limit(core->executor, until);
  limit.async_wait([core](const boost::system::error_code& error) {
    if (!error) core->all_closed.cancel();
  });
  while ((!core->connections.empty() || core->running > 0) &&
         std::chrono::steady_clock::now() < until) {
    [[maybe_unused]] auto [error] = co_await core->all_closed.async_wait(kAwait);
  }
  limit.cancel();
  {
    const auto open = core->connections;
    if (!open.empty())
      log::warn("connections cut at shutdown",
                {{"server", core->options.name}, {"count", open.size()}});
    for (const auto& connection : open) connection->abort();
  }
  // Cancelled handlers end at their next wait, which may be in somebody else's hands for a while.
  const auto end = std::chrono::steady_clock::now() + kCancelGrace;
  limit.expires_at(end);
  limit.async_wait([core](const boost::system::error_code& error) {
    if (!error) core->all_closed.cancel();
  });
  while (core->running > 0 && std::chrono::steady_clock::now() < end) {
    [[maybe_unused]] auto [error] = co_await core->all_closed.async_wait(kAwait);
  }
  limit.cancel();
}

bool is_closed(const ListenOptions& listen) {
  const std::string& address = listen.address;
  return address == "localhost" || address == "::1" || address.starts_with("127.") ||
         !listen.users.empty() || listen.tls.client_auth == TlsClientAuth::kRequireAndVerify;
}

}  // namespace tailrace
