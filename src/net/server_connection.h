// ServerConnection: one client of the server, as a state machine that events push forward.
//
//   readable -> recv -> serve: [head, body -> handler -> response]* -> flush -> readable ...
//
// Requests that are whole and whose handler does not suspend are served straight from the server's
// read buffer. Only what is incomplete, or is needed while a handler suspends, is copied into
// `in_`. Events are edge-triggered: `readable_` remembers that there may be more to read.
#pragma once

#include <boost/asio/cancellation_signal.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "net/chunked.h"
#include "net/server_core.h"
#include "net/server_transport.h"

namespace tailrace {

class WebSocketSession;

class ServerConnection : public std::enable_shared_from_this<ServerConnection> {
 public:
  ServerConnection(std::shared_ptr<ServerCore> core, const ServerListener& listener, Fd socket,
                   const TlsContextPtr& tls);
  ~ServerConnection();

  int fd() const noexcept { return transport_.fd(); }
  void on_event(std::uint32_t events);
  // Goes on as far as possible without waiting.
  void advance();
  // Ends it if its deadline has passed.
  void check_deadline(std::int64_t now_ns);
  // No further request; closes now if none is running.
  void finish_soon();
  // Cancels a running handler and closes.
  void abort();
  void close();
  bool is_open() const noexcept { return open_; }

  // For streamed bodies and WebSockets: output that waits, and the wait for it to leave.
  void push(std::string_view bytes);
  std::size_t pending() const noexcept { return out_.size() - out_sent_; }
  // Returns when less than `bytes` wait, or the connection is closed.
  awaitable<void> wait_for_room(std::size_t bytes);
  // Closes when all is sent.
  void close_when_sent();

  std::size_t index = 0;  // in the core's vector

 private:
  struct Running;  // a request whose handler suspends
  enum class Phase : std::uint8_t { kHead, kIdle, kBody, kBusy, kWrite, kLinger };
  enum class Step : std::uint8_t { kServed, kNeedMore, kNeedFront, kStarted };

  bool can_serve() const noexcept {
    return open_ && !busy_ && !close_after_ && !big_body_ &&
           core_->output.size() < ServerCore::kOutputBytesMax;
  }
  bool read_once();
  void use(std::string_view data);
  void serve_input();
  Step serve_one(std::string_view data, bool at_front, std::size_t& used);
  Step take_body(std::string_view data, bool at_front, std::size_t& used);
  Step take_chunked_body(std::size_t& used);
  Step dispatch(std::string_view body, bool at_front, std::size_t whole);
  const RouteHandler* choose(const Route*& route);
  bool authorized(const RouteHandler* handler, Request& request) const;
  void refuse(int status, std::string_view why);

  // Responses.
  struct Served {
    const Request* request;
    const RequestHead* head;
    const Route* route;
    std::int64_t began_ns;
  };
  void finish(const Served& served, Response& response, bool cancel_on_hangup);
  void respond(const Served& served, Response& response);
  void report(const Served& served, int status, std::size_t bytes);
  void start_handler(const Route& route, const RouteHandler& handler, std::string_view body,
                     std::size_t whole);
  void start_stream(const Served& served, Response& response);
  void start_socket(const Served& served, Response& response);
  void end_running();
  void handler_done(const std::exception_ptr& escaped);
  void stream_done(const std::exception_ptr& escaped, bool chunked);
  void socket_done(const std::exception_ptr& escaped);
  static awaitable<void> run_handler(std::shared_ptr<ServerConnection> self,
                                     const AsyncHandler& handler);
  static awaitable<void> run_stream(std::shared_ptr<ServerConnection> self, bool chunked);
  static awaitable<void> run_socket(std::shared_ptr<ServerConnection> self);

  // Sends what waits, then `fresh` (if not null), which is emptied. True: everything has left.
  bool flush(std::string* fresh);
  void drop_output();
  void linger();
  void set_phase();

  std::shared_ptr<ServerCore> core_;
  const ServerListener& listener_;
  ServerTransport transport_;
  bool open_ = true;
  bool readable_ = true;
  bool hangup_ = false;       // the client has closed its side; what it sent before is still served
  bool busy_ = false;         // a handler, stream or WebSocket is running
  bool close_after_ = false;  // when all output has left
  bool unread_ =
      false;  // ... and input may be left behind, which would turn our close into a reset
  bool said_continue_ = false;
  bool fresh_ = false;  // `in_` may hold a whole request
  bool served_any_ = false;
  bool progress_ = false;  // bytes have moved since set_phase
  Phase phase_ = Phase::kHead;
  std::int64_t deadline_ns_ = 0;

  std::string in_;
  std::size_t body_wanted_ =
      0;                  // bytes of head and body together, if a body with a length is incomplete
  bool chunked_ = false;  // `in_` begins with a head whose chunked body is being decoded
  std::size_t chunked_head_ = 0;
  ChunkedDecoder chunks_;
  std::string body_;  // decoded

  std::string out_;
  std::size_t out_sent_ = 0;
  bool big_body_ = false;  // a body that was too long to copy follows `out_`
  std::string big_own_;
  std::shared_ptr<const std::string> big_shared_;
  std::string_view big_left_;

  std::unique_ptr<Running> running_;
  std::string remote_;     // see Request::remote_address
  std::string kept_head_;  // what a stream's or WebSocket's request is shown from at its end
  WebSocketSession* session_ = nullptr;
  asio::steady_timer* room_timer_ = nullptr;  // of who waits for room
};

}  // namespace tailrace
