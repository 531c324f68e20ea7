#include "sources/docker/docker_labels.h"

#include <gtest/gtest.h>

#include "source_rig.h"
#include "sources/docker/docker_options.h"

namespace tailrace {
namespace {

constexpr char kNetworks[] = R"([
  {"Id": "n1", "Name": "front", "Scope": "local", "Internal": false, "Ingress": true, "Labels": {"a.b": "c"}},
  {"Id": "n2", "Name": "back", "Scope": "swarm", "Internal": true, "Ingress": false, "Labels": null}])";

// The labels of container "x", without the prefix, as text.
std::string labels(const std::string& containers, const DockerLabelOptions& options = {}) {
  const auto infos = read_docker_containers(containers, kNetworks, options);
  if (!infos) return infos.error().text();
  for (const DockerContainerInfo& info : *infos) {
    if (info.id != "x") continue;
    std::string out;
    for (const auto& [name, value] : info.labels) {
      out += (name.starts_with("__meta_docker_") ? name.substr(14) : name) + "=" + value + " ";
    }
    return out;
  }
  return "no x";
}

TEST(DockerLabels, OfContainersNetworksAndPorts) {
  const std::string network_1 =
      "network_id=n1 network_ingress=true network_internal=false network_ip=10.0.0.1 "
      "network_label_a_b=c "
      "network_name=front network_scope=local ";
  const std::string network_2 =
      "network_id=n2 network_ingress=false network_internal=true network_ip=10.0.0.2 "
      "network_name=back "
      "network_scope=swarm ";
  const auto f = [](const std::string& container, const std::string& want,
                    const DockerLabelOptions& options = {}) {
    SCOPED_TRACE(container);
    EXPECT_EQ(labels("[" + container + "]", options), want);
  };
  f(R"({"Id":"x","Names":["/web","/other"],"State":"running","Labels":{"com.a-b":"1","ü":"2"},"HostConfig":{"NetworkMode":"none"}})",
    "container_id=x container_label__=2 container_label_com_a_b=1 container_name=/web "
    "container_network_mode=none ");
  f(R"({"Id":"x","Names":["/w"],"HostConfig":{"NetworkMode":"default"},"NetworkSettings":{"Networks":{"front":{"NetworkID":"n1","IPAddress":"10.0.0.1"}}},"Ports":[]})",
    "__address__=10.0.0.1:80 container_id=x container_name=/w container_network_mode=default " +
        network_1);
  // The first TCP port counts, published or not.
  f(R"({"Id":"x","Names":["/w"],"HostConfig":{"NetworkMode":"default"},"NetworkSettings":{"Networks":{"front":{"NetworkID":"n1","IPAddress":"10.0.0.1"}}},
       "Ports":[{"PrivatePort":53,"Type":"udp"},{"IP":"0.0.0.0","PrivatePort":80,"PublicPort":8080,"Type":"tcp"},{"PrivatePort":443,"Type":"tcp"}]})",
    "__address__=10.0.0.1:80 container_id=x container_name=/w container_network_mode=default " +
        network_1 + "port_private=80 port_public=8080 port_public_ip=0.0.0.0 ");
  // Of several networks: that of a user-defined mode, else the first by name.
  const std::string two =
      R"("NetworkSettings":{"Networks":{"front":{"NetworkID":"n1","IPAddress":"10.0.0.1"},"back":{"NetworkID":"n2","IPAddress":"10.0.0.2"}}}})";
  f(R"({"Id":"x","Names":["/w"],"HostConfig":{"NetworkMode":"front"},)" + two,
    "__address__=10.0.0.1:80 container_id=x container_name=/w container_network_mode=front " +
        network_1);
  f(R"({"Id":"x","Names":["/w"],"HostConfig":{"NetworkMode":"bridge"},)" + two,
    "__address__=10.0.0.2:80 container_id=x container_name=/w container_network_mode=bridge " +
        network_2);
  // The network of another container; the host's network.
  f(R"({"Id":"x","Names":["/w"],"HostConfig":{"NetworkMode":"container:y"},"NetworkSettings":{"Networks":{}}},)"
    R"({"Id":"y","Names":["/y"],"HostConfig":{"NetworkMode":"front"},)" +
        two,
    "__address__=10.0.0.1:80 container_id=x container_name=/w container_network_mode=container:y " +
        network_1);
  f(R"({"Id":"x","Names":["/w"],"HostConfig":{"NetworkMode":"host"},"NetworkSettings":{"Networks":{"host":{"NetworkID":"n9","IPAddress":""}}}})",
    "__address__=h container_id=x container_name=/w container_network_mode=host network_ip= ",
    {.host_networking_host = "h"});
  f(R"({"Id":"x","Names":["/w"],"HostConfig":{"NetworkMode":"default"},"NetworkSettings":{"Networks":{"n":{"NetworkID":"n9","IPAddress":"fd00::1"}}}})",
    "__address__=[fd00::1]:81 container_id=x container_name=/w container_network_mode=default "
    "network_ip=fd00::1 ",
    {.port = "81"});
  // Two containers in each other's network, as nobody can make them: no end without a network.
  f(R"({"Id":"x","Names":["/w"],"HostConfig":{"NetworkMode":"container:x"}})",
    "container_id=x container_name=/w container_network_mode=container:x ");
  f("17", "no x");
  EXPECT_EQ(labels("{}"), "the list of containers is no JSON list");
  EXPECT_EQ(labels("[{]"), "the list of containers is no JSON list");
}

TEST(DockerOptions, AreReadStrictly) {
  const auto f = [](const std::string& yaml, const std::string& problem) {
    SCOPED_TRACE(yaml);
    const TestConfig config(yaml);
    const auto options = read_docker_sd_configs(config.root());
    if (problem.empty()) {
      EXPECT_EQ(config.problems(), "");
    } else {
      EXPECT_NE(config.problems().find(problem), std::string::npos) << config.problems();
    }
  };
  f("- host: unix:///var/run/docker.sock", "");
  f("- {host: 'tcp://127.0.0.1:2375', port: 8080, refresh_interval: 1m, filters: [{name: label, "
    "values: [a]}], host_networking_host: h, match_first_network: false}",
    "");
  f("- {host: 'https://127.0.0.1:2376', tls_config: {insecure_skip_verify: true}, basic_auth: "
    "{username: a, password: b}}",
    "");
  f("- refresh_interval: 5s", "host");
  f("- {host: 'unix:///s', refresh_intervall: 5s}", "refresh_intervall");
  f("- {host: 'ftp://h'}", "host");
  f("- {host: 'unix:///s', filters: [{values: [a]}]}", "filter");
  f("- {host: 'unix:///s', filters: [null, {name: label}, {}]}", "");
  f("- {host: 'unix:///s', port: 70000}", "port");
  const TestConfig config(
      "- {host: 'tcp://127.0.0.1:2375', filters: [null, {name: label}]}\n"
      "- {host: 'tcp://h:2376', tls_config: {server_name: x}}");
  const auto options = read_docker_sd_configs(config.root());
  ASSERT_EQ(options.size(), 2U);
  EXPECT_EQ(options[0].url.scheme, "http");
  EXPECT_EQ(options[0].url.port, 2375);
  EXPECT_TRUE(options[0].filters.empty()) << "they ask for nothing";
  EXPECT_EQ(options[0].refresh_interval_ns, 60 * kNsPerSecond);
  EXPECT_EQ(options[1].url.scheme, "https");
}

}  // namespace
}  // namespace tailrace
