#include "discovery/discoveries.h"

#include <array>

namespace tailrace {
namespace {

constexpr std::array<std::string_view, 4> kSupported{"static_configs", "file_sd_configs",
                                                     "http_sd_configs", "kubernetes_sd_configs"};
constexpr std::array<std::string_view, 12> kUnsupported{
    "dns_sd_configs",   "consul_sd_configs",       "consulagent_sd_configs", "gce_sd_configs",
    "azure_sd_configs", "digitalocean_sd_configs", "dockerswarm_sd_configs", "marathon_sd_configs",
    "nerve_sd_configs", "serverset_sd_configs",    "openstack_sd_configs",   "triton_sd_configs"};

}  // namespace

const std::vector<std::string_view>& discovery_keys() {
  static const std::vector<std::string_view> kKeys = [] {
    std::vector<std::string_view> keys(kSupported.begin(), kSupported.end());
    keys.insert(keys.end(), kUnsupported.begin(), kUnsupported.end());
    return keys;
  }();
  return kKeys;
}

DiscoveryOptions read_discovery_options(const ConfigNode& scrape_config) {
  DiscoveryOptions out;
  for (std::string_view key : discovery_keys()) out.given |= !scrape_config.get(key).empty();
  for (std::string_view key : kUnsupported) {
    if (scrape_config.get(key).empty()) continue;
    scrape_config.error(
        key,
        "is not supported; let another program write the targets to a file, and read that with "
        "file_sd_configs");
  }
  out.static_groups = read_static_configs(scrape_config.get("static_configs"));
  out.files = read_file_sd_configs(scrape_config.get("file_sd_configs"));
  out.http = read_http_sd_configs(scrape_config.get("http_sd_configs"));
  out.kubernetes = read_kubernetes_sd_configs(scrape_config.get("kubernetes_sd_configs"));
  return out;
}

std::vector<std::unique_ptr<Discovery>> make_discoveries(const DiscoveryOptions& options) {
  std::vector<std::unique_ptr<Discovery>> out;
  if (!options.static_groups.empty())
    out.push_back(std::make_unique<StaticDiscovery>(options.static_groups));
  for (const FileSdOptions& item : options.files)
    out.push_back(std::make_unique<FileDiscovery>(item));
  for (const HttpSdOptions& item : options.http)
    out.push_back(std::make_unique<HttpDiscovery>(item));
  for (const KubernetesPodOptions& item : options.kubernetes) {
    out.push_back(std::make_unique<KubernetesPodDiscovery>(item));
  }
  return out;
}

}  // namespace tailrace
