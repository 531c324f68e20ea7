// What a server's connection keeps while a handler, a streamed body or a WebSocket is running.
#pragma once

#include <boost/asio/cancellation_signal.hpp>

#include "net/server_connection.h"
#include "net/websocket_session.h"

namespace tailrace {

struct ServerConnection::Running {
  explicit Running(ServerCore& of) : core(of) { ++core.running; }
  ~Running() {
    --core.running;
    if (core.stopping) core.all_closed.cancel();
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  ServerCore& core;
  RequestHead head;
  Request request;
  Response response;
  const Route* route = nullptr;
  std::int64_t began_ns = 0;
  std::size_t used = 0;  // bytes at the front of `in_` that the request's views need
  bool cancel_on_hangup = false;
  bool keep_alive = true;
  std::size_t sent_bytes = 0;  // of a streamed body
  asio::cancellation_signal signal;
  std::unique_ptr<WebSocketSession> session;

  Served served() const { return {&request, &head, route, began_ns}; }
};

}  // namespace tailrace
