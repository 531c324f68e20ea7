#include "agent/healthcheck.h"

#include <boost/asio/io_context.hpp>
#include <optional>

#include "base/clock.h"
#include "net/http_client.h"
#include "net/spawn.h"

namespace tailrace {
namespace {

awaitable<void> ask(HttpClient& client, const HttpRequest& request,
                    std::optional<Result<HttpResponse>>& answer) {
  awaitable<Result<HttpResponse>> sending = client.send(request, 3 * kNsPerSecond);
  answer = co_await std::move(sending);
}

}  // namespace

Result<void> check_health(std::string_view url) {
  TAILRACE_TRY(const Url parsed, parse_url(url));
  asio::io_context io{1};
  HttpClient client(io.get_executor(), {});
  HttpRequest request;
  request.url = parsed;
  request.cut_response = true;
  request.response_bytes_max = 1024;
  std::optional<Result<HttpResponse>> answer;
  spawn(io.get_executor(), "healthcheck", ask(client, request, answer));
  io.run();
  if (!answer) return Error{ErrorCode::kUnavailable, std::string(url) + ": no answer"};
  if (!*answer) return std::move(*answer).error().in(url);
  if ((*answer)->status != 200) {
    return Error{ErrorCode::kUnavailable, std::string(url) + ": status " +
                                              std::to_string((*answer)->status) + ": " +
                                              (*answer)->body};
  }
  return {};
}

}  // namespace tailrace
