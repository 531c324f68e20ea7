#include "discovery/http_discovery.h"

#include <chrono>

#include "base/clock.h"
#include "base/text.h"
#include "discovery/target_groups.h"
#include "net/await.h"
#include "telemetry/log.h"

namespace tailrace {
namespace {

constexpr std::size_t kAnswerBytesMax = std::size_t{64} << 20;

bool is_json(std::string_view content_type) {
  const std::string_view type = trim_space(content_type.substr(0, content_type.find(';')));
  return equals_ignoring_case(type, "application/json");
}

}  // namespace

Result<std::vector<TargetGroup>> HttpDiscovery::take(const HttpResponse& response) {
  if (response.status != 200) {
    return Error{ErrorCode::kRejected, "the server answers " + std::to_string(response.status)};
  }
  const std::string_view type = header_value(response.headers, "Content-Type");
  if (!is_json(type)) {
    return Error{ErrorCode::kInvalid,
                 "the answer must be application/json, but is " + go_quoted(type)};
  }
  const std::string url = options_.url.text();
  TAILRACE_TRY(std::vector<TargetGroup> groups, parse_target_groups_json(url, response.body));
  for (TargetGroup& group : groups) group.labels.set("__meta_url", url);
  const std::size_t count = groups.size();
  for (std::size_t i = count; i < groups_; ++i) {
    groups.push_back({.source = url + ":" + std::to_string(i), .targets = {}, .labels = {}});
  }
  groups_ = count;
  return groups;
}

awaitable<void> HttpDiscovery::run(const Yield& yield) {
  const Executor executor = co_await asio::this_coro::executor;
  HttpClient client(executor, options_.endpoint.client);
  asio::steady_timer timer(executor);
  // As the header Prometheus sends, in whole seconds.
  const std::string refresh_seconds = std::to_string(options_.refresh_interval_ns / kNsPerSecond);
  for (;;) {
    Result<HttpHeaders> headers =
        options_.endpoint.headers ? options_.endpoint.headers() : HttpHeaders{};
    Result<std::vector<TargetGroup>> groups = std::vector<TargetGroup>{};
    if (headers) {
      HttpRequest request{.url = options_.url, .headers = std::move(*headers)};
      request.headers.emplace_back("Accept", "application/json");
      request.headers.emplace_back("X-Prometheus-Refresh-Interval-Seconds", refresh_seconds);
      request.response_bytes_max = kAnswerBytesMax;
      const Result<HttpResponse> response =
          co_await client.send(request, options_.refresh_interval_ns);
      if (!response && response.error().code() == ErrorCode::kCancelled) co_return;
      groups = response ? take(*response) : Result<std::vector<TargetGroup>>(response.error());
    } else {
      groups = headers.error();
    }
    if (groups) {
      if (!groups->empty()) yield(std::move(*groups));
    } else {
      log::warn("http_sd: targets stay as they were",
                {{"url", options_.url.text()}, {"error", groups.error().text()}});
    }
    timer.expires_after(std::chrono::nanoseconds(options_.refresh_interval_ns));
    const auto [error] = co_await timer.async_wait(kAwait);
    if (error) co_return;
  }
}

}  // namespace tailrace
