// kubernetes_sd_configs with the role `pod`: asks the API server for all pods once (list), then is
// told of changes (watch), each event one line of JSON.
//
//   GET /api/v1/pods?limit=500&continue=...            pages of a list, with its resourceVersion
//   GET /api/v1/pods?watch=1&resourceVersion=...       {"type":"ADDED","object":{pod}}\n ...
//
// A watch that ends is taken up where it stopped; if the server has forgotten that place (410),
// everything is listed again, and what is gone is taken back. While the server cannot be reached,
// the last targets stay.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/config_node.h"
#include "discovery/discovery.h"
#include "net/http_client_config.h"
#include "net/url.h"

namespace tailrace {

struct KubernetesPodOptions {
  Url api_server;
  HttpClientConfig http;
  std::string pod_namespace;                  // "": all
  std::string label_selector;                 // as the API takes them, such as "app=web,tier!=test"
  std::string field_selector;                 // such as "spec.nodeName=node-1,status.phase=Running"
  std::int64_t retry_ns_min = 1'000'000'000;  // between attempts, doubling
  std::int64_t retry_ns_max = std::int64_t{30} * 1'000'000'000;
};

// Reads the list `kubernetes_sd_configs`: one item of the result for each namespace asked for, with
// the pods of this node only (spec.nodeName is host_name()). Without api_server and outside a pod:
// a warning, and no item. Other roles than `pod`, kubeconfig_file and metadata of nodes are errors.
std::vector<KubernetesPodOptions> read_kubernetes_sd_configs(const ConfigNode& list);

// Discovers the pods of one namespace, or of all.
class KubernetesPodDiscovery final : public Discovery {
 public:
  explicit KubernetesPodDiscovery(KubernetesPodOptions options) : options_(std::move(options)) {}
  awaitable<void> run(const Yield& yield) override;

 private:
  struct Connection {
    HttpClient client;
    HttpAuth auth;
  };
  awaitable<Result<void>> list(Connection& server, const Yield& yield);
  // Returns when the server ends the watch. kNotFound: list again.
  awaitable<Result<void>> watch(Connection& server, const Yield& yield);
  awaitable<Result<HttpRequest>> request(Connection& server, std::string query) const;
  Result<std::string> take_page(std::string_view body, std::vector<TargetGroup>& groups);
  Result<void> take_event(std::string_view line, std::vector<TargetGroup>& groups);

  KubernetesPodOptions options_;
  std::string version_;            // of what we know; "": nothing yet
  std::set<std::string> sources_;  // of the pods we know
};

// The endpoint a pod finds in its own environment: KUBERNETES_SERVICE_HOST and _PORT, and the token
// and certificate authority of its service account. `account` is their folder.
struct InCluster {
  Url api_server;
  HttpClientConfig http;
  std::string own_namespace;
};
inline constexpr std::string_view kServiceAccountFolder =
    "/var/run/secrets/kubernetes.io/serviceaccount";
Result<InCluster> in_cluster(const std::string& account);

}  // namespace tailrace
