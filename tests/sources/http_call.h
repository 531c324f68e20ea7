// HTTP requests from a test to a server on the same io_context.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "net/http_client.h"
#include "net/spawn.h"

namespace tailrace {

struct HttpCall {
  int status = 0;  // 0: not answered yet; -1: no answer
  std::string body;
  HttpHeaders headers;
};

inline awaitable<void> run_http_call(HttpClient& client, std::string method, Url url,
                                     HttpHeaders headers, std::string body,
                                     std::shared_ptr<HttpCall> call) {
  HttpRequest request{
      .method = std::move(method), .url = std::move(url), .headers = std::move(headers)};
  request.body = body;
  Result<HttpResponse> response = co_await client.send(request, 15 * std::int64_t{1'000'000'000});
  call->status = response ? response->status : -1;
  call->body = response ? response->body : response.error().text();
  if (response) call->headers = response->headers;
}

// A client whose calls go on while the test runs the io_context.
class HttpCaller {
 public:
  HttpCaller(Executor executor, std::uint16_t port)
      : executor_(executor),
        client_(executor, {}),
        base_("http://127.0.0.1:" + std::to_string(port)) {}

  std::shared_ptr<HttpCall> call(const std::string& method, const std::string& target,
                                 HttpHeaders headers = {}, std::string body = "") {
    auto call = std::make_shared<HttpCall>();
    spawn(executor_, "call",
          run_http_call(client_, method, parse_url(base_ + target).value(), std::move(headers),
                        std::move(body), call));
    return call;
  }
  std::shared_ptr<HttpCall> post(const std::string& target, HttpHeaders headers, std::string body) {
    return call("POST", target, std::move(headers), std::move(body));
  }
  // As if the program ended.
  void hang_up() { client_.close(); }

 private:
  Executor executor_;
  HttpClient client_;
  std::string base_;
};

}  // namespace tailrace
