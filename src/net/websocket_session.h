// WebSocketSession: a WebSocket on a server's connection. For the server's bodies.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <string>

#include "net/websocket.h"
#include "net/websocket_frames.h"

namespace tailrace {

class ServerConnection;

class WebSocketSession final : public WebSocket {
 public:
  WebSocketSession(ServerConnection& connection, const Executor& executor);

  bool send(std::string_view text) override;
  bool ping() override;
  awaitable<bool> wait_for_room() override;
  awaitable<Result<std::string>> receive() override;
  void close(std::uint16_t code, std::string_view reason) override;
  bool is_open() const override { return !close_sent_ && !gone_; }

  // From the connection: bytes that came; the end of it.
  void on_bytes(std::string_view bytes);
  void on_gone();

 private:
  void on_message(WsMessage message);

  ServerConnection& connection_;
  WsReader reader_{kMessageBytesMax};
  std::deque<std::string> received_;
  asio::steady_timer arrived_;  // cancelled at each message and at the end
  bool close_sent_ = false;
  bool gone_ = false;
  std::string frame_;
};

}  // namespace tailrace
