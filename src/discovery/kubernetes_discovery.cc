#include "discovery/kubernetes_discovery.h"

#include <array>
#include <boost/json.hpp>
#include <chrono>
#include <cstdlib>
#include <random>

#include "base/backoff.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "discovery/kubernetes_pod.h"
#include "discovery/targets.h"
#include "net/await.h"
#include "telemetry/log.h"

namespace tailrace {
namespace {

namespace json = boost::json;

constexpr std::int64_t kRequestTimeoutNs = 30 * kNsPerSecond;
// The server ends a watch after 5 to 10 minutes by itself, and sends bookmarks every minute; a
// connection on which nothing comes for this long is dead.
constexpr std::int64_t kWatchQuietNs = 300 * kNsPerSecond;
constexpr std::size_t kPageBytesMax = std::size_t{256} << 20;
constexpr std::size_t kEventBytesMax = std::size_t{16} << 20;
constexpr int kGone = 410;

Error bad(std::string_view what) {
  return Error{ErrorCode::kInvalid, "the API server answers " + std::string(what)};
}

Result<json::value> parse_json(std::string_view text) {
  boost::system::error_code error;
  json::value value = json::parse(json::string_view(text.data(), text.size()), error);
  if (error) return bad("what is not JSON: " + error.message());
  if (!value.is_object()) return bad("JSON that is no object");
  return value;
}

std::string text_at(const json::value& value, const char* pointer) {
  boost::system::error_code error;
  const json::value* found = value.find_pointer(pointer, error);
  const json::string* text = found == nullptr ? nullptr : found->if_string();
  return text == nullptr ? std::string() : std::string(text->data(), text->size());
}

Error status_error(int status, std::string_view body) {
  std::string text = "the API server answers " + std::to_string(status);
  if (const Result<json::value> value = parse_json(body)) {
    if (const std::string message = text_at(*value, "/message"); !message.empty())
      text += ": " + message;
  }
  return {status == kGone ? ErrorCode::kNotFound : ErrorCode::kRejected, std::move(text)};
}

}  // namespace

awaitable<Result<HttpRequest>> KubernetesPodDiscovery::request(Connection& server,
                                                               std::string query) const {
  std::string target = options_.api_server.path;
  if (!target.empty() && target.back() == '/') target.pop_back();
  target += "/api/v1/";
  if (!options_.pod_namespace.empty())
    target += "namespaces/" + percent_encode(options_.pod_namespace) + "/";
  target += "pods?";
  target += query;
  if (!options_.label_selector.empty())
    target += "&labelSelector=" + percent_encode(options_.label_selector);
  if (!options_.field_selector.empty())
    target += "&fieldSelector=" + percent_encode(options_.field_selector);
  HttpRequest out{.url = options_.api_server.with_target(target), .headers = {}};
  out.headers.emplace_back("Accept", "application/json");
  out.response_bytes_max = kPageBytesMax;
  Result<void> ready = co_await server.auth.add_headers(out.headers, kRequestTimeoutNs);
  if (!ready) co_return std::move(ready).error();
  co_return out;
}

// Returns the token of the next page, "" after the last.
Result<std::string> KubernetesPodDiscovery::take_page(std::string_view body,
                                                      std::vector<TargetGroup>& groups) {
  TAILRACE_TRY(const json::value page, parse_json(body));
  const json::value* items = page.get_object().if_contains("items");
  if (items != nullptr && items->is_array()) {
    for (const json::value& item : items->get_array()) {
      if (item.is_object()) groups.push_back(pod_target_group(item.get_object()));
    }
  }
  version_ = text_at(page, "/metadata/resourceVersion");
  return text_at(page, "/metadata/continue");
}

awaitable<Result<void>> KubernetesPodDiscovery::list(Connection& server, const Yield& yield) {
  std::vector<TargetGroup> groups;
  std::string next_page;
  do {
    std::string query = "limit=500";
    if (!next_page.empty()) query += "&continue=" + percent_encode(next_page);
    const Result<HttpRequest> page_request = co_await request(server, query);
    if (!page_request) co_return page_request.error();
    const HttpRequest& ask = *page_request;
    const Result<HttpResponse> response = co_await server.client.send(ask, kRequestTimeoutNs);
    if (!response) co_return response.error();
    if (response->status == 401) server.auth.forget_token();
    if (response->status != 200) co_return status_error(response->status, response->body);
    const Result<std::string> next = take_page(response->body, groups);
    if (!next) {
      version_.clear();
      co_return next.error();
    }
    next_page = *next;
  } while (!next_page.empty());

  std::set<std::string> present;
  for (const TargetGroup& group : groups) present.insert(group.source);
  for (const std::string& source : sources_) {
    if (present.count(source) == 0)
      groups.push_back({.source = source, .targets = {}, .labels = {}});
  }
  sources_ = std::move(present);
  yield(std::move(groups));
  co_return Result<void>();
}

Result<void> KubernetesPodDiscovery::take_event(std::string_view line,
                                                std::vector<TargetGroup>& groups) {
  TAILRACE_TRY(const json::value event, parse_json(line));
  const std::string type = text_at(event, "/type");
  const json::value* object = event.get_object().if_contains("object");
  if (object == nullptr || !object->is_object()) return bad("an event without an object");
  if (type == "ERROR") {
    boost::system::error_code ignored;
    const json::value* code = object->find_pointer("/code", ignored);
    const bool is_gone = code != nullptr && code->is_int64() && code->get_int64() == kGone;
    return Error{is_gone ? ErrorCode::kNotFound : ErrorCode::kRejected,
                 "watch: " + text_at(*object, "/message")};
  }
  version_ = text_at(*object, "/metadata/resourceVersion");
  if (type == "BOOKMARK") return {};
  TargetGroup group = pod_target_group(object->get_object());
  if (type == "DELETED") {
    group.targets.clear();
    sources_.erase(group.source);
  } else {
    sources_.insert(group.source);
  }
  groups.push_back(std::move(group));
  return {};
}

awaitable<Result<void>> KubernetesPodDiscovery::watch(Connection& server, const Yield& yield) {
  const std::string query =
      "watch=1&allowWatchBookmarks=true&resourceVersion=" + percent_encode(version_);
  const Result<HttpRequest> watch_request = co_await request(server, query);
  if (!watch_request) co_return watch_request.error();
  const HttpRequest& ask = *watch_request;
  Result<std::unique_ptr<HttpStream>> opened = co_await server.client.open(ask, kRequestTimeoutNs);
  if (!opened) co_return opened.error();
  HttpStream& stream = **opened;
  if (stream.status() == 401) server.auth.forget_token();
  if (stream.status() != 200) co_return status_error(stream.status(), "");
  std::string pending;  // the beginning of a line; at most kEventBytesMax
  std::array<char, 16 * 1024> piece;
  const std::span<char> room(piece);
  for (;;) {
    const Result<std::size_t> count = co_await stream.read_some(room, kWatchQuietNs);
    if (!count) co_return count.error();
    if (*count == 0) co_return Result<void>();
    pending.append(piece.data(), *count);
    std::vector<TargetGroup> groups;
    Result<void> taken;
    std::size_t begin = 0;
    for (std::size_t end = 0; taken && (end = pending.find('\n', begin)) != std::string::npos;
         begin = end + 1) {
      const std::string_view line = std::string_view(pending).substr(begin, end - begin);
      if (!trim_space(line).empty()) taken = take_event(line, groups);
    }
    pending.erase(0, begin);
    if (!groups.empty()) yield(std::move(groups));
    if (!taken) co_return taken;
    if (pending.size() > kEventBytesMax) co_return bad("an event that is too long");
  }
}

awaitable<void> KubernetesPodDiscovery::run(const Yield& yield) {
  const Executor executor = co_await asio::this_coro::executor;
  Connection server{{executor, options_.http.client_options()}, {executor, options_.http}};
  asio::steady_timer timer(executor);
  Backoff backoff(options_.retry_ns_min, options_.retry_ns_max, std::random_device{}());
  for (;;) {
    const bool lists = version_.empty();
    const std::int64_t start_ns = Clock::system().monotonic_ns();
    Result<void> result;
    if (lists) {
      result = co_await list(server, yield);
    } else {
      result = co_await watch(server, yield);
    }
    const bool lasted = Clock::system().monotonic_ns() - start_ns > options_.retry_ns_max;
    if (!result && result.error().code() == ErrorCode::kCancelled) co_return;
    if (!result && result.error().code() == ErrorCode::kNotFound) version_.clear();
    if (!result && !lasted) {
      log::warn("kubernetes_sd: targets stay as they were",
                {{"server", options_.api_server.text()}, {"error", result.error().text()}});
    }
    if (lasted || (lists && result)) backoff.reset();
    if (lists && result) continue;
    // Also after a watch that ended well, so that one that ends at once is no busy loop.
    timer.expires_after(std::chrono::nanoseconds(backoff.next_ns()));
    const auto [error] = co_await timer.async_wait(kAwait);
    if (error) co_return;
  }
}

namespace {

// The first selector of the role `pod`.
void read_selectors(const ConfigNode& list, KubernetesPodOptions& options) {
  bool found = false;
  for (const ConfigNode& node : list.items()) {
    node.strict({"role", "label", "field"});
    std::string role;
    node.read("role", role);
    if (role != "pod") {
      node.error("role", "only selectors for the role pod make sense here");
    } else if (found) {
      node.error("a second selector for the role pod");
    }
    found = true;
    node.read("label", options.label_selector);
    node.read("field", options.field_selector);
  }
}

// As Promtail does it: an agent wants the pods of its own node only, and the server should not send
// it those of the whole cluster.
void select_own_node(KubernetesPodOptions& options) {
  const std::string own = "spec.nodeName=" + host_name();
  if (options.field_selector.find(own) != std::string::npos) return;
  if (!options.field_selector.empty()) options.field_selector += ',';
  options.field_selector += own;
}

// "" stands for all.
std::vector<std::string> read_namespaces(const ConfigNode& node, std::string_view own) {
  node.strict({"own_namespace", "names"});
  std::vector<std::string> names;
  bool own_too = false;
  node.read("names", names);
  node.read("own_namespace", own_too);
  if (own_too && own.empty()) node.get("own_namespace").warn("is known in a pod only: all it is");
  if (own_too && !own.empty()) names.emplace_back(own);
  if (names.empty()) names.emplace_back();
  return names;
}

void read_attach_metadata(const ConfigNode& node) {
  node.strict({"node"});
  bool attach_node = false;
  node.read("node", attach_node);
  if (attach_node) node.error("node", "is not supported");
}

void read_pod_options(const ConfigNode& node, std::vector<KubernetesPodOptions>& out) {
  std::vector<std::string_view> known = kHttpClientKeys;
  known.insert(known.end(), {"api_server", "role", "kubeconfig_file", "namespaces", "selectors",
                             "attach_metadata"});
  node.strict(known);
  if (!node.is_map()) return;
  std::string role;
  node.read("role", role);
  if (role != "pod") {
    node.error("role", role.empty()
                           ? "needs a role: pod"
                           : "the role " + go_quoted(role) + " is not supported, only pod");
  }
  std::string kubeconfig;
  node.read("kubeconfig_file", kubeconfig);
  if (!kubeconfig.empty()) node.error("kubeconfig_file", "is not supported");
  read_attach_metadata(node.get("attach_metadata"));
  KubernetesPodOptions options;
  read_selectors(node.get("selectors"), options);
  select_own_node(options);
  std::string own_namespace;
  std::string api_server;
  node.read("api_server", api_server);
  if (api_server.empty()) {
    Result<InCluster> cluster = in_cluster(std::string(kServiceAccountFolder));
    if (cluster) {
      options.api_server = cluster->api_server;
      options.http = cluster->http;
      own_namespace = cluster->own_namespace;
    } else {
      // The file may be checked somewhere else, and its other jobs may have work here.
      node.warn("finds no pods: " + cluster.error().text());
      return;
    }
  } else if (Result<Url> parsed = parse_url(api_server)) {
    options.api_server = std::move(*parsed);
    read(node, options.http);
  } else {
    node.error("api_server", parsed.error().text());
  }
  for (const std::string& name : read_namespaces(node.get("namespaces"), own_namespace)) {
    options.pod_namespace = name;
    out.push_back(options);
  }
}

}  // namespace

std::vector<KubernetesPodOptions> read_kubernetes_sd_configs(const ConfigNode& list) {
  std::vector<KubernetesPodOptions> out;
  for (const ConfigNode& node : list.items()) read_pod_options(node, out);
  return out;
}

Result<InCluster> in_cluster(const std::string& account) {
  const char* host = std::getenv("KUBERNETES_SERVICE_HOST");
  const char* port = std::getenv("KUBERNETES_SERVICE_PORT");
  if (host == nullptr || port == nullptr) {
    return Error{ErrorCode::kInvalid,
                 "this is no pod (KUBERNETES_SERVICE_HOST is not set): write api_server where "
                 "tailrace runs outside"};
  }
  const std::string host_text = std::string_view(host).find(':') == std::string_view::npos
                                    ? std::string(host)
                                    : "[" + std::string(host) + "]";
  InCluster out;
  TAILRACE_TRY(out.api_server, parse_url("https://" + host_text + ":" + port));
  out.http.tls.ca_file = account + "/ca.crt";
  // Tokens are renewed on disk about every hour; the file is read for each request.
  out.http.authorization_type = "Bearer";
  out.http.credentials.file = account + "/token";
  if (Result<std::string> name = read_file(account + "/namespace"))
    out.own_namespace = trim_space(*name);
  return out;
}

}  // namespace tailrace
