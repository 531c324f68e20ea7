// Options of HTTP clients and servers, as configurations give them.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/base_n.h"
#include "net/http_client_config.h"
#include "net/server_config.h"
#include "net_fixture.h"

namespace tailrace {
namespace {

// All problems of a block, without the file's name.
template <class Config>
std::string problems(const std::string& yaml, Config& config) {
  ConfigErrors errors;
  YamlFile file("f", yaml, errors);
  read(file.root(), config);
  std::string out;
  for (const ConfigProblem& problem : errors.problems()) {
    out += (out.empty() ? "" : "; ") + problem.path + ": " + problem.message;
  }
  return out;
}

TEST(HttpClientConfig, Conflicts) {
  auto f = [](const std::string& yaml, const std::string& want) {
    SCOPED_TRACE(yaml);
    HttpClientConfig config;
    const std::string got = problems(yaml, config);
    if (want.empty()) {
      EXPECT_EQ(got, "");
    } else {
      EXPECT_NE(got.find(want), got.npos) << got;
    }
  };
  f("{}", "");
  f("basic_auth: {username: a, password: b}", "");
  f("{basic_auth: {username: a, password: b}, bearer_token: x}",
    "at most one of basic_auth, authorization, oauth2, bearer_token");
  f("{basic_auth: {username: a}, authorization: {credentials: x}}", "at most one of basic_auth");
  f("{bearer_token: x, bearer_token_file: /x}",
    "at most one of bearer_token and bearer_token_file");
  f("{bearer_token: x, authorization: {credentials: x}}",
    "at most one of authorization, bearer_token");
  f("{authorization: {credentials: x}, oauth2: {client_id: a, token_url: 'http://t/'}}",
    "at most one of basic_auth, authorization, oauth2");
  f("authorization: {type: Basic, credentials: x}", "cannot be \"basic\"; use basic_auth");
  f("authorization: {credentials: x, credentials_file: /x}",
    "at most one of credentials and credentials_file");
  f("authorization: {tpye: x}", "unknown");
  f("basic_auth: {username: a, username_file: /x}", "at most one of username and username_file");
  f("oauth2: {token_url: 'http://t/'}", "oauth2.client_id");
  f("oauth2: {client_id: a}", "oauth2.token_url");
  f("oauth2: {client_id: a, token_url: 'nonsense'}", "it must start with http://");
  f("oauth2: {client_id: a, token_url: 'http://t/', scopes: [a, b], endpoint_params: {x: y}}", "");
  f("tls_config: {cert: x}", "needs a key");
  f("tls_config: {key_file: x}", "needs a certificate");
  f("tls_config: {ca: x, ca_file: y}", "at most one of ca and ca_file");
  f("tls_config: {min_version: TLS14}", "unknown TLS version \"TLS14\"");
  f("tls_config: {min_version: TLS13, max_version: TLS12}", "must not be above max_version");
  f("proxy_url: socks5://h", "unknown scheme");
  f("{proxy_url: 'http://p', proxy_from_environment: true}",
    "must not be given with proxy_from_environment");
  f("{no_proxy: x}", "needs proxy_url");
  f("{proxy_from_environment: true, proxy_connect_header: {X: [a, b]}}", "");
  f("http_headers: {X-A: {values: [a]}, X-B: {files: [/x]}}", "");
  f("http_headers: {Authorization: {values: [a]}}", "cannot be set here");
  f("http_headers: {'bad name': {values: [a]}}", "is not a name of a header");
  f("follow_redirects: maybe", "follow_redirects");
}

TEST(HttpClientConfig, MakesHeaders) {
  const std::string file = testing::TempDir() + "secret_" + std::to_string(::getpid());
  auto f = [&](const std::string& yaml, const HttpHeaders& want) {
    SCOPED_TRACE(yaml);
    HttpClientConfig config;
    EXPECT_EQ(problems(yaml, config), "");
    IoThread thread("auth");
    HttpHeaders headers{{"X-Here", "kept"}};
    HttpAuth auth(thread.executor(), config);
    const Result<void> added = run_on(thread, auth.add_headers(headers, kNsPerSecond));
    ASSERT_TRUE(added) << added.error().text();
    headers.erase(headers.begin());
    EXPECT_EQ(headers, want);
  };
  std::ofstream(file) << "  from file \n";
  f("{}", {});
  f("basic_auth: {username: eve, password: s3cret}",
    {{"Authorization", "Basic " + encode_base64("eve:s3cret")}});
  f("basic_auth: {username: eve, password_file: " + file + "}",
    {{"Authorization", "Basic " + encode_base64("eve:from file")}});
  f("bearer_token: t", {{"Authorization", "Bearer t"}});
  f("bearer_token_file: " + file, {{"Authorization", "Bearer from file"}});
  f("authorization: {credentials: t}", {{"Authorization", "Bearer t"}});
  f("authorization: {type: Token, credentials: t}", {{"Authorization", "Token t"}});
  f("http_headers: {X-A: {values: [a, b], secrets: [c], files: [" + file +
        "]}, x-here: {values: [no]}}",
    {{"X-A", "a"}, {"X-A", "b"}, {"X-A", "c"}, {"X-A", "from file"}});
  std::filesystem::remove(file);
  HttpClientConfig config;
  EXPECT_EQ(problems("bearer_token_file: " + file, config), "");
  IoThread thread("auth");
  HttpAuth auth(thread.executor(), config);
  HttpHeaders headers;
  EXPECT_EQ(run_on(thread, auth.add_headers(headers, kNsPerSecond)).error().text(),
            "credentials: open " + file + ": No such file or directory");
}

TEST(HttpClientConfig, OAuth2TokensAreFetchedAndKept) {
  int asked = 0;
  std::string form;
  std::string authorization;
  std::string token = R"({"access_token": "abc", "token_type": "bearer", "expires_in": 3600})";
  TestServer server([&](Router& router) {
    router.post("/token", [&](Request& request, Response& response) {
      ++asked;
      form = request.body();
      authorization = request.header("Authorization");
      response = json_response(200, token);
    });
  });
  HttpClientConfig config;
  EXPECT_EQ(problems("oauth2: {client_id: 'my id', client_secret: s, scopes: [a, b], "
                     "endpoint_params: {audience: 'x/y'}, token_url: '" +
                         server.url("/token") + "'}",
                     config),
            "");
  IoThread thread("auth");
  {
    HttpAuth auth(thread.executor(), config);
    for (int i = 0; i < 3; ++i) {
      HttpHeaders headers;
      ASSERT_TRUE(run_on(thread, auth.add_headers(headers, kNsPerSecond)));
      EXPECT_EQ(headers, (HttpHeaders{{"Authorization", "Bearer abc"}}));
    }
    EXPECT_EQ(asked, 1);
    EXPECT_EQ(form, "grant_type=client_credentials&scope=a%20b&audience=x%2Fy");
    EXPECT_EQ(authorization, "Basic " + encode_base64("my%20id:s"));
    auth.forget_token();
    token = R"({"access_token": "short", "expires_in": 5})";
    for (int i = 0; i < 2; ++i) {
      HttpHeaders headers;
      ASSERT_TRUE(run_on(thread, auth.add_headers(headers, kNsPerSecond)));
    }
    EXPECT_EQ(asked, 3) << "a token about to expire is not kept";
    for (const char* bad : {"{}", "[", R"({"access_token": 5})", R"({"access_token": "a\nb"})"}) {
      auth.forget_token();
      token = bad;
      HttpHeaders headers;
      EXPECT_EQ(run_on(thread, auth.add_headers(headers, kNsPerSecond)).error().text(),
                "oauth2: the token server's answer has no access_token");
    }
    thread.run_and_wait([&] { auth.close(); });
  }
}

TEST(ServerConfig, ReadsPromtailsBlock) {
  ServerConfig config;
  EXPECT_EQ(problems("{http_listen_address: 127.0.0.1, http_listen_port: 9080, grpc_listen_port: "
                     "0, http_listen_conn_limit: 5, "
                     "http_path_prefix: /tools, http_server_read_timeout: 5s, "
                     "http_server_idle_timeout: 1m, log_level: debug, "
                     "log_format: json, enable_runtime_reload: true, health_check_target: false, "
                     "graceful_shutdown_timeout: 2s, "
                     "register_instrumentation: false, grpc_server_max_connection_age: 1h, "
                     "profiling_enabled: true, "
                     "external_url: 'http://x/y', tls_min_version: VersionTLS13, basic_auth: "
                     "{username: a, password: b}}",
                     config),
            "");
  EXPECT_EQ(config.listen.address, "127.0.0.1");
  EXPECT_EQ(config.listen.port, 9080);
  EXPECT_EQ(config.path_prefix, "/tools");
  EXPECT_EQ(config.log_level, "debug");
  EXPECT_EQ(config.log_format, "json");
  EXPECT_TRUE(config.enable_runtime_reload);
  EXPECT_FALSE(config.health_check_target);
  EXPECT_FALSE(config.register_instrumentation);
  EXPECT_EQ(config.graceful_shutdown_timeout_ns, 2 * kNsPerSecond);
  EXPECT_EQ(config.listen.tls.min_version, TlsVersion::k13);
  ASSERT_EQ(config.listen.users.size(), 1u);
  const HttpServerOptions options = config.server_options();
  EXPECT_EQ(options.header_timeout_ns, 5 * kNsPerSecond);
  EXPECT_EQ(options.idle_timeout_ns, 60 * kNsPerSecond);
  EXPECT_EQ(options.connections_max, 5u);
  ServerConfig defaults;
  EXPECT_EQ(problems("", defaults), "");
  EXPECT_EQ(defaults.listen.port, 80);
}

TEST(ServerConfig, Refuses) {
  auto f = [](const std::string& yaml, const std::string& want) {
    SCOPED_TRACE(yaml);
    ServerConfig config;
    const std::string got = problems(yaml, config);
    EXPECT_NE(got.find(want), got.npos) << got;
  };
  f("http_listen_prot: 1", "unknown");
  f("http_listen_port: 70000", "must be a port from 0 to 65535");
  f("http_listen_port: x", "http_listen_port");
  f("http_listen_network: udp", "must be tcp, tcp4 or tcp6");
  f("log_level: loud", "unknown log level \"loud\"");
  f("log_format: xml", "unknown log format");
  f("tls_min_version: SSLv3", "unknown version \"SSLv3\"");
  f("http_tls_config: {cert_file: /x}", "TLS needs both a certificate and a key");
  f("http_tls_config: {cert_file: /x, key_file: /y, client_auth_type: Sometimes}",
    "unknown client auth type \"Sometimes\"");
  f("http_tls_config: {cert_file: /x, key_file: /y, client_auth_type: RequireAndVerifyClientCert}",
    "is needed to verify clients");
  f("http_tls_config: {cert_file: /x, key_file: /y, client_ca_file: /z}", "clients are not asked");
  f("grpc_server_num_workers: many", "grpc_server_num_workers");
  f("basic_auth: {username: a}", "give either password or password_file");
  f("basic_auth: [{username: 'a:b', password: x}]", "must not hold a colon");
  f("http_server_read_timeout: -1s", "must not be negative");
}

}  // namespace
}  // namespace tailrace
