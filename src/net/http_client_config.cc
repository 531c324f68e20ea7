#include "net/http_client_config.h"

#include "base/file.h"
#include "base/text.h"

namespace tailrace {
namespace {

constexpr std::size_t kSecretBytesMax = 1024 * 1024;

void read_source(const ConfigNode& node, std::string_view key, SecretSource& source) {
  const std::string file_key = std::string(key) + "_file";
  node.read(key, source.text);
  node.read(file_key, source.file);
  if (!source.text.value.empty() && !source.file.empty()) {
    node.error(key, "at most one of " + std::string(key) + " and " + file_key + " must be given");
  }
}

void read_proxy(const ConfigNode& node, ProxyOptions& proxy) {
  std::string url;
  node.read("proxy_url", url);
  node.read("no_proxy", proxy.no_proxy);
  node.read("proxy_from_environment", proxy.from_environment);
  if (!url.empty()) {
    Result<Url> parsed = parse_url(url);
    if (!parsed) {
      node.error("proxy_url", parsed.error().text());
    } else if (parsed->scheme != "http") {
      node.error("proxy_url", "only http:// proxies are supported");
    } else {
      proxy.url = std::move(parsed).value();
    }
  }
  if (proxy.from_environment && !url.empty())
    node.error("proxy_url", "must not be given with proxy_from_environment");
  if (proxy.from_environment && !proxy.no_proxy.empty())
    node.error("no_proxy", "must not be given with proxy_from_environment");
  if (!proxy.from_environment && url.empty() && !proxy.no_proxy.empty())
    node.error("no_proxy", "needs proxy_url");
  const ConfigNode headers = node.get("proxy_connect_header");
  if (headers.empty()) return;
  for (const auto& [name, values] : headers.entries()) {
    std::vector<std::string> texts;
    values.read(texts);
    for (std::string& text : texts) {
      if (!is_token(name) || !is_header_value(text)) values.error("is not a header");
      proxy.connect_headers.emplace_back(name, std::move(text));
    }
  }
  if (!proxy.from_environment && url.empty())
    node.error("proxy_connect_header", "needs proxy_url or proxy_from_environment");
}

void read_basic_auth(const ConfigNode& node, HttpClientConfig& config) {
  if (node.empty()) return;
  node.strict({"username", "username_file", "password", "password_file"});
  config.has_basic_auth = true;
  read_source(node, "username", config.username);
  read_source(node, "password", config.password);
}

void read_authorization(const ConfigNode& node, HttpClientConfig& config) {
  if (node.empty()) return;
  node.strict({"type", "credentials", "credentials_file"});
  config.authorization_type = "Bearer";
  node.read("type", config.authorization_type);
  config.authorization_type = trim_space(config.authorization_type);
  if (config.authorization_type.empty()) config.authorization_type = "Bearer";
  if (ascii_lower(config.authorization_type) == "basic")
    node.error("type", "cannot be \"basic\"; use basic_auth");
  if (!is_token(config.authorization_type))
    node.error("type", "is not a name of an authentication scheme");
  read_source(node, "credentials", config.credentials);
}

void read_oauth2(const ConfigNode& node, OAuth2Config& config) {
  if (node.empty()) return;
  node.strict({"client_id", "client_secret", "client_secret_file", "token_url", "scopes",
               "endpoint_params", "tls_config", "proxy_url", "no_proxy", "proxy_from_environment",
               "proxy_connect_header", "grant_type", "client_certificate_key",
               "client_certificate_key_file", "client_certificate_key_id", "signature_algorithm",
               "iss", "audience", "claims"});
  node.read("client_id", config.client_id);
  read_source(node, "client_secret", config.client_secret);
  node.read("token_url", config.token_url);
  node.read("scopes", config.scopes);
  Labels params;
  node.read("endpoint_params", params);
  for (const auto& param : params) config.endpoint_params.push_back(param);
  read_client_tls(node.get("tls_config"), config.tls);
  read_proxy(node, config.proxy);
  std::string grant;
  node.read("grant_type", grant);
  if (!grant.empty() && grant != "client_credentials") {
    node.error("grant_type", "\"" + grant + "\" is not supported; only client_credentials is");
  }
  if (config.client_id.empty()) node.error("client_id", "is missing");
  if (config.token_url.empty()) return node.error("token_url", "is missing");
  const Result<Url> url = parse_url(config.token_url);
  if (!url) node.error("token_url", url.error().text());
}

void read_headers(const ConfigNode& node, std::vector<HttpHeaderConfig>& headers) {
  if (node.empty()) return;
  // Headers that the client makes itself, as in Prometheus.
  static constexpr std::string_view kReserved[] = {"authorization",
                                                   "host",
                                                   "content-encoding",
                                                   "content-length",
                                                   "content-type",
                                                   "user-agent",
                                                   "connection",
                                                   "keep-alive",
                                                   "proxy-authenticate",
                                                   "proxy-authorization",
                                                   "www-authenticate",
                                                   "accept-encoding",
                                                   "x-prometheus-remote-write-version",
                                                   "x-prometheus-remote-read-version",
                                                   "x-prometheus-scrape-timeout-seconds"};
  for (const auto& [name, block] : node.entries()) {
    block.strict({"values", "secrets", "files"});
    HttpHeaderConfig header;
    header.name = name;
    block.read("values", header.values);
    std::vector<std::string> secrets;
    block.read("secrets", secrets);
    for (std::string& secret : secrets) header.secrets.push_back({std::move(secret)});
    block.read("files", header.files);
    if (!is_token(name)) block.error("\"" + name + "\" is not a name of a header");
    for (const std::string_view reserved : kReserved) {
      if (equals_ignoring_case(name, reserved))
        block.error("header " + name + " cannot be set here");
    }
    for (const std::string& value : header.values) {
      if (!is_header_value(value)) block.error("values", "has control characters");
    }
    headers.push_back(std::move(header));
  }
}

}  // namespace

const std::vector<std::string_view> kHttpClientKeys = {"basic_auth",
                                                       "bearer_token",
                                                       "bearer_token_file",
                                                       "authorization",
                                                       "oauth2",
                                                       "tls_config",
                                                       "proxy_url",
                                                       "no_proxy",
                                                       "proxy_from_environment",
                                                       "proxy_connect_header",
                                                       "follow_redirects",
                                                       "enable_http2",
                                                       "http_headers"};

Result<std::string> SecretSource::get() const {
  if (file.empty()) return text.value;
  TAILRACE_TRY(const std::string content, read_file(file, kSecretBytesMax));
  return std::string(trim_space(content));
}

HttpClientOptions HttpClientConfig::client_options() const {
  HttpClientOptions out;
  out.tls = tls;
  out.proxy = proxy;
  out.follow_redirects = follow_redirects;
  return out;
}

void read_client_tls(const ConfigNode& node, TlsClientOptions& options) {
  if (node.empty()) return;
  node.strict({"ca", "ca_file", "cert", "cert_file", "key", "key_file", "server_name",
               "insecure_skip_verify", "min_version", "max_version"});
  const auto pem = [&node](const char* key, std::string& text, std::string& file) {
    Secret secret{text};
    node.read(key, secret);
    text = secret.value;
    node.read(std::string(key) + "_file", file);
    if (!text.empty() && !file.empty())
      node.error(key, std::string("at most one of ") + key + " and " + key + "_file must be given");
    return !text.empty() || !file.empty();
  };
  pem("ca", options.ca, options.ca_file);
  const bool has_cert = pem("cert", options.cert, options.cert_file);
  const bool has_key = pem("key", options.key, options.key_file);
  if (has_cert && !has_key) node.error("cert", "needs a key (key or key_file)");
  if (has_key && !has_cert) node.error("key", "needs a certificate (cert or cert_file)");
  node.read("server_name", options.server_name);
  node.read("insecure_skip_verify", options.insecure_skip_verify);
  const auto version = [&node](const char* key, TlsVersion& out) {
    std::string text;
    node.read(key, text);
    const Result<TlsVersion> parsed = parse_tls_version(text);
    if (!parsed) return node.error(key, parsed.error().text());
    out = *parsed;
  };
  version("min_version", options.min_version);
  version("max_version", options.max_version);
  if (options.max_version != TlsVersion::kDefault && options.min_version > options.max_version) {
    node.error("min_version", "must not be above max_version");
  }
}

void read(const ConfigNode& node, HttpClientConfig& config) {
  read_basic_auth(node.get("basic_auth"), config);
  const bool has_bearer =
      !node.get("bearer_token").empty() || !node.get("bearer_token_file").empty();
  const bool has_authorization = !node.get("authorization").empty();
  if (has_bearer && !has_authorization) {
    config.authorization_type = "Bearer";
    read_source(node, "bearer_token", config.credentials);
  } else {
    read_authorization(node.get("authorization"), config);
  }
  read_oauth2(node.get("oauth2"), config.oauth2);
  read_client_tls(node.get("tls_config"), config.tls);
  read_proxy(node, config.proxy);
  node.read("follow_redirects", config.follow_redirects);
  bool http2 = true;
  node.read("enable_http2", http2);  // we always speak HTTP/1.1, as Promtail does for pushes
  read_headers(node.get("http_headers"), config.headers);
  const bool has_oauth2 = !node.get("oauth2").empty();
  if (has_bearer && has_authorization) {
    node.error("authorization",
               "at most one of authorization, bearer_token and bearer_token_file must be given");
  }
  if (config.has_basic_auth && (has_bearer || has_authorization || has_oauth2)) {
    node.error("basic_auth",
               "at most one of basic_auth, authorization, oauth2, bearer_token and "
               "bearer_token_file must be given");
  } else if (has_oauth2 && (has_bearer || has_authorization)) {
    node.error("oauth2",
               "at most one of basic_auth, authorization, oauth2, bearer_token and "
               "bearer_token_file must be given");
  }
}

}  // namespace tailrace
