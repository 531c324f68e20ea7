// The options of Prometheus' HTTP client, as Promtail's clients and service discoveries take them:
// read from a configuration, and turned into a client and the headers of each request.
//
//   HttpClientConfig http;
//   read(node, http);  // node.strict() takes kHttpClientKeys
//   HttpClient client(executor, http.client_options());
//   HttpAuth auth(executor, http);
//   Result<void> ready = co_await auth.add_headers(request.headers, timeout_ns);
//
// Files with secrets are read again for every request and stripped of white space around.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "config/config_node.h"
#include "net/async.h"
#include "net/http_client.h"

namespace tailrace {

// Text from the configuration, or from a file.
struct SecretSource {
  Secret text;
  std::string file;
  bool given() const { return !text.value.empty() || !file.empty(); }
  // kNotFound, kIo. Blocks for as long as a small file takes.
  Result<std::string> get() const;
};

struct OAuth2Config {
  std::string client_id;
  SecretSource client_secret;
  std::string token_url;  // "": no OAuth 2
  std::vector<std::string> scopes;
  std::vector<std::pair<std::string, std::string>> endpoint_params;
  TlsClientOptions tls;
  ProxyOptions proxy;
};

struct HttpHeaderConfig {
  std::string name;
  std::vector<std::string> values;
  std::vector<Secret> secrets;
  std::vector<std::string> files;
};

struct HttpClientConfig {
  bool has_basic_auth = false;
  SecretSource username;
  SecretSource password;
  std::string authorization_type;  // "": no Authorization header from here
  SecretSource credentials;        // of bearer_token and authorization too
  OAuth2Config oauth2;
  TlsClientOptions tls;
  ProxyOptions proxy;
  bool follow_redirects = true;
  std::vector<HttpHeaderConfig> headers;

  HttpClientOptions client_options() const;
};

// The keys that read() looks at. (`headers` of a Promtail client is another thing.)
extern const std::vector<std::string_view> kHttpClientKeys;

// Reads them beside other keys of `node`; does not complain about unknown ones. All conflicts are
// errors.
void read(const ConfigNode& node, HttpClientConfig& config);
// A tls_config block.
void read_client_tls(const ConfigNode& node, TlsClientOptions& options);

// Puts credentials and configured headers on requests. Keeps OAuth 2 tokens until shortly before
// they expire.
class HttpAuth {
 public:
  HttpAuth(Executor executor, HttpClientConfig config);
  ~HttpAuth();
  HttpAuth(const HttpAuth&) = delete;
  HttpAuth& operator=(const HttpAuth&) = delete;

  // Headers already there stay, ours of the same name are left out. Errors of files and of the
  // token's server carry the code that says whether trying again makes sense.
  awaitable<Result<void>> add_headers(HttpHeaders& headers, std::int64_t timeout_ns);
  // The server did not accept the token (401): ask for another one next time.
  void forget_token();
  void close();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tailrace
