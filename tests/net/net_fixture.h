// A thread with an io_context, and plain blocking sockets to talk to servers on it: what the tests
// of `net` share.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <boost/asio/co_spawn.hpp>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "base/file.h"
#include "net/http_server.h"
#include "net/io_thread.h"

namespace tailrace {

template <class T>
awaitable<void> keep_value(std::shared_ptr<std::promise<T>> promise, awaitable<T> task) {
  try {
    T value = co_await std::move(task);
    promise->set_value(std::move(value));
  } catch (...) {
    promise->set_exception(std::current_exception());
  }
}

// Runs a coroutine on the thread.
template <class T>
std::future<T> start_on(IoThread& thread, awaitable<T> task) {
  auto promise = std::make_shared<std::promise<T>>();
  asio::co_spawn(thread.executor(), keep_value(promise, std::move(task)),
                 [](const std::exception_ptr&) {});
  return promise->get_future();
}

// ... and waits for its value.
template <class T>
T run_on(IoThread& thread, awaitable<T> task) {
  std::future<T> future = start_on(thread, std::move(task));
  if (future.wait_for(std::chrono::seconds(30)) != std::future_status::ready) {
    ADD_FAILURE() << "the coroutine does not end";
    std::abort();
  }
  return future.get();
}

// A blocking TCP client that speaks raw bytes.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    const timeval limit{20, 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }
  explicit RawClient(Fd fd) : fd_(std::move(fd)), connected_(true) {}

  bool connected() const { return connected_; }
  int fd() const { return fd_.get(); }
  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
  }
  void half_close() { ::shutdown(fd_.get(), SHUT_WR); }
  void close() { fd_.close(); }
  // What comes until the other side closes.
  std::string read_all() {
    std::string out = std::move(kept_);
    kept_.clear();
    char part[65536];
    for (ssize_t n = 0; (n = ::recv(fd_.get(), part, sizeof part, 0)) > 0;)
      out.append(part, static_cast<std::size_t>(n));
    return out;
  }
  // What comes up to and with `mark`; all there was if the connection ends first.
  std::string read_until(std::string_view mark) {
    std::string out = std::move(kept_);
    kept_.clear();
    char part[65536];
    while (out.find(mark) == out.npos) {
      const ssize_t n = ::recv(fd_.get(), part, sizeof part, 0);
      if (n <= 0) return out;
      out.append(part, static_cast<std::size_t>(n));
    }
    const std::size_t end = out.find(mark) + mark.size();
    kept_ = out.substr(end);
    out.resize(end);
    return out;
  }
  std::string read_bytes(std::size_t wanted) {
    std::string out = std::move(kept_);
    kept_.clear();
    char part[65536];
    while (out.size() < wanted) {
      const ssize_t n = ::recv(fd_.get(), part, std::min(sizeof part, wanted - out.size()), 0);
      if (n <= 0) return out;
      out.append(part, static_cast<std::size_t>(n));
    }
    kept_ = out.substr(wanted);
    out.resize(wanted);
    return out;
  }

 private:
  Fd fd_;
  bool connected_ = false;
  std::string kept_;
};

// A server on a thread of its own, on a free port of the loopback.
class TestServer {
 public:
  explicit TestServer(const std::function<void(Router&)>& routes, HttpServerOptions options = {})
      : thread_("server") {
    Router router;
    routes(router);
    if (options.listeners.empty()) options.listeners.emplace_back();
    for (ListenOptions& listener : options.listeners) {
      if (listener.address.empty()) listener.address = "127.0.0.1";
    }
    thread_.run_and_wait([&] {
      server_ =
          std::make_unique<HttpServer>(thread_.executor(), std::move(router), std::move(options));
      const Result<void> listening = server_->listen();
      EXPECT_TRUE(listening) << (listening ? "" : listening.error().text());
    });
  }
  ~TestServer() {
    stop(0);
    thread_.run_and_wait([&] { server_.reset(); });
  }

  void stop(std::int64_t deadline_ns) { run_on(thread_, stop_task(*server_, deadline_ns)); }
  IoThread& thread() { return thread_; }
  HttpServer& server() { return *server_; }
  std::uint16_t port(std::size_t listener = 0) { return server_->port(listener); }
  std::size_t connections() {
    std::size_t out = 0;
    thread_.run_and_wait([&] { out = server_->connections(); });
    return out;
  }
  std::string url(std::string_view target) {
    return "http://127.0.0.1:" + std::to_string(port()) + std::string(target);
  }
  // Sends bytes on a new connection and returns all that comes until the server closes.
  std::string talk(std::string_view bytes) {
    RawClient client(port());
    client.send(bytes);
    return client.read_all();
  }

 private:
  static awaitable<bool> stop_task(HttpServer& server, std::int64_t deadline_ns) {
    co_await server.stop(deadline_ns);
    co_return true;
  }
  IoThread thread_;
  std::unique_ptr<HttpServer> server_;
};

// Waits until `condition` holds; for states that another thread reaches soon. Never for longer than
// 10 s.
inline bool eventually(const std::function<bool()>& condition) {
  const std::int64_t until = Clock::system().monotonic_ns() + 10 * kNsPerSecond;
  while (!condition()) {
    if (Clock::system().monotonic_ns() > until) return false;
    ::poll(nullptr, 0, 1);
  }
  return true;
}

}  // namespace tailrace
