// ServerCore: what the connections of one HttpServer share. For the server's bodies.
#pragma once

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/file.h"
#include "net/http_server.h"
#include "net/response_writer.h"

namespace tailrace {

class ServerConnection;

struct ServerListener {
  ListenOptions options;
  Fd socket;
  std::uint16_t port = 0;
  std::unique_ptr<TlsServer> tls;        // null: none
  std::vector<std::string> credentials;  // "Basic ..." of each user
};

struct ServerCore : std::enable_shared_from_this<ServerCore> {
  static constexpr std::size_t kReadBytes = 64 * 1024;
  // Answers to pipelined requests are gathered up to this.
  static constexpr std::size_t kOutputBytesMax = 256 * 1024;

  ServerCore(Executor on, Router with, HttpServerOptions given);
  ~ServerCore();

  Result<void> listen();
  // Waits for events once; each turn asks for the next.
  void watch();
  void on_events();
  void accept(ServerListener& listener);
  void pause_accepting();
  void resume_accepting();
  bool full() const {
    return options.connections_max != 0 && connections.size() >= options.connections_max;
  }
  void arm_sweep();
  void sweep();
  // Called by a connection that has closed itself.
  void remove(ServerConnection& connection);
  // A connection that gave up its turn with work left.
  void serve_later(std::shared_ptr<ServerConnection> connection);
  void refresh_now() { now_ns = Clock::system().monotonic_ns(); }

  Executor executor;
  Router router;
  const HttpServerOptions options;
  std::vector<std::unique_ptr<ServerListener>> listeners;
  asio::posix::stream_descriptor epoll;
  asio::steady_timer sweep_timer;
  asio::steady_timer all_closed;  // cancelled when the last connection goes
  bool sweep_armed = false;
  bool accepting = false;
  bool stopping = false;

  // Order does not matter; each knows its index. shared_ptr: a running handler's coroutine is the
  // other owner.
  std::vector<std::shared_ptr<ServerConnection>> connections;
  // Closed during a batch of events that may still name them.
  std::vector<std::shared_ptr<ServerConnection>> graveyard;
  std::vector<std::shared_ptr<ServerConnection>> later;
  bool in_batch = false;
  std::size_t running = 0;  // handlers, streams and WebSockets that have not ended

  // Scratch for requests that are answered at once.
  std::int64_t now_ns = 0;  // monotonic; fresh at each batch and after each request
  std::vector<char> input;  // kReadBytes
  std::string output;
  RequestHead head;
  Request request;
  Response response;
  HttpDate date;
};

}  // namespace tailrace
