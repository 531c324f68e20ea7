#include "sinks/client_options.h"

#include <algorithm>
#include <utility>

#include "base/hash.h"
#include "net/tls.h"

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

// Files that cannot be used must show at once, not as pushes that fail for ever.
void check_tls(const ConfigNode& node, TlsClientOptions options) {
  if (node.empty()) return;
  options.insecure_skip_verify =
      false;  // the CA is read whether it is looked at or not, as in Promtail
  const Result<TlsContextPtr> context = TlsClient(std::move(options)).current();
  if (!context) node.error("cannot be used: " + context.error().text());
}

// What tells two HTTP clients apart, secrets excepted: Promtail sees `<secret>` there when it
// compares.
std::string describe_without_secrets(const HttpClientConfig& http) {
  std::string out;
  const auto add = [&out](const std::string& text) { out += text + '\n'; };
  const auto add_source = [&](const SecretSource& source) {
    add(source.file + (source.text.value.empty() ? "" : "<secret>"));
  };
  const auto add_tls = [&](const TlsClientOptions& tls) {
    for (const std::string& text :
         {tls.ca, tls.ca_file, tls.cert, tls.cert_file, tls.key_file, tls.server_name}) {
      add(text);
    }
    add(std::to_string(tls.insecure_skip_verify) +
        std::to_string(static_cast<int>(tls.min_version)) +
        std::to_string(static_cast<int>(tls.max_version)));
  };
  const auto add_proxy = [&](const ProxyOptions& proxy) {
    add(proxy.url ? proxy.url->text() : "");
    add(proxy.no_proxy + std::to_string(proxy.from_environment));
  };
  add(http.username.text.value + '\n' + http.username.file);
  add_source(http.password);
  add(http.authorization_type);
  add_source(http.credentials);
  add(http.oauth2.client_id + '\n' + http.oauth2.token_url);
  add_source(http.oauth2.client_secret);
  for (const std::string& scope : http.oauth2.scopes) add(scope);
  for (const auto& [name, value] : http.oauth2.endpoint_params) add(name + '=' + value);
  add_tls(http.oauth2.tls);
  add_proxy(http.oauth2.proxy);
  add_tls(http.tls);
  add_proxy(http.proxy);
  add(std::to_string(http.follow_redirects));
  for (const HttpHeaderConfig& header : http.headers) {
    add(header.name);
    for (const std::string& value : header.values) add(value);
    for (const std::string& file : header.files) add(file);
  }
  return out;
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
  check_tls(node.get("tls_config"), client.http.tls);
  return client;
}

void name_client(ClientOptions& client) {
  if (!client.name.empty()) return;
  std::string all = client.url.text() + '\n' + std::to_string(client.batch_wait_ns) + '\n' +
                    std::to_string(client.batch_bytes) + '\n' + client.external_labels.text() +
                    '\n' + client.tenant_id + '\n' + std::to_string(client.timeout_ns) + '\n' +
                    std::to_string(client.backoff.min_ns) + '\n' +
                    std::to_string(client.backoff.max_ns) + '\n' +
                    std::to_string(client.backoff.attempts_max) + '\n' +
                    std::to_string(client.drop_rate_limited_batches) + '\n' +
                    describe_without_secrets(client.http);
  for (const auto& [name, value] : client.headers) all += '\n' + name + ": " + value;
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::uint64_t hash = hash_bytes(all);
  for (int i = 0; i < 6; ++i, hash >>= 4) client.name += kDigits[hash & 15];
}

}  // namespace tailrace
