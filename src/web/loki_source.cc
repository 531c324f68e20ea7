#include "web/loki_source.h"

#include <utility>

#include "base/text.h"

namespace tailrace {
namespace {

constexpr std::string_view kPaths[] = {
    "/loki/api/v1/labels",
    "/loki/api/v1/label/{name}/values",
    "/loki/api/v1/series",
    "/loki/api/v1/query",
    "/loki/api/v1/query_range",
    "/loki/api/v1/index/stats",
    "/loki/api/v1/index/volume",
    "/loki/api/v1/index/volume_range",
    "/loki/api/v1/detected_labels",
    "/loki/api/v1/detected_fields",
    "/loki/api/v1/detected_field/{name}/values",
    "/loki/api/v1/status/buildinfo",
};

// An answer is held whole: together at most a quarter of a gigabyte, and only if somebody asks for
// so much.
constexpr std::size_t kAnswerBytesMax = std::size_t{32} << 20;
constexpr std::size_t kRunningMax = 8;

constexpr std::string_view kPassedHeaders[] = {"X-Loki-Response-Encoding-Flags", "X-Query-Tags"};

// What stands in for {name}, encoded again: the router has decoded it.
std::string path_of(std::string_view pattern, const Request& request) {
  const std::size_t open = pattern.find('{');
  if (open == std::string_view::npos) return std::string(pattern);
  const std::size_t close = pattern.find('}');
  std::string out(pattern.substr(0, open));
  out += percent_encode(request.param("name"));
  return out.append(pattern.substr(close + 1));
}

HttpClientOptions client_options(const LokiSourceOptions& options, std::string user_agent) {
  HttpClientOptions out = options.http.client_options();
  out.user_agent = std::move(user_agent);
  return out;
}

Response gateway_error(const std::string& address, std::string_view what) {
  return text_response(502, "the Loki at " + address + ": " + std::string(what) + "\n");
}

// Not `route`'s lambda itself: a coroutine must own what it uses.
awaitable<Response> answer(std::shared_ptr<LokiSource> source, std::string path,
                           const Request& request) {
  awaitable<Response> asked = source->get(std::move(path), request);
  co_return co_await std::move(asked);
}

}  // namespace

LokiSource::LokiSource(const Executor& executor, LokiSourceOptions options, std::string user_agent)
    : options_(std::move(options)),
      client_(executor, client_options(options_, std::move(user_agent))),
      auth_(executor, options_.http) {}

awaitable<Response> LokiSource::get(std::string path, const Request& request) {
  if (running_ == kRunningMax) {
    co_return text_response(429, "too many queries at once through this agent, try again\n");
  }
  // Also when the client goes away and this coroutine is destroyed in its middle.
  struct Running {
    std::size_t& count;
    explicit Running(std::size_t& of) : count(of) { ++count; }
    ~Running() { --count; }
  };
  const Running running(running_);
  awaitable<Response> asked = ask(std::move(path), request);
  co_return co_await std::move(asked);
}

awaitable<Response> LokiSource::ask(std::string path, const Request& request) {
  HttpRequest out;
  std::string target = (options_.url.path == "/" ? "" : options_.url.path) + path;
  if (!request.query().empty()) target.append("?").append(request.query());
  out.url = options_.url.with_target(target);
  out.response_bytes_max = kAnswerBytesMax;
  awaitable<Result<void>> authorizing = auth_.add_headers(out.headers, options_.timeout_ns);
  const Result<void> authorized = co_await std::move(authorizing);
  if (!authorized) co_return gateway_error(address(), authorized.error().text());
  if (!options_.tenant_id.empty()) out.headers.emplace_back("X-Scope-OrgID", options_.tenant_id);
  for (const auto& [name, value] : options_.headers) {
    if (!has_header(out.headers, name)) out.headers.emplace_back(name, value);
  }
  for (const std::string_view name : kPassedHeaders) {
    if (const std::string_view value = request.header(name); !value.empty())
      out.headers.emplace_back(name, value);
  }
  awaitable<Result<HttpResponse>> sending = client_.send(out, options_.timeout_ns);
  Result<HttpResponse> got = co_await std::move(sending);
  if (!got) co_return gateway_error(address(), got.error().text());
  if (got->status == 401 || got->status == 403) {
    // Passed on, a 401 would make the browser ask its user for a password that is not his to know.
    auth_.forget_token();
    co_return gateway_error(address(), "does not accept the credentials of the configuration (" +
                                           std::to_string(got->status) + ")");
  }
  Response response = text_response(got->status, std::move(got->body));
  if (header_value(got->headers, "Content-Type").starts_with("application/json"))
    response.content_type = "application/json; charset=UTF-8";
  response.headers.emplace_back("X-Content-Type-Options", "nosniff");
  response.compressible = true;
  co_return response;
}

void add_loki_source(Router& router, std::string_view prefix,
                     const std::shared_ptr<LokiSource>& source) {
  for (const std::string_view path : kPaths) {
    router.add_async("GET", std::string(prefix) + std::string(path),
                     [source, path](Request& request) {
                       return answer(source, path_of(path, request), request);
                     },
                     {.cancel_on_hangup = true});
  }
}

}  // namespace tailrace
