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

std::vector<HttpSdOptions> read_http_sd_configs(const ConfigNode& list) {
  std::vector<HttpSdOptions> out;
  for (const ConfigNode& node : list.items()) {
    std::vector<std::string_view> known = kHttpClientKeys;
    known.insert(known.end(), {"url", "refresh_interval"});
    node.strict(known);
    HttpSdOptions& options = out.emplace_back();
    std::string url;
    const bool has_url = node.read("url", url);
    if (Result<Url> parsed = parse_url(url)) {
      options.url = std::move(*parsed);
    } else if (has_url) {
      node.error("url", url.empty() ? "needs a URL, such as http://targets.example/list"
                                    : parsed.error().text());
    }
    PrometheusDuration interval{options.refresh_interval_ns};
    node.read("refresh_interval", interval);
    if (interval.ns <= 0) node.error("refresh_interval", "must be more than 0, such as 60s");
    options.refresh_interval_ns = interval.ns;
    read(node, options.http);
  }
  return out;
}

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
  HttpClient client(executor, options_.http.client_options());
  HttpAuth auth(executor, options_.http);
  asio::steady_timer timer(executor);
  const std::string refresh_seconds = std::to_string(options_.refresh_interval_ns / kNsPerSecond);
  for (;;) {
    HttpRequest request{.url = options_.url, .headers = {}};
    request.headers.emplace_back("Accept", "application/json");
    request.headers.emplace_back("X-Prometheus-Refresh-Interval-Seconds", refresh_seconds);
    request.response_bytes_max = kAnswerBytesMax;
    Result<void> ready = co_await auth.add_headers(request.headers, options_.refresh_interval_ns);
    Result<std::vector<TargetGroup>> groups = std::vector<TargetGroup>{};
    if (ready) {
      const Result<HttpResponse> response =
          co_await client.send(request, options_.refresh_interval_ns);
      if (response && response->status == 401) auth.forget_token();
      groups = response ? take(*response) : Result<std::vector<TargetGroup>>(response.error());
    } else {
      groups = std::move(ready).error();
    }
    if (!groups && groups.error().code() == ErrorCode::kCancelled) co_return;
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
