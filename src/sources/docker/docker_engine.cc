#include "sources/docker/docker_engine.h"

#include <map>

#include "base/arena.h"
#include "base/clock.h"
#include "net/await.h"
#include "parse/json_value.h"

namespace tailrace {
namespace {

constexpr std::int64_t kCallTimeoutNs = 30 * kNsPerSecond;
constexpr std::size_t kListBytesMax = std::size_t{64} << 20;
constexpr std::size_t kErrorBytesMax = 1024;
constexpr std::string_view kEventFilters =
    R"({"type":["container"],"event":["start","destroy","rename"]})";

HttpClientOptions client_options(const DockerSdOptions& options) {
  HttpClientOptions out = options.http.client_options();
  out.idle_connections_max = 2;
  return out;
}

std::string containers_target(const DockerSdOptions& options) {
  std::string target = "/containers/json?all=1";
  if (!options.filters.empty()) {
    target += "&filters=" + percent_encode(docker_filters_json(options.filters));
  }
  return target;
}

// {"message":"No such container: x"}
std::string message_of(std::string_view body) {
  Arena arena;
  const std::optional<JsonValue> json = parse_json(body, arena);
  const JsonValue* const message = json ? json->find("message") : nullptr;
  return std::string(message != nullptr && message->is_string() ? message->text() : body);
}

Error status_error(int status, std::string_view body) {
  const ErrorCode code = status == 404  ? ErrorCode::kNotFound
                         : status < 500 ? ErrorCode::kRejected
                                        : ErrorCode::kUnavailable;
  return Error{code, "the engine answers " + std::to_string(status) + ": " + message_of(body)};
}

}  // namespace

std::string docker_filters_json(
    const std::vector<std::pair<std::string, std::vector<std::string>>>& filters) {
  std::map<std::string, std::vector<std::string>> merged;
  for (const auto& [name, values] : filters) {
    std::vector<std::string>& all = merged[name];
    all.insert(all.end(), values.begin(), values.end());
  }
  std::string out = "{";
  for (const auto& [name, values] : merged) {
    if (out.size() > 1) out += ',';
    append_json_string(out, name);
    out += ":[";
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (i > 0) out += ',';
      append_json_string(out, values[i]);
    }
    out += ']';
  }
  return out + "}";
}

DockerEngine::DockerEngine(Executor executor, const DockerSdOptions& options)
    : options_(options),
      containers_target_(containers_target(options)),
      client_(executor, client_options(options)),
      auth_(executor, options.http) {}

void DockerEngine::close() {
  client_.close();
  auth_.close();
}

awaitable<Result<std::string>> DockerEngine::get(std::string target) {
  HttpRequest request{.url = options_.url.with_target(target), .headers = {}};
  request.response_bytes_max = kListBytesMax;
  Result<void> authorized = co_await auth_.add_headers(request.headers, kCallTimeoutNs);
  if (!authorized) co_return std::move(authorized).error();
  Result<HttpResponse> response = co_await client_.send(request, kCallTimeoutNs);
  if (!response) co_return std::move(response).error();
  if (response->status == 401) auth_.forget_token();
  if (response->status != 200) co_return status_error(response->status, response->body);
  co_return std::move(response->body);
}

awaitable<Result<std::unique_ptr<HttpStream>>> DockerEngine::open(std::string target) {
  HttpRequest request{.url = options_.url.with_target(target), .headers = {}};
  Result<void> authorized = co_await auth_.add_headers(request.headers, kCallTimeoutNs);
  if (!authorized) co_return std::move(authorized).error();
  Result<std::unique_ptr<HttpStream>> stream = co_await client_.open(request, kCallTimeoutNs);
  if (!stream) co_return std::move(stream).error();
  const int status = (*stream)->status();
  if (status == 200) co_return stream;
  if (status == 401) auth_.forget_token();
  std::string body(kErrorBytesMax, '\0');
  Result<std::size_t> count = co_await (*stream)->read_some(body, kCallTimeoutNs);
  body.resize(std::move(count).value_or(0));
  co_return status_error(status, body);
}

awaitable<Result<std::vector<DockerContainerInfo>>> DockerEngine::containers() {
  Result<std::string> networks = co_await get("/networks");
  if (!networks) co_return std::move(networks).error().in("list of networks");
  Result<std::string> containers = co_await get(containers_target_);
  if (!containers) co_return std::move(containers).error().in("list of containers");
  co_return read_docker_containers(*containers, *networks, options_.labels);
}

awaitable<Result<DockerContainerState>> DockerEngine::inspect(const std::string& id) {
  Result<std::string> body = co_await get("/containers/" + id + "/json");
  if (!body) co_return std::move(body).error();
  Arena arena;
  const std::optional<JsonValue> json = parse_json(*body, arena);
  const JsonValue* const config = json ? json->find("Config") : nullptr;
  const JsonValue* const state = json ? json->find("State") : nullptr;
  if (config == nullptr || state == nullptr) {
    co_return Error{ErrorCode::kInvalid, "the engine's description of the container is not JSON"};
  }
  const JsonValue* const terminal = config->find("Tty");
  const JsonValue* const running = state->find("Running");
  co_return DockerContainerState{terminal != nullptr && terminal->is_bool() && terminal->boolean(),
                                 running != nullptr && running->is_bool() && running->boolean()};
}

awaitable<Result<std::unique_ptr<HttpStream>>> DockerEngine::logs(const std::string& id,
                                                                  const DockerMarker& from) {
  std::string target = "/containers/" + id + "/logs?stdout=1&stderr=1&follow=1&timestamps=1&since=";
  target += since_text(from);
  return open(std::move(target));
}

awaitable<Result<std::unique_ptr<HttpStream>>> DockerEngine::events() {
  return open("/events?filters=" + percent_encode(kEventFilters));
}

}  // namespace tailrace
