#include "discovery/kubernetes_discovery.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>
#include <cstdlib>

#include "discovery/canned_server.h"
#include "discovery/kubernetes_pod.h"
#include "support/run_until.h"
#include "support/temp_dir.h"

namespace tailrace {
namespace {

using test::CannedServer;

// As an API server describes a pod, shortened.
std::string pod(const std::string& name, const std::string& version,
                const std::string& ip = "10.0.0.7") {
  return R"({"metadata":{"name":")" + name +
         R"(","namespace":"shop","uid":"u-1","resourceVersion":")" + version +
         R"(","labels":{"app.kubernetes.io/name":"web"},"annotations":{"note":"x y"},)"
         R"("ownerReferences":[{"kind":"Node","name":"n","controller":false},)"
         R"({"kind":"ReplicaSet","name":"web-5d","controller":true}]},)"
         R"("spec":{"nodeName":"node-1","containers":[{"name":"web","image":"web:1",)"
         R"("ports":[{"containerPort":8080,"name":"http","protocol":"TCP"},{"containerPort":9090,"protocol":"TCP"}]},)"
         R"({"name":"sidecar","image":"s:2"}],"initContainers":[{"name":"setup","image":"i:3"}]},)"
         R"("status":{"phase":"Running","hostIP":"192.168.0.1","podIP":")" +
         ip +
         R"(","conditions":[{"type":"Ready","status":"True"}],)"
         R"("containerStatuses":[{"name":"web","containerID":"containerd://abc"}]}})";
}

TargetGroup group_of(const std::string& text) {
  return pod_target_group(boost::json::parse(text).as_object());
}

TEST(KubernetesPod, HasPrometheusLabels) {
  const TargetGroup group = group_of(pod("web-1", "5"));
  EXPECT_EQ(group.source, "pod/shop/web-1");
  EXPECT_EQ(group.labels,
            (Labels{{"__meta_kubernetes_namespace", "shop"},
                    {"__meta_kubernetes_pod_annotation_note", "x y"},
                    {"__meta_kubernetes_pod_annotationpresent_note", "true"},
                    {"__meta_kubernetes_pod_controller_kind", "ReplicaSet"},
                    {"__meta_kubernetes_pod_controller_name", "web-5d"},
                    {"__meta_kubernetes_pod_host_ip", "192.168.0.1"},
                    {"__meta_kubernetes_pod_ip", "10.0.0.7"},
                    {"__meta_kubernetes_pod_label_app_kubernetes_io_name", "web"},
                    {"__meta_kubernetes_pod_labelpresent_app_kubernetes_io_name", "true"},
                    {"__meta_kubernetes_pod_name", "web-1"},
                    {"__meta_kubernetes_pod_node_name", "node-1"},
                    {"__meta_kubernetes_pod_phase", "Running"},
                    {"__meta_kubernetes_pod_ready", "true"},
                    {"__meta_kubernetes_pod_uid", "u-1"}}));
  ASSERT_EQ(group.targets.size(), 4U);
  EXPECT_EQ(group.targets[0], (Labels{{"__address__", "10.0.0.7:8080"},
                                      {"__meta_kubernetes_pod_container_id", "containerd://abc"},
                                      {"__meta_kubernetes_pod_container_image", "web:1"},
                                      {"__meta_kubernetes_pod_container_init", "false"},
                                      {"__meta_kubernetes_pod_container_name", "web"},
                                      {"__meta_kubernetes_pod_container_port_name", "http"},
                                      {"__meta_kubernetes_pod_container_port_number", "8080"},
                                      {"__meta_kubernetes_pod_container_port_protocol", "TCP"}}));
  EXPECT_EQ(group.targets[1].get("__address__"), "10.0.0.7:9090");
  EXPECT_EQ(group.targets[2], (Labels{{"__address__", "10.0.0.7"},
                                      {"__meta_kubernetes_pod_container_id", ""},
                                      {"__meta_kubernetes_pod_container_image", "s:2"},
                                      {"__meta_kubernetes_pod_container_init", "false"},
                                      {"__meta_kubernetes_pod_container_name", "sidecar"}}));
  EXPECT_EQ(group.targets[3].get("__meta_kubernetes_pod_container_init"), "true");
}

TEST(KubernetesPod, TakesWhatIsMissingForEmpty) {
  EXPECT_TRUE(group_of(pod("a", "1", "")).targets.empty());
  EXPECT_EQ(group_of(pod("a", "1", "fd00::1")).targets[0].get("__address__"), "[fd00::1]:8080");
  EXPECT_EQ(group_of("{}").source, "pod//");
  const TargetGroup odd = group_of(
      R"({"metadata":[],"spec":{"containers":[1,{"ports":[{"containerPort":"x"},7]}]},"status":{"podIP":"1.2.3.4"}})");
  EXPECT_EQ(odd.labels.get("__meta_kubernetes_pod_ready"), "unknown");
}

// A server with a list in two pages, then watches, as the test goes on.
class KubernetesDiscoveryTest : public testing::Test {
 protected:
  KubernetesPodOptions options() {
    return {.api_server = server_.url("/base/"),
            .http = {},
            .pod_namespace = "shop",
            .label_selector = "app=web,tier!=x",
            .field_selector = "spec.nodeName=node-1",
            .retry_ns_min = 1'000'000,
            .retry_ns_max = 2'000'000'000};
  }
  CannedServer::Answer answer(const std::string& head) {
    const std::string target = head.substr(4, head.find(' ', 4) - 4);
    targets_.push_back(target);
    if (target.find("watch=1") != std::string::npos)
      return watches_.empty() ? CannedServer::stream("") : take(watches_);
    return take(lists_);
  }
  static CannedServer::Answer take(std::vector<CannedServer::Answer>& answers) {
    if (answers.empty())
      return CannedServer::json(R"({"message":"nothing left"})", "500 Internal Server Error");
    CannedServer::Answer first = answers.front();
    answers.erase(answers.begin());
    return first;
  }
  static CannedServer::Answer page(const std::string& pods, const std::string& version,
                                   const std::string& next = "") {
    return CannedServer::json(R"({"metadata":{"resourceVersion":")" + version +
                              R"(","continue":")" + next + R"("},"items":[)" + pods + "]}");
  }
  static std::string event(const std::string& type, const std::string& object) {
    return R"({"type":")" + type + R"(","object":)" + object + "}\n";
  }
  void start() {
    discovery_.emplace(options());
    tasks_.spawn("kubernetes_sd", discovery_->run(yield_));
  }
  bool wait_for(const std::string& seen) {
    return run_until(io_, [&] { return !seen_.empty() && seen_.back() == seen; });
  }
  ~KubernetesDiscoveryTest() override {
    tasks_.cancel();
    EXPECT_TRUE(run_until(io_, [&] { return tasks_.size() == 0; }));
  }

  boost::asio::io_context io_;
  std::vector<std::string> targets_;
  std::vector<CannedServer::Answer> lists_;
  std::vector<CannedServer::Answer> watches_;
  CannedServer server_{io_, [this](const std::string& head) { return answer(head); }};
  std::vector<std::string> seen_;  // "web-1=4 web-2=0" per call
  const Discovery::Yield yield_ = [this](const std::vector<TargetGroup>& groups) {
    std::string out;
    for (const TargetGroup& group : groups) {
      out += (out.empty() ? "" : " ") + group.source.substr(9) + "=" +
             std::to_string(group.targets.size());
    }
    seen_.push_back(out);
  };
  std::optional<KubernetesPodDiscovery> discovery_;
  TaskGroup tasks_{io_.get_executor()};
};

TEST_F(KubernetesDiscoveryTest, ListsAndWatches) {
  lists_ = {page(pod("web-1", "1"), "10", "to/ken"), page(pod("web-2", "2"), "11")};
  start();
  ASSERT_TRUE(wait_for("web-1=4 web-2=4"));
  ASSERT_TRUE(run_until(io_, [&] { return server_.open().size() == 1; }));
  const std::string common =
      "&labelSelector=app%3Dweb%2Ctier%21%3Dx&fieldSelector=spec.nodeName%3Dnode-1";
  const std::string path = "/base/api/v1/namespaces/shop/pods?";
  EXPECT_EQ(targets_,
            (std::vector<std::string>{
                path + "limit=500" + common, path + "limit=500&continue=to%2Fken" + common,
                path + "watch=1&allowWatchBookmarks=true&resourceVersion=11" + common}));
  const std::string added = event("ADDED", pod("web-3", "12"));
  server_.send(0, added.substr(0, 100));
  run_for(io_, std::chrono::milliseconds(20));
  EXPECT_EQ(seen_.size(), 1U) << "half an event";
  server_.send(0, added.substr(100));
  ASSERT_TRUE(wait_for("web-3=4"));
  server_.send(0, event("MODIFIED", pod("web-3", "13", "")) + event("DELETED", pod("web-1", "14")) +
                      event("BOOKMARK", R"({"metadata":{"resourceVersion":"20"}})"));
  ASSERT_TRUE(wait_for("web-3=0 web-1=0"));
  // The server ends the watch: it is taken up at the bookmark.
  server_.open()[0]->close();
  ASSERT_TRUE(run_until(io_, [&] { return server_.open().size() == 2; }));
  EXPECT_NE(targets_.back().find("resourceVersion=20&"), std::string::npos) << targets_.back();
}

TEST_F(KubernetesDiscoveryTest, ListsAgainWhenTheServerForgot) {
  const std::string gone = R"({"kind":"Status","code":410,"message":"too old resource version"})";
  lists_ = {page(pod("web-1", "1") + "," + pod("web-2", "2"), "10"),
            page(pod("web-2", "2") + "," + pod("web-4", "3"), "30"), page(pod("web-4", "3"), "40")};
  watches_ = {CannedServer::stream(event("ERROR", gone)), CannedServer::json(gone, "410 Gone")};
  start();
  ASSERT_TRUE(wait_for("web-1=4 web-2=4"));
  ASSERT_TRUE(wait_for("web-2=4 web-4=4 web-1=0"));
  ASSERT_TRUE(wait_for("web-4=4 web-2=0"));
  ASSERT_TRUE(run_until(io_, [&] { return server_.open().size() == 2; }));
  EXPECT_NE(targets_.back().find("resourceVersion=40&"), std::string::npos) << targets_.back();
}

TEST_F(KubernetesDiscoveryTest, KeepsTargetsThroughTrouble) {
  lists_ = {CannedServer::json(R"({"message":"pods is forbidden"})", "403 Forbidden"),
            CannedServer::json("not json"), CannedServer::json("[]"),
            page(pod("web-1", "1"), "10")};
  watches_ = {CannedServer::json("", "503 Service Unavailable"), CannedServer::stream("garbage\n"),
              CannedServer::stream("[1]\n{}\n"),
              CannedServer::stream(event("ADDED", pod("web-2", "11")))};
  start();
  ASSERT_TRUE(wait_for("web-2=4"));
  EXPECT_EQ(seen_, (std::vector<std::string>{"web-1=4", "web-2=4"}));
}

TEST(InCluster, ReadsTheServiceAccount) {
  TempDir account;
  account.write("token", "secret-1\n");
  account.write("namespace", "shop");
  ::unsetenv("KUBERNETES_SERVICE_HOST");
  EXPECT_FALSE(in_cluster(account.path()));
  ::setenv("KUBERNETES_SERVICE_HOST", "fd00::1", 1);
  ::setenv("KUBERNETES_SERVICE_PORT", "443", 1);
  const InCluster cluster = in_cluster(account.path()).value();
  ::unsetenv("KUBERNETES_SERVICE_HOST");
  ::unsetenv("KUBERNETES_SERVICE_PORT");
  EXPECT_EQ(cluster.api_server.text(), "https://[fd00::1]:443/");
  EXPECT_EQ(cluster.own_namespace, "shop");
  EXPECT_EQ(cluster.http.tls.ca_file, account / "ca.crt");
  EXPECT_EQ(cluster.http.authorization_type, "Bearer");
  EXPECT_EQ(cluster.http.credentials.file, account / "token");
}

TEST(KubernetesSdOptions, Read) {
  ::setenv("HOSTNAME", "n1", 1);
  auto f = [](const std::string& text, std::string_view want) {
    ConfigErrors errors;
    const YamlFile file("c.yaml", text, errors);
    std::string got;
    for (const KubernetesPodOptions& options : read_kubernetes_sd_configs(file.root())) {
      got += options.api_server.text() + " " + options.pod_namespace + " " +
             options.label_selector + " " + options.field_selector + ";";
    }
    EXPECT_EQ(errors.failed() ? errors.text() : got, want) << text;
  };
  f("[{role: pod, api_server: 'https://k:6443'}]", "https://k:6443/   spec.nodeName=n1;");
  f("[{role: pod, api_server: 'https://k', attach_metadata: {node: false}, kubeconfig_file: ''}]",
    "https://k/   spec.nodeName=n1;");
  f("[{role: pod, api_server: 'https://k', selectors: [{role: pod, field: "
    "'status.phase=Running'}]}]",
    "https://k/   status.phase=Running,spec.nodeName=n1;");
  f("[{role: pod, api_server: 'https://k', attach_metadata: {node: true}}]",
    "c.yaml:1:63: [0].attach_metadata.node: is not supported\n");
  f("[{role: pod, api_server: 'https://k', namespaces: {names: [a, b]}, selectors: [{role: pod, "
    "label: x=y, field: "
    "spec.nodeName=n1}]}]",
    "https://k/ a x=y spec.nodeName=n1;https://k/ b x=y spec.nodeName=n1;");
  f("[{role: node, api_server: 'https://k'}]",
    "c.yaml:1:9: [0].role: the role \"node\" is not supported, only pod\n");
  f("[{api_server: 'https://k'}]", "c.yaml:1:2: [0].role: needs a role: pod\n");
  f("[{role: pod, api_server: 'https://k', kubeconfig_file: x}]",
    "c.yaml:1:56: [0].kubeconfig_file: is not supported\n");
  f("[{role: pod, api_server: 'https://k', selectors: [{role: service}]}]",
    "c.yaml:1:58: [0].selectors[0].role: only selectors for the role pod make sense here\n");
}

// A file for the cluster can be checked on a desk.
TEST(KubernetesSdOptions, OutsideAPodThereIsAWarningOnly) {
  ::unsetenv("KUBERNETES_SERVICE_HOST");
  ConfigErrors errors;
  const YamlFile file("c.yaml", "[{role: pod}]", errors);
  EXPECT_TRUE(read_kubernetes_sd_configs(file.root()).empty());
  EXPECT_FALSE(errors.failed());
  EXPECT_NE(errors.text().find("warning: [0]: finds no pods: this is no pod"), std::string::npos)
      << errors.text();
}

}  // namespace
}  // namespace tailrace
