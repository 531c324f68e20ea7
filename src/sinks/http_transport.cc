#include "sinks/http_transport.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/text.h"
#include "net/http_client.h"
#include "telemetry/log.h"

namespace tailrace {
namespace {

// Loki says why in the first line; a megabyte of error page is not needed.
constexpr std::size_t kAnswerBytesMax = 4096;

std::string first_line(std::string_view body) {
  return std::string(trim_space(body.substr(0, std::min(body.find('\n'), std::size_t{1024}))));
}

// Seconds; the other form, a date, is not used by Loki.
std::int64_t retry_after_ns(const HttpHeaders& headers) {
  for (const auto& [name, value] : headers) {
    std::int64_t seconds = 0;
    if (equals_ignoring_case(name, "Retry-After") &&
        std::from_chars(value.data(), value.data() + value.size(), seconds).ec == std::errc() &&
        seconds > 0 && seconds < 86'400) {
      return seconds * kNsPerSecond;
    }
  }
  return 0;
}

class HttpTransport final : public Transport {
 public:
  HttpTransport(boost::asio::any_io_executor executor, const ClientOptions& options,
                std::string user_agent)
      : options_(options),
        client_(executor, client_options(options, std::move(user_agent))),
        auth_(executor, options.http) {}

  awaitable<PushAnswer> push(std::string_view tenant, std::string_view body) override {
    HttpRequest request;
    request.method = "POST";
    request.url = options_.url;
    awaitable<Result<void>> authorizing = auth_.add_headers(request.headers, options_.timeout_ns);
    const Result<void> authorized = co_await std::move(authorizing);
    // A secret's file that cannot be read now may come back.
    if (!authorized) co_return PushAnswer{-1, authorized.error().text(), 0};
    request.headers.emplace_back("Content-Type", "application/x-protobuf");
    if (!tenant.empty()) request.headers.emplace_back("X-Scope-OrgID", tenant);
    add_configured_headers(request.headers);
    request.body = body;
    request.response_bytes_max = kAnswerBytesMax;
    request.cut_response = true;
    awaitable<Result<HttpResponse>> sending = client_.send(request, options_.timeout_ns);
    const Result<HttpResponse> response = co_await std::move(sending);
    if (!response) co_return PushAnswer{-1, response.error().text(), 0};
    if (response->status == 401) auth_.forget_token();
    co_return PushAnswer{response->status, first_line(response->body),
                         retry_after_ns(response->headers)};
  }
  void cancel() override {
    client_.close();
    auth_.close();
  }

 private:
  static HttpClientOptions client_options(const ClientOptions& options, std::string user_agent) {
    HttpClientOptions out = options.http.client_options();
    out.user_agent = std::move(user_agent);
    out.idle_connections_max = 1;
    return out;
  }

  // `headers` of the configuration add to ours and never replace one.
  void add_configured_headers(HttpHeaders& headers) {
    for (const auto& [name, value] : options_.headers) {
      if (has_header(headers, name) || equals_ignoring_case(name, "User-Agent")) {
        if (!std::exchange(warned_, true)) {
          log::warn("a configured header is set by tailrace itself and left out",
                    {{"client", options_.name}, {"header", name}});
        }
        continue;
      }
      headers.emplace_back(name, value);
    }
  }

  const ClientOptions options_;
  HttpClient client_;
  HttpAuth auth_;
  bool warned_ = false;
};

}  // namespace

std::unique_ptr<Transport> make_http_transport(boost::asio::any_io_executor executor,
                                               const ClientOptions& options,
                                               std::string user_agent) {
  return std::make_unique<HttpTransport>(std::move(executor), options, std::move(user_agent));
}

}  // namespace tailrace
