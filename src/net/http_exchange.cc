#include "net/http_exchange.h"

#include <boost/beast/http/error.hpp>
#include <vector>

#include "net/await.h"
#include "net/dial.h"

namespace tailrace {
namespace {

namespace http = boost::beast::http;

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

awaitable<Result<bool>> HttpExchange::fill() {
  std::string& input = connection_->input;
  const std::size_t had = input.size();
  input.resize(had + kReadBytes);
  const std::span<char> room(input.data() + had, kReadBytes);
  Result<std::size_t> count = co_await connection_->stream->read_some(room);
  input.resize(had + (count ? *count : 0));
  if (!count) co_return std::move(count).error();
  answered_ = answered_ || *count > 0;
  co_return *count > 0;
}

awaitable<Result<void>> HttpExchange::parse_more() {
  std::string& input = connection_->input;
  boost::system::error_code error = http::error::need_more;
  if (!input.empty()) input.erase(0, parser_->put(asio::buffer(input), error));
  if (!error || error == http::error::need_buffer) co_return Result<void>();
  const bool endless = input.size() > kHeadBytesMax;  // the line in front of a chunk, its trailers
  if (error != http::error::need_more || endless) {
    co_return Error{ErrorCode::kUnavailable,
                    "bad answer: " + (endless ? "a line too long" : error.message())};
  }
  Result<bool> filled = co_await fill();
  if (!filled) co_return std::move(filled).error();
  if (*filled) co_return Result<void>();
  const bool in_body = parser_->is_header_done();
  if (in_body) parser_->put_eof(error);
  if (!error) co_return Result<void>();
  co_return Error{ErrorCode::kUnavailable, std::string("the server closed the connection") +
                                               (in_body ? " within the body" : "")};
}

awaitable<Result<void>> HttpExchange::read_head(bool to_head_request) {
  for (int interim = 0;; ++interim) {
    if (interim > kInterimMax)
      co_return Error{ErrorCode::kUnavailable, "bad answer: too many interim answers"};
    parser_.emplace();
    parser_->header_limit(kHeadBytesMax);
    parser_->body_limit(boost::none);  // whoever asks bounds it
    parser_->skip(to_head_request);
    while (!parser_->is_header_done()) {
      Result<void> parsed = co_await parse_more();
      if (!parsed) co_return parsed;
    }
    status_ = static_cast<int>(parser_->get().result_int());
    if (status_ >= 200 || status_ == 101) break;
  }
  for (const auto& field : parser_->get())
    headers_.emplace_back(field.name_string(), field.value());
  body_done_ = parser_->is_done();
  keep_alive_ = parser_->keep_alive() && status_ != 101;
  co_return Result<void>();
}

awaitable<Result<std::size_t>> HttpExchange::read_some(std::span<char> into) {
  http::buffer_body::value_type& body = parser_->get().body();
  body.data = into.data();
  body.size = into.size();
  while (!parser_->is_done() && body.size == into.size() && !into.empty()) {
    Result<void> parsed = co_await parse_more();
    if (!parsed) co_return std::move(parsed).error();
  }
  body_done_ = parser_->is_done();
  co_return into.size() - body.size;
}

std::unique_ptr<HttpConnection> HttpExchange::take_reusable() {
  if (!body_done_ || !keep_alive_ || !connection_ || !connection_->input.empty()) return nullptr;
  return std::move(connection_);
}

}  // namespace tailrace
