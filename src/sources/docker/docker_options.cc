#include "sources/docker/docker_options.h"

namespace tailrace {
namespace {

// Docker's own form of host: unix, tcp, http or https.
Result<Url> engine_url(const std::string& host, bool use_tls) {
  constexpr std::string_view kTcp = "tcp://";
  if (!host.starts_with(kTcp)) return parse_url(host);
  return parse_url((use_tls ? "https://" : "http://") + host.substr(kTcp.size()));
}

void read_filters(const ConfigNode& list, DockerSdOptions& options) {
  for (const ConfigNode& item : list.empty() ? std::vector<ConfigNode>() : list.items()) {
    item.strict({"name", "values"});
    std::string name;
    std::vector<std::string> values;
    item.read("name", name);
    item.read("values", values);
    if (values.empty()) continue;  // asks for nothing, as an empty item of the list
    if (name.empty()) item.error("name", "a filter needs a name, such as label or network");
    options.filters.emplace_back(std::move(name), std::move(values));
  }
}

DockerSdOptions read_one(const ConfigNode& node) {
  std::vector<std::string_view> known = {
      "host", "port", "refresh_interval", "filters", "host_networking_host", "match_first_network"};
  known.insert(known.end(), kHttpClientKeys.begin(), kHttpClientKeys.end());
  node.strict(known);
  DockerSdOptions options;
  node.read("host", options.host);
  std::int64_t port = 80;
  if (node.read("port", port) && (port < 0 || port > 65535)) {
    node.error("port", "a port is a number from 0 to 65535");
  }
  options.labels.port = std::to_string(port);
  PrometheusDuration refresh{options.refresh_interval_ns};
  node.read("refresh_interval", refresh);
  options.refresh_interval_ns = refresh.ns;
  if (refresh.ns <= 0) node.error("refresh_interval", "must be longer than nothing");
  read_filters(node.get("filters"), options);
  node.read("host_networking_host", options.labels.host_networking_host);
  node.read("match_first_network", options.labels.match_first_network);
  read(node, options.http);
  if (options.host.empty()) {
    node.error("host", "docker_sd_configs needs a host, such as unix:///var/run/docker.sock");
    return options;
  }
  Result<Url> url = engine_url(options.host, !node.get("tls_config").empty());
  if (!url) {
    node.error("host", "host of docker_sd_configs: " + url.error().text() +
                           "; expected unix:///var/run/docker.sock, tcp://host:2375 or http(s)");
  } else {
    options.url = std::move(url).value();
  }
  return options;
}

}  // namespace

std::vector<DockerSdOptions> read_docker_sd_configs(const ConfigNode& list) {
  std::vector<DockerSdOptions> out;
  if (list.empty()) return out;
  for (const ConfigNode& item : list.items()) out.push_back(read_one(item));
  return out;
}

}  // namespace tailrace
