#include "net/websocket_session.h"

#include "base/text.h"
#include "net/await.h"
#include "net/server_connection.h"

namespace tailrace {

WebSocketSession::WebSocketSession(ServerConnection& connection, const Executor& executor)
    : connection_(connection), arrived_(executor) {
  arrived_.expires_at(asio::steady_timer::time_point::max());
}

bool WebSocketSession::send(std::string_view text) {
  const std::size_t pending = connection_.pending();
  if (!is_open() || (pending > kQueueBytesMax / 2 && pending + text.size() > kQueueBytesMax))
    return false;
  frame_.clear();
  append_ws_frame(frame_, WsOpcode::kText, text);
  connection_.push(frame_);
  return is_open();
}

bool WebSocketSession::ping() {
  // A full queue keeps the connection busy without us.
  if (!is_open() || connection_.pending() > kQueueBytesMax) return is_open();
  frame_.clear();
  append_ws_frame(frame_, WsOpcode::kPing, "");
  connection_.push(frame_);
  return is_open();
}

awaitable<bool> WebSocketSession::wait_for_room() {
  co_await connection_.wait_for_room(kQueueBytesMax / 2);
  co_return is_open();
}

awaitable<Result<std::string>> WebSocketSession::receive() {
  while (received_.empty() && !gone_) {
    [[maybe_unused]] auto [error] = co_await arrived_.async_wait(kAwait);
  }
  if (received_.empty()) co_return Error{ErrorCode::kUnavailable, "the WebSocket is closed"};
  std::string message = std::move(received_.front());
  received_.pop_front();
  co_return message;
}

void WebSocketSession::close(std::uint16_t code, std::string_view reason) {
  if (!is_open()) return;
  std::string payload;
  payload += static_cast<char>(code >> 8);
  payload += static_cast<char>(code & 0xff);
  payload += reason.substr(0, 120);
  frame_.clear();
  append_ws_frame(frame_, WsOpcode::kClose, payload);
  close_sent_ = true;
  connection_.push(frame_);
}

void WebSocketSession::on_bytes(std::string_view bytes) {
  WsMessage message;
  while (!gone_) {
    Result<bool> whole = reader_.next(bytes, message);
    if (!whole) {
      close(whole.error().code() == ErrorCode::kRejected ? 1009 : 1002, whole.error().text());
      on_gone();
      connection_.close_when_sent();
      return;
    }
    if (!*whole) return;
    on_message(std::move(message));
  }
}

void WebSocketSession::on_message(WsMessage message) {
  switch (message.opcode) {
    case WsOpcode::kPing:
      // Flooding us with pings must not fill the queue.
      if (is_open() && connection_.pending() < kQueueBytesMax) {
        frame_.clear();
        append_ws_frame(frame_, WsOpcode::kPong, message.payload);
        connection_.push(frame_);
      }
      return;
    case WsOpcode::kClose:
      close(1000, "");
      on_gone();
      connection_.close_when_sent();
      return;
    case WsOpcode::kText:
      if (!is_valid_utf8(message.payload)) {
        close(1007, "text must be UTF-8");
        on_gone();
        connection_.close_when_sent();
        return;
      }
      [[fallthrough]];
    case WsOpcode::kBinary:
      if (received_.size() == kReceivedMax) {
        close(1008, "too many messages");
        on_gone();
        connection_.close_when_sent();
        return;
      }
      received_.push_back(std::move(message.payload));
      arrived_.cancel();
      return;
    case WsOpcode::kPong:
    case WsOpcode::kContinuation:
      return;
  }
}

void WebSocketSession::on_gone() {
  gone_ = true;
  arrived_.cancel();
}

}  // namespace tailrace
