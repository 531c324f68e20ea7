// The second half of ServerConnection: from a handler to bytes.
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>
#include <exception>

#include "base/text.h"
#include "net/await.h"
#include "net/server_connection.h"
#include "net/server_running.h"
#include "telemetry/log.h"

namespace tailrace {
namespace {

constexpr std::size_t kGzipBytesMin = 1024;   // below, the head would be most of the answer anyway
constexpr std::size_t kBigBytes = 64 * 1024;  // longer bodies are sent from where they lie
constexpr std::size_t kStreamBytesMax = 256 * 1024;  // of a streamed body waiting to leave

bool was_cancelled(const std::exception_ptr& escaped, std::string& what) {
  try {
    std::rethrow_exception(escaped);
  } catch (const boost::system::system_error& error) {
    what = error.what();
    return error.code() == asio::error::operation_aborted;
  } catch (const std::exception& error) {
    what = error.what();
  } catch (...) {
    what = "unknown exception";
  }
  return false;
}

// A coroutine would begin at once, within the caller; a pipeline of handlers that do not really
// suspend would then pile up on the stack, and a stream would write before its head has left.
awaitable<void> begin_later(const Executor& executor) {
  co_await asio::post(executor, asio::use_awaitable);
}

bool has_no_body(int status) { return status < 200 || status == 204 || status == 304; }

class BodyStream final : public ResponseStream {
 public:
  BodyStream(ServerConnection& connection, bool chunked, std::size_t& sent)
      : connection_(connection), chunked_(chunked), sent_(sent) {}

  awaitable<bool> write(std::string_view piece) override {
    if (!piece.empty() && connection_.is_open()) {
      frame_.clear();
      if (chunked_) append_chunk_size(frame_, piece.size());
      frame_ += piece;
      if (chunked_) frame_ += "\r\n";
      sent_ += piece.size();
      connection_.push(frame_);
    }
    co_await connection_.wait_for_room(kStreamBytesMax);
    co_return connection_.is_open();
  }
  bool is_open() const override { return connection_.is_open(); }

 private:
  ServerConnection& connection_;
  const bool chunked_;
  std::size_t& sent_;
  std::string frame_;
};

}  // namespace

// Takes a handler's response to where it goes: bytes now, or a stream or WebSocket that runs on.
void ServerConnection::finish(const Served& served, Response& response, bool cancel_on_hangup) {
  if (!response.stream && !response.websocket) return respond(served, response);
  if (!running_) {
    running_ = std::make_unique<Running>(*core_);
    running_->route = served.route;
    running_->began_ns = served.began_ns;
    running_->cancel_on_hangup = cancel_on_hangup;
    // Views of a head that goes away; the observer gets this request at the end.
    kept_head_.assign(served.head->method)
        .append(" ")
        .append(served.head->target)
        .append(" HTTP/1.1\r\nHost: -\r\n\r\n");
    parse_request_head(kept_head_, running_->head);
    running_->head.keep_alive = served.head->keep_alive;
    running_->request.set_head(running_->head);
    running_->request.socket_ = fd();
    running_->request.remote_ = &remote_;
  }
  if (response.websocket) return start_socket(served, response);
  start_stream(served, response);
}

void ServerConnection::respond(const Served& served, Response& response) {
  HeadOptions options;
  options.keep_alive = served.head->keep_alive && !response.close && !core_->stopping;
  options.old_client = served.head->minor_version == 0;
  if (has_no_body(response.status)) {
    options.framing = BodyFraming::kNone;
  } else if (response.compressible && response.bytes().size() >= kGzipBytesMin) {
    options.varies = true;
    options.gzipped = accepts_gzip(served.head->find("accept-encoding"));
    if (options.gzipped) {
      response.body = gzip(response.bytes());
      response.shared_body.reset();
      response.static_body = {};
    }
  }
  const std::string_view bytes =
      options.framing == BodyFraming::kNone ? std::string_view() : response.bytes();
  options.body_bytes = bytes.size();
  append_response_head(core_->output, response, options, core_->date);
  const std::size_t body_bytes = bytes.size();
  if (served.head->method != "HEAD") {
    if (body_bytes <= kBigBytes) {
      core_->output += bytes;
    } else {
      big_body_ = true;
      big_shared_ = std::move(response.shared_body);
      const bool owned = !big_shared_ && response.static_body.empty();
      if (owned) big_own_ = std::move(response.body);
      big_left_ = big_shared_ ? std::string_view(*big_shared_)
                  : owned     ? std::string_view(big_own_)
                              : response.static_body;
    }
  }
  if (!options.keep_alive) close_after_ = true;
  report(served, response.status, body_bytes);
}

void ServerConnection::report(const Served& served, int status, std::size_t bytes) {
  served_any_ = true;
  if (phase_ != Phase::kLinger) phase_ = Phase::kIdle;  // what comes next has deadlines of its own
  core_->refresh_now();
  RequestRecord record;
  record.request = served.request;
  record.route = served.route;
  record.method = method_label(served.head->method);
  record.status = status;
  record.duration_ns = core_->now_ns - served.began_ns;
  record.response_bytes = bytes;
  core_->router.report(record);
}

void ServerConnection::start_handler(const Route& route, const RouteHandler& handler,
                                     std::string_view body, std::size_t whole) {
  running_ = std::make_unique<Running>(*core_);
  Running& running = *running_;
  // The head's views are of `in_`, which stays as it is until the handler is done.
  std::swap(running.head, core_->head);
  running.request.set_head(running.head);
  running.request.socket_ = fd();
  running.request.remote_ = &remote_;
  running.request.body_ = body;
  running.request.user_ = core_->request.user_;
  core_->router.match(running.request);
  running.route = &route;
  running.began_ns = core_->now_ns;
  running.used = whole;
  running.cancel_on_hangup = handler.options.cancel_on_hangup;
  busy_ = true;
  asio::co_spawn(
      core_->executor, run_handler(shared_from_this(), handler.async_handler),
      asio::bind_cancellation_slot(running.signal.slot(),
                                   [self = shared_from_this()](const std::exception_ptr& escaped) {
                                     self->handler_done(escaped);
                                   }));
  // The client's end may have come with its request.
  if (hangup_ && running.cancel_on_hangup) running.signal.emit(asio::cancellation_type::terminal);
}

awaitable<void> ServerConnection::run_handler(std::shared_ptr<ServerConnection> self,
                                              const AsyncHandler& handler) {
  co_await begin_later(self->core_->executor);
  Response response = co_await handler(self->running_->request);
  self->running_->response = std::move(response);
}

void ServerConnection::handler_done(const std::exception_ptr& escaped) {
  core_->refresh_now();
  Running& running = *running_;
  Response& response = running.response;
  if (escaped) {
    std::string what;
    const bool cancelled = was_cancelled(escaped, what);
    response.clear();
    response.status = cancelled ? 499 : 500;
    response.close = cancelled;
    response.body = cancelled ? "Cancelled\n" : "Internal Server Error\n";
    if (!cancelled) {
      log::error(
          "handler failed",
          {{"server", core_->options.name}, {"route", running.route->pattern}, {"error", what}});
    }
  }
  if (!open_) {
    report(running.served(), 499, 0);
    return end_running();
  }
  const bool goes_on = response.stream || response.websocket;
  finish(running.served(), response, running.cancel_on_hangup);
  if (!goes_on) end_running();
  advance();
}

void ServerConnection::end_running() {
  in_.erase(0, running_->used);
  running_.reset();
  session_ = nullptr;
  busy_ = false;
  fresh_ = !in_.empty();
}

void ServerConnection::start_stream(const Served& served, Response& response) {
  Running& running = *running_;
  busy_ = true;
  const bool old_client = served.head->minor_version == 0;
  HeadOptions options;
  options.framing = old_client ? BodyFraming::kUntilClose : BodyFraming::kChunked;
  options.keep_alive =
      served.head->keep_alive && !response.close && !core_->stopping && !old_client;
  running.keep_alive = options.keep_alive;
  append_response_head(core_->output, response, options, core_->date);
  const bool head_only = served.head->method == "HEAD";
  if (&running.response != &response) running.response = std::move(response);
  if (head_only) running.response.stream = [](ResponseStream&) -> awaitable<void> { co_return; };
  // A client that has gone away needs no more of it.
  running.cancel_on_hangup = true;
  const bool chunked = !old_client && !head_only;
  asio::co_spawn(core_->executor, run_stream(shared_from_this(), chunked),
                 asio::bind_cancellation_slot(
                     running.signal.slot(),
                     [self = shared_from_this(), chunked](const std::exception_ptr& escaped) {
                       self->stream_done(escaped, chunked);
                     }));
}

awaitable<void> ServerConnection::run_stream(std::shared_ptr<ServerConnection> self, bool chunked) {
  co_await begin_later(self->core_->executor);
  BodyStream stream(*self, chunked, self->running_->sent_bytes);
  co_await self->running_->response.stream(stream);
}

void ServerConnection::stream_done(const std::exception_ptr& escaped, bool chunked) {
  core_->refresh_now();
  std::string what;
  if (escaped && !was_cancelled(escaped, what)) {
    log::error(
        "streaming a response failed",
        {{"server", core_->options.name}, {"route", running_->route->pattern}, {"error", what}});
  }
  report(running_->served(), escaped && !open_ ? 499 : running_->response.status,
         running_->sent_bytes);
  const bool keep = running_->keep_alive;
  end_running();
  if (!open_) return;
  if (escaped) return close();  // without the last chunk the client sees that something is missing
  if (chunked) out_ += "0\r\n\r\n";
  if (!keep) close_after_ = true;
  advance();
}

void ServerConnection::start_socket(const Served& served, Response& response) {
  const RequestHead& head = *served.head;
  const std::string_view key = head.find("sec-websocket-key");
  const bool wanted = head.upgrade && list_has_token(head.find("upgrade"), "websocket") &&
                      list_has_token(head.find("connection"), "upgrade") && head.method == "GET";
  if (!wanted || head.find("sec-websocket-version") != "13" || key.size() != 24) {
    Response refusal = text_response(
        wanted ? 400 : 426, wanted ? "bad WebSocket handshake\n" : "this is a WebSocket\n");
    refusal.headers.emplace_back("Upgrade", "websocket");
    refusal.headers.emplace_back("Sec-WebSocket-Version", "13");
    respond(served, refusal);
    // A suspended handler's caller ends what is running only for plain answers.
    return end_running();
  }
  core_->output +=
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: "
      "Upgrade\r\nSec-WebSocket-Accept: ";
  core_->output += ws_accept(key);
  core_->output += "\r\n\r\n";
  Running& running = *running_;
  if (&running.response != &response) running.response = std::move(response);
  running.session = std::make_unique<WebSocketSession>(*this, core_->executor);
  running.cancel_on_hangup = false;  // the session learns of the end when it reads
  if (running.used > 0) {
    kept_head_ = in_.substr(0, running.head.bytes);
    in_.erase(0, running.used);
    running.used = 0;
    parse_request_head(kept_head_, running.head);
    running.request.set_head(running.head);
  }
  busy_ = true;
  session_ = running.session.get();
  asio::co_spawn(
      core_->executor, run_socket(shared_from_this()),
      asio::bind_cancellation_slot(running.signal.slot(),
                                   [self = shared_from_this()](const std::exception_ptr& escaped) {
                                     self->socket_done(escaped);
                                   }));
}

awaitable<void> ServerConnection::run_socket(std::shared_ptr<ServerConnection> self) {
  co_await begin_later(self->core_->executor);
  co_await self->running_->response.websocket(*self->running_->session);
}

void ServerConnection::socket_done(const std::exception_ptr& escaped) {
  core_->refresh_now();
  std::string what;
  const bool failed = escaped && !was_cancelled(escaped, what);
  if (failed)
    log::error(
        "WebSocket handler failed",
        {{"server", core_->options.name}, {"route", running_->route->pattern}, {"error", what}});
  running_->session->close(failed ? 1011 : 1000, failed ? "internal error" : "");
  report(running_->served(), 101, 0);
  end_running();
  in_.clear();
  if (!open_) return;
  close_after_ = true;
  unread_ = true;  // the client's half of the closing handshake
  advance();
}

awaitable<void> ServerConnection::wait_for_room(std::size_t bytes) {
  const std::shared_ptr<ServerConnection> self = shared_from_this();
  asio::steady_timer room(core_->executor);
  room.expires_at(asio::steady_timer::time_point::max());
  struct Entry {
    ServerConnection& connection;
    ~Entry() { connection.room_timer_ = nullptr; }
  };
  const Entry entry{*this};
  while (open_ && pending() >= bytes) {
    room_timer_ = &room;
    [[maybe_unused]] auto [error] = co_await room.async_wait(kAwait);
  }
}

}  // namespace tailrace
