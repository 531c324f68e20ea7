#include "sinks/client_options.h"

#include <algorithm>
#include <utility>

#include "base/hash.h"

namespace tailrace {
namespace {

void read_duration(ConfigNode node, std::string_view key, std::int64_t& ns) {
  GoDuration value{ns};
  node.read(key, value);
  ns = value.ns;
}

void read_backoff(ConfigNode node, BackoffOptions& backoff) {
  node.strict({"min_period", "max_period", "max_retries"});
  read_duration(node, "min_period", backoff.min_ns);
  read_duration(node, "max_period", backoff.max_ns);
  node.read("max_retries", backoff.attempts_max);
}

}  // namespace

ClientOptions read_client_options(ConfigNode node, bool url_required) {
  std::vector<std::string_view> known = {"name",
                                         "url",
                                         "batchwait",
                                         "batchsize",
                                         "external_labels",
                                         "tenant_id",
                                         "timeout",
                                         "backoff_config",
                                         "drop_rate_limited_batches",
                                         "headers"};
  known.insert(known.end(), kHttpClientKeys.begin(), kHttpClientKeys.end());
  node.strict(known);
  ClientOptions client;
  node.read("name", client.name);
  std::string url;
  node.read("url", url);
  if (!url.empty()) {
    if (Result<Url> parsed = parse_url(url)) {
      client.url = std::move(*parsed);
    } else {
      node.error("url", parsed.error().text());
    }
  } else if (url_required) {
    node.error("url", "client needs target URL, such as http://localhost:3100/loki/api/v1/push");
  }
  read_duration(node, "batchwait", client.batch_wait_ns);
  node.read("batchsize", client.batch_bytes);
  node.read("external_labels", client.external_labels);
  node.read("tenant_id", client.tenant_id);
  read_duration(node, "timeout", client.timeout_ns);
  read_backoff(node.get("backoff_config"), client.backoff);
  node.read("drop_rate_limited_batches", client.drop_rate_limited_batches);
  for (const auto& [name, value] : node.get("headers").entries()) {
    std::string text;
    if (value.read(text)) client.headers.emplace_back(name, std::move(text));
  }
  read(node, client.http);
  return client;
}

void name_client(ClientOptions& client) {
  if (!client.name.empty()) return;
  std::string all = client.url.text() + '\n' + std::to_string(client.batch_wait_ns) + '\n' +
                    std::to_string(client.batch_bytes) + '\n' + client.external_labels.text() +
                    '\n' + client.tenant_id + '\n' + std::to_string(client.timeout_ns) + '\n' +
                    std::to_string(client.backoff.min_ns) + '\n' +
                    std::to_string(client.backoff.max_ns) + '\n' +
                    std::to_string(client.backoff.attempts_max);
  for (const auto& [name, value] : client.headers) all += '\n' + name + ": " + value;
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::uint64_t hash = hash_bytes(all);
  for (int i = 0; i < 6; ++i, hash >>= 4) client.name += kDigits[hash & 15];
}

}  // namespace tailrace
