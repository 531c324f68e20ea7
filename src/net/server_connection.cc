#include "net/server_connection.h"

#include <sys/epoll.h>

#include <algorithm>
#include <array>

#include "net/server_running.h"
#include "net/websocket_session.h"
#include "telemetry/log.h"

namespace tailrace {
namespace {

constexpr int kRoundsMax =
    16;  // reads in one turn, so that one client does not keep the others waiting
constexpr std::int64_t kLingerNs = 2 * kNsPerSecond;

bool same_secret(std::string_view a, std::string_view b) {
  // In time that does not depend on where they differ.
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    difference |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]);
  return difference == 0;
}

}  // namespace

ServerConnection::ServerConnection(std::shared_ptr<ServerCore> core, const ServerListener& listener,
                                   Fd socket, const TlsContextPtr& tls)
    : core_(std::move(core)), listener_(listener), transport_(std::move(socket), tls) {
  deadline_ns_ = core_->now_ns + core_->options.header_timeout_ns;
}

ServerConnection::~ServerConnection() = default;

void ServerConnection::on_event(std::uint32_t events) {
  if (!open_) return;
  // TLS may have to write before it can read.
  if (transport_.is_tls() || (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0)
    readable_ = true;
  if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) {
    hangup_ = true;
    if (running_ && (running_->cancel_on_hangup || (events & (EPOLLHUP | EPOLLERR)) != 0)) {
      running_->signal.emit(asio::cancellation_type::terminal);
    }
  }
  advance();
}

void ServerConnection::advance() {
  for (int rounds = 0; open_; ++rounds) {
    if (!flush(&core_->output)) break;
    if (phase_ != Phase::kLinger && close_after_) linger();
    if (!open_) break;
    if (session_ != nullptr && !in_.empty()) {
      const std::string early = std::move(in_);
      in_.clear();
      session_->on_bytes(early);
      continue;
    }
    if (busy_ && session_ == nullptr) break;
    if (fresh_ && can_serve()) {
      serve_input();
      continue;
    }
    if (!readable_) break;
    if (rounds == kRoundsMax) {
      core_->serve_later(shared_from_this());
      break;
    }
    if (!read_once()) break;
  }
  // What could not be sent is not the next connection's.
  core_->output.clear();
  if (open_) set_phase();
}

bool ServerConnection::read_once() {
  using State = ServerTransport::State;
  const State ready = transport_.handshake();
  if (ready == State::kWouldBlock) {
    readable_ = false;
    return false;
  }
  ServerTransport::Io io{ready, 0};
  if (ready == State::kDone) io = transport_.read(core_->input);
  switch (io.state) {
    case State::kWouldBlock:
      readable_ = false;
      return false;
    case State::kEnd:
    case State::kBroken:
      close();
      return false;
    case State::kDone:
      break;
  }
  // A short read means that the socket is empty; asking again would cost a call per request. The
  // next byte makes a new event, but a hang-up may have been told together with these bytes.
  if (!transport_.is_tls() && io.bytes < core_->input.size() && !hangup_) readable_ = false;
  if (phase_ == Phase::kLinger) return true;
  progress_ = true;
  use(std::string_view(core_->input.data(), io.bytes));
  return true;
}

void ServerConnection::use(std::string_view data) {
  if (session_ != nullptr) return session_->on_bytes(data);
  if (!in_.empty()) {
    in_ += data;
    fresh_ = true;
    return;
  }
  Step step = Step::kServed;
  while (!data.empty() && can_serve() && step == Step::kServed) {
    std::size_t used = 0;
    step = serve_one(data, false, used);
    data.remove_prefix(used);
  }
  in_ = data;
  fresh_ = !data.empty() && step != Step::kNeedMore;
}

void ServerConnection::serve_input() {
  std::size_t at = 0;
  Step step = Step::kServed;
  while (at < in_.size() && can_serve() && step != Step::kNeedMore) {
    std::size_t used = 0;
    step = serve_one(std::string_view(in_).substr(at), at == 0, used);
    if (step == Step::kStarted) return;  // the handler's request lies in `in_`
    at += used;
    if (step == Step::kNeedFront) {
      in_.erase(0, at);
      at = 0;
    }
  }
  in_.erase(0, at);
  fresh_ = !in_.empty() && step != Step::kNeedMore;
}

ServerConnection::Step ServerConnection::serve_one(std::string_view data, bool at_front,
                                                   std::size_t& used) {
  if (chunked_) return take_chunked_body(used);
  if (body_wanted_ > data.size()) return Step::kNeedMore;
  RequestHead& head = core_->head;
  const HeadState state = parse_request_head(data, head);
  const std::size_t head_bytes = state == HeadState::kDone ? head.bytes : data.size();
  if (state == HeadState::kBad) {
    refuse(head.bad_status, head.bad_reason);
  } else if (head_bytes > core_->options.header_bytes_max) {
    refuse(431, "the request's headers are too long");
  } else if (state == HeadState::kIncomplete) {
    return Step::kNeedMore;
  } else if (head.target.size() > core_->options.target_bytes_max) {
    refuse(414, "the request's target is too long");
  } else {
    return take_body(data, at_front, used);
  }
  used = data.size();
  return Step::kServed;
}

ServerConnection::Step ServerConnection::take_body(std::string_view data, bool at_front,
                                                   std::size_t& used) {
  const RequestHead& head = core_->head;
  if (head.content_length > core_->options.body_bytes_max) {
    refuse(413, "the request's body is too long");
    used = data.size();
    return Step::kServed;
  }
  const std::size_t whole = head.bytes + static_cast<std::size_t>(head.content_length);
  const bool incomplete = data.size() < whole || head.chunked;
  if (incomplete) {
    if (!at_front) return Step::kNeedFront;
    if (head.expects_continue && !said_continue_ && data.size() == head.bytes) {
      core_->output += "HTTP/1.1 100 Continue\r\n\r\n";
    }
    said_continue_ = true;
    if (head.chunked) {
      chunked_ = true;
      chunked_head_ = head.bytes;
      chunks_.reset();
      body_.clear();
      return take_chunked_body(used);
    }
    body_wanted_ = whole;
    in_.reserve(whole);
    return Step::kNeedMore;
  }
  const Step step = dispatch(data.substr(head.bytes, whole - head.bytes), at_front, whole);
  if (step == Step::kNeedFront) return step;
  body_wanted_ = 0;
  said_continue_ = false;
  used = whole;
  return step;
}

// `in_` is the head and, behind it, what has come of the encoded body.
ServerConnection::Step ServerConnection::take_chunked_body(std::size_t& used) {
  std::string_view rest = std::string_view(in_).substr(chunked_head_);
  const std::size_t raw = rest.size();
  while (!rest.empty() && !chunks_.done()) {
    const Result<std::string_view> piece = chunks_.next(rest);
    const bool too_long = piece && body_.size() + piece->size() > core_->options.body_bytes_max;
    if (!piece || too_long) {
      refuse(too_long ? 413 : 400,
             too_long ? "the request's body is too long" : piece.error().text());
      chunked_ = false;
      used = in_.size();
      return Step::kServed;
    }
    body_ += *piece;
  }
  in_.erase(chunked_head_, raw - rest.size());
  if (!chunks_.done()) return Step::kNeedMore;
  chunked_ = false;
  said_continue_ = false;
  // The bytes have moved since the head was parsed.
  parse_request_head(std::string_view(in_).substr(0, chunked_head_), core_->head);
  used = chunked_head_;
  return dispatch(body_, true, used);
}

ServerConnection::Step ServerConnection::dispatch(std::string_view body, bool at_front,
                                                  std::size_t whole) {
  Request& request = core_->request;
  Response& response = core_->response;
  const std::int64_t began = core_->now_ns;
  if (!request.set_head(core_->head)) {
    refuse(400, "bad %-escape in the path");
    return Step::kServed;
  }
  request.socket_ = fd();
  request.remote_ = &remote_;
  request.body_ = body;
  response.clear();
  const Route* route = nullptr;
  const RouteHandler* const handler = choose(route);
  if (handler != nullptr && handler->async_handler) {
    if (!at_front) return Step::kNeedFront;
    start_handler(*route, *handler, body, whole);
    return Step::kStarted;
  }
  if (handler != nullptr) {
    try {
      handler->handler(request, response);
    } catch (const std::exception& escaped) {
      log::error(
          "handler failed",
          {{"server", core_->options.name}, {"route", route->pattern}, {"error", escaped.what()}});
      response.clear();
      response.status = 500;
      response.body = "Internal Server Error\n";
    }
  }
  finish({&request, &core_->head, route, began}, response,
         handler != nullptr && handler->options.cancel_on_hangup);
  return Step::kServed;
}

// The handler for core's request; null if core's response is already the answer.
const RouteHandler* ServerConnection::choose(const Route*& route) {
  Request& request = core_->request;
  Response& response = core_->response;
  route = core_->router.match(request);
  const RouteHandler* const handler =
      route != nullptr ? Router::find(*route, request.method()) : nullptr;
  if (!authorized(handler, request)) {
    response.status = 401;
    response.headers.emplace_back("WWW-Authenticate",
                                  "Basic realm=\"tailrace\", charset=\"UTF-8\"");
    response.body = "Unauthorized\n";
    return nullptr;
  }
  if (handler != nullptr) return handler;
  if (route == nullptr) {
    response.status = 404;
    response.body = "404 page not found\n";
    return nullptr;
  }
  response.headers.emplace_back("Allow", route->allow);
  if (request.method() == "OPTIONS") {
    response.status = 204;
  } else {
    response.status = 405;
    response.body = "Method Not Allowed\n";
  }
  return nullptr;
}

bool ServerConnection::authorized(const RouteHandler* handler, Request& request) const {
  if (listener_.credentials.empty() || (handler != nullptr && handler->options.open)) return true;
  const std::string_view given = request.header("authorization");
  for (std::size_t i = 0; i < listener_.credentials.size(); ++i) {
    if (!same_secret(given, listener_.credentials[i])) continue;
    request.user_ = listener_.options.users[i].name;
    return true;
  }
  return false;
}

// For what cannot be served at all: answers and ends the connection, because nobody knows where the
// next request would begin.
void ServerConnection::refuse(int status, std::string_view why) {
  Response& response = core_->response;
  response.clear();
  response.status = status;
  response.body = std::string(status_text(status)) + ": " + std::string(why) + "\n";
  response.close = true;
  unread_ = true;
  body_wanted_ = 0;
  HeadOptions options;
  options.body_bytes = response.body.size();
  options.keep_alive = false;
  append_response_head(core_->output, response, options, core_->date);
  core_->output += response.body;
  close_after_ = true;
  served_any_ = true;
  RequestRecord record;
  record.method = "other";
  record.status = status;
  record.response_bytes = response.body.size();
  core_->router.report(record);
}

bool ServerConnection::flush(std::string* fresh) {
  std::string nothing;
  std::string& scratch = fresh != nullptr ? *fresh : nothing;
  if (pending() > 0 && !scratch.empty()) {
    out_ += scratch;
    scratch.clear();
  }
  while (pending() > 0 || !scratch.empty() || big_body_) {
    const std::string_view front =
        pending() > 0 ? std::string_view(out_).substr(out_sent_) : std::string_view(scratch);
    std::array<iovec, 2> pieces{};
    std::size_t count = 0;
    for (const std::string_view piece : {front, big_left_}) {
      if (!piece.empty()) pieces[count++] = {const_cast<char*>(piece.data()), piece.size()};
    }
    const ServerTransport::Io io =
        count > 0 ? transport_.write({pieces.data(), count}) : ServerTransport::Io{};
    if (io.bytes > 0) progress_ = true;
    const std::size_t from_front = std::min(io.bytes, front.size());
    big_left_.remove_prefix(io.bytes - from_front);
    if (pending() > 0) {
      out_sent_ += from_front;
      if (pending() == 0) drop_output();
    } else if (from_front == scratch.size()) {
      scratch.clear();
    } else {
      out_.assign(scratch, from_front);
      scratch.clear();
    }
    if (big_body_ && big_left_.empty() && pending() == 0) {
      big_body_ = false;
      big_own_ = std::string();
      big_shared_.reset();
    }
    if (io.state == ServerTransport::State::kDone) continue;
    if (io.state != ServerTransport::State::kWouldBlock) close();
    break;
  }
  if (room_timer_ != nullptr) room_timer_->cancel();
  return open_ && pending() == 0 && !big_body_;
}

void ServerConnection::drop_output() {
  out_sent_ = 0;
  // What one large answer needed is not kept for ever.
  if (out_.capacity() > ServerCore::kReadBytes) {
    out_ = std::string();
  } else {
    out_.clear();
  }
}

void ServerConnection::push(std::string_view bytes) {
  if (!open_) return;
  out_ += bytes;
  flush(nullptr);
  if (open_) set_phase();
}

void ServerConnection::close_when_sent() {
  if (!open_) return;
  close_after_ = true;
  if (flush(nullptr)) linger();
  if (open_) set_phase();
}

// Ends the connection without losing the answer: closing with unread input would make the kernel
// send a reset, which may overtake what the client has not read yet.
void ServerConnection::linger() {
  if (!unread_ && in_.empty()) return close();
  transport_.shutdown_write();
  in_.clear();
  fresh_ = false;
  phase_ = Phase::kLinger;
  deadline_ns_ = core_->now_ns + kLingerNs;
}

void ServerConnection::close() {
  if (!open_) return;
  open_ = false;
  if (running_) running_->signal.emit(asio::cancellation_type::terminal);
  if (session_ != nullptr) session_->on_gone();
  if (room_timer_ != nullptr) room_timer_->cancel();
  transport_.close();
  core_->remove(*this);
}

void ServerConnection::set_phase() {
  if (phase_ == Phase::kLinger) return;
  const HttpServerOptions& options = core_->options;
  Phase now = phase_;
  std::int64_t timeout = 0;
  if (pending() > 0 || big_body_) {
    now = Phase::kWrite;
    timeout = options.write_timeout_ns;
  } else if (busy_) {
    now = Phase::kBusy;
  } else if (body_wanted_ > 0 || chunked_) {
    now = Phase::kBody;
    timeout = options.body_timeout_ns;
  } else if (in_.empty() && served_any_) {
    now = Phase::kIdle;
    timeout = options.idle_timeout_ns;
  } else {
    now = Phase::kHead;
    timeout = options.header_timeout_ns;
  }
  // Head and body have one deadline each for all of it; elsewhere each step forward counts.
  if (now != phase_ || (progress_ && (now == Phase::kIdle || now == Phase::kWrite))) {
    deadline_ns_ = timeout > 0 ? core_->now_ns + timeout : INT64_MAX;
  }
  phase_ = now;
  progress_ = false;
}

void ServerConnection::check_deadline(std::int64_t now_ns) {
  if (!open_ || now_ns < deadline_ns_) return;
  const bool begun = (phase_ == Phase::kHead && !in_.empty()) || phase_ == Phase::kBody;
  if (!begun) return close();
  chunked_ = false;
  refuse(408, "the request took too long to arrive");
  in_.clear();
  advance();
}

void ServerConnection::finish_soon() {
  if (session_ != nullptr) {
    session_->close(1001, "the server stops");
  } else if (!busy_ && in_.empty() && pending() == 0 && !big_body_) {
    close();
  }
}

void ServerConnection::abort() { close(); }

}  // namespace tailrace
