#include "net/http_exchange.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "net/await.h"
#include "net/dial.h"
#include "net/http_head.h"

namespace tailrace {
namespace {

constexpr std::size_t kHeadBytesMax = 256 * 1024;
constexpr std::size_t kReadBytes = 16 * 1024;
constexpr int kInterimMax = 16;  // 1xx answers before the real one

std::size_t body_bytes(const HttpRequest& request) {
  std::size_t bytes = request.body.size();
  for (const std::string_view piece : request.body_pieces) bytes += piece.size();
  return bytes;
}

}  // namespace

Result<std::string> request_head(const HttpRequest& request, const std::string& user_agent,
                                 bool absolute, const Url* proxy) {
  if (!is_token(request.method)) return Error{ErrorCode::kInvalid, "bad method"};
  for (const auto& [name, value] : request.headers) {
    if (!is_token(name) || !is_header_value(value))
      return Error{ErrorCode::kInvalid, "bad header \"" + name + "\""};
  }
  const Url& url = request.url;
  std::string out = request.method + " ";
  if (absolute) out += url.scheme + "://" + url.authority();
  out += url.target() + " HTTP/1.1\r\n";
  const auto add = [&out](std::string_view name, std::string_view value) {
    out.append(name).append(": ").append(value).append("\r\n");
  };
  if (!has_header(request.headers, "Host")) add("Host", url.authority());
  if (!has_header(request.headers, "User-Agent") && !user_agent.empty())
    add("User-Agent", user_agent);
  if (url.has_user && !has_header(request.headers, "Authorization")) {
    add("Authorization", basic_authorization(url.user, url.password));
  }
  if (proxy != nullptr && proxy->has_user)
    add("Proxy-Authorization", basic_authorization(proxy->user, proxy->password));
  const std::size_t bytes = body_bytes(request);
  if (bytes > 0 || request.method == "POST" || request.method == "PUT" ||
      request.method == "PATCH") {
    add("Content-Length", std::to_string(bytes));
  }
  for (const auto& [name, value] : request.headers) add(name, value);
  out += "\r\n";
  return out;
}

awaitable<Result<void>> HttpExchange::start(std::string_view head, const HttpRequest& request) {
  std::vector<std::string_view> pieces{head, request.body};
  pieces.insert(pieces.end(), request.body_pieces.begin(), request.body_pieces.end());
  const std::span<const std::string_view> all = pieces;
  const Result<void> written = co_await connection_->stream->write(all);
  if (!written && written.error().code() == ErrorCode::kCancelled) co_return written;
  // A server may refuse and close before it has read the whole body; its answer is worth more than
  // our EPIPE.
  const bool to_head_request = request.method == "HEAD";
  Result<void> read = co_await read_head(to_head_request);
  if (!read && !written) co_return written;
  if (!written) keep_alive_ = false;
  co_return read;
}

awaitable<Result<void>> HttpExchange::fill() {
  std::string& input = connection_->input;
  const std::size_t had = input.size();
  input.resize(had + kReadBytes);
  const std::span<char> room(input.data() + had, kReadBytes);
  Result<std::size_t> count = co_await connection_->stream->read_some(room);
  input.resize(had + (count ? *count : 0));
  if (!count) co_return std::move(count).error();
  if (*count == 0) co_return Error{ErrorCode::kUnavailable, "the server closed the connection"};
  answered_ = true;
  co_return Result<void>();
}

awaitable<Result<void>> HttpExchange::read_head(bool to_head_request) {
  ResponseHead head;
  std::string& input = connection_->input;
  for (int interim = 0;;) {
    const HeadState state =
        input.empty() ? HeadState::kIncomplete : parse_response_head(input, head);
    if (state == HeadState::kBad)
      co_return Error{ErrorCode::kUnavailable, std::string("bad answer: ") + head.bad_reason};
    if (state == HeadState::kIncomplete) {
      if (input.size() > kHeadBytesMax)
        co_return Error{ErrorCode::kUnavailable, "bad answer: headers too long"};
      Result<void> filled = co_await fill();
      if (!filled) co_return filled;
      continue;
    }
    if (head.status >= 200 || head.status == 101) break;
    if (++interim > kInterimMax)
      co_return Error{ErrorCode::kUnavailable, "bad answer: too many interim answers"};
    input.erase(0, head.bytes);
  }
  status_ = head.status;
  for (const HeadField& field : head.fields) headers_.emplace_back(field.name, field.value);
  keep_alive_ = head.keep_alive && status_ != 101;
  if (to_head_request || status_ == 204 || status_ == 304) {
    body_done_ = true;
  } else if (head.chunked) {
    body_ = Body::kChunked;
  } else if (head.has_length) {
    left_ = head.content_length;
    body_done_ = left_ == 0;
  } else {
    body_ = Body::kUntilClose;
    keep_alive_ = false;
  }
  input.erase(0, head.bytes);
  co_return Result<void>();
}

awaitable<Result<std::size_t>> HttpExchange::read_some(std::span<char> into) {
  if (body_done_ || into.empty()) co_return std::size_t{0};
  if (body_ == Body::kChunked) {
    Result<std::size_t> chunk = co_await read_chunked(into);
    co_return chunk;
  }
  std::span<char> room = into;
  if (body_ == Body::kLength)
    room = into.first(static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), left_)));
  std::string& input = connection_->input;
  std::size_t count = std::min(room.size(), input.size());
  if (count > 0) {
    std::memcpy(room.data(), input.data(), count);
    input.erase(0, count);
  } else {
    Result<std::size_t> read = co_await connection_->stream->read_some(room);
    if (!read) co_return read;
    count = *read;
    if (count == 0 && body_ == Body::kLength)
      co_return Error{ErrorCode::kUnavailable, "the server closed the connection within the body"};
  }
  if (body_ == Body::kLength) {
    left_ -= count;
    body_done_ = left_ == 0;
  } else {
    body_done_ = count == 0;
  }
  co_return count;
}

awaitable<Result<std::size_t>> HttpExchange::read_chunked(std::span<char> into) {
  std::string& input = connection_->input;
  while (true) {
    // No more input than there is room: then no piece is longer than the room.
    std::string_view rest = std::string_view(input).substr(0, into.size());
    const std::size_t offered = rest.size();
    Result<std::string_view> piece = chunks_.next(rest);
    if (!piece) co_return Error{ErrorCode::kUnavailable, piece.error().text()};
    const std::size_t count = piece->size();
    if (count > 0) std::memcpy(into.data(), piece->data(), count);
    input.erase(0, offered - rest.size());
    if (count > 0) co_return count;
    if (chunks_.done()) {
      body_done_ = true;
      co_return std::size_t{0};
    }
    if (!input.empty()) continue;
    Result<void> filled = co_await fill();
    if (!filled) co_return std::move(filled).error().in("within the body");
  }
}

std::unique_ptr<HttpConnection> HttpExchange::take_reusable() {
  if (!body_done_ || !keep_alive_ || !connection_ || !connection_->input.empty()) return nullptr;
  return std::move(connection_);
}

}  // namespace tailrace
