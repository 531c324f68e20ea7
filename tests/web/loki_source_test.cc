#include "web/loki_source.h"

#include <gtest/gtest.h>

#include "config/support.h"
#include "net/net_fixture.h"

namespace tailrace {
namespace {

// A Loki that tells what it was asked, and a server that passes requests on to it.
class LokiSourceTest : public ::testing::Test {
 protected:
  LokiSourceTest() {
    LokiSourceOptions options;
    options.name = "far";
    options.url = *parse_url(far_.url("/behind/a/path"));
    options.tenant_id = "team";
    options.headers = {{"X-Configured", "yes"}};
    options.http.has_basic_auth = true;
    options.http.username.text.value = "reader";
    options.http.password.text.value = "secret";
    options.timeout_ns = kNsPerSecond;
    near_ = std::make_unique<TestServer>([&](Router& router) {
      // The client lives on the server's thread, as in the agent.
      add_loki_source(router, "/ui/sources/far",
                      source_ = std::make_shared<LokiSource>(thread_.executor(), options, "test"));
    });
  }
  ~LokiSourceTest() override {
    near_.reset();
    thread_.run_and_wait([&] { source_.reset(); });
  }

  void add_far(Router& router) {
    for (const char* path :
         {"/behind/a/path/loki/api/v1/labels", "/behind/a/path/loki/api/v1/query_range"}) {
      router.get(path, [this](Request& request, Response& response) { tell(request, response); });
    }
    router.get("/behind/a/path/loki/api/v1/label/{name}/values",
               [this](Request& request, Response& response) { tell(request, response); });
    router.post("/behind/a/path/loki/api/v1/push",
                [this](Request&, Response&) { asked_ = "push"; });
  }
  void tell(Request& request, Response& response) {
    asked_ = std::string(request.target());
    for (const char* name : {"Authorization", "X-Scope-OrgID", "X-Configured", "Cookie",
                             "X-Loki-Response-Encoding-Flags", "Origin"}) {
      if (const std::string_view value = request.header(name); !value.empty())
        asked_.append("|").append(name).append("=").append(value);
    }
    response = text_response(status_, "{\"status\":\"success\"}");
    response.content_type = type_;
    response.headers = {{"Set-Cookie", "a=b"}, {"WWW-Authenticate", "Basic realm=x"}};
  }
  std::string ask(const std::string& method, const std::string& path,
                  const std::string& headers = "") {
    asked_.clear();
    return near_->talk(method + " /ui/sources/far" + path + " HTTP/1.1\r\nHost: x\r\n" + headers +
                       "Content-Length: 0\r\nConnection: close\r\n\r\n");
  }

  std::string asked_;
  int status_ = 200;
  std::string_view type_ = "application/json; charset=UTF-8";
  TestServer far_{[this](Router& router) { add_far(router); }};
  IoThread thread_{"source"};
  std::shared_ptr<LokiSource> source_;
  std::unique_ptr<TestServer> near_;
};

TEST_F(LokiSourceTest, PassesQueriesWithTheCredentialsOfTheConfiguration) {
  const std::string answer =
      ask("GET", "/loki/api/v1/query_range?query=%7Ba%3D%22b%22%7D&limit=5",
          "X-Loki-Response-Encoding-Flags: categorize-labels\r\nCookie: mine=1\r\n"
          "Authorization: Basic c29tZWJvZHk6ZWxzZQ==\r\nOrigin: http://elsewhere\r\n");
  EXPECT_EQ(asked_,
            "/behind/a/path/loki/api/v1/query_range?query=%7Ba%3D%22b%22%7D&limit=5"
            "|Authorization=Basic cmVhZGVyOnNlY3JldA==|X-Scope-OrgID=team|X-Configured=yes"
            "|X-Loki-Response-Encoding-Flags=categorize-labels");
  EXPECT_EQ(answer.substr(0, 15), "HTTP/1.1 200 OK");
  EXPECT_NE(answer.find("{\"status\":\"success\"}"), std::string::npos);
  EXPECT_NE(answer.find("Content-Type: application/json"), std::string::npos);
  for (const char* leak : {"Set-Cookie", "WWW-Authenticate", "secret", "cmVhZGVyOnNlY3JldA"})
    EXPECT_EQ(answer.find(leak), std::string::npos) << leak;
}

TEST_F(LokiSourceTest, NamesOfLabelsAreEncodedAgain) {
  ask("GET", "/loki/api/v1/label/a%3Fb%20%C3%A9/values?start=1");
  EXPECT_EQ(asked_.substr(0, asked_.find('|')),
            "/behind/a/path/loki/api/v1/label/a%3Fb%20%C3%A9/values?start=1");
}

TEST_F(LokiSourceTest, OnlyWhatReadsPasses) {
  auto f = [&](const std::string& method, const std::string& path, const std::string& want) {
    SCOPED_TRACE(method + " " + path);
    EXPECT_EQ(ask(method, path).substr(9, 3), want);
    EXPECT_EQ(asked_, "");
  };
  f("POST", "/loki/api/v1/push", "404");
  f("GET", "/loki/api/v1/push", "404");
  f("GET", "/loki/api/v1/delete", "404");
  f("GET", "/loki/api/v1/rules", "404");
  f("GET", "/config", "404");
  f("GET", "/", "404");
  f("GET", "/loki/api/v1/labels/../push", "404");
  f("GET", "/loki/api/v1/label/..%2F..%2Fpush/values/x", "404");
  f("POST", "/loki/api/v1/query_range", "405");
  f("DELETE", "/loki/api/v1/labels", "405");
}

TEST_F(LokiSourceTest, FailuresAreAnswers) {
  status_ = 400;
  type_ = "text/plain; charset=utf-8";
  const std::string refused = ask("GET", "/loki/api/v1/labels");
  EXPECT_EQ(refused.substr(9, 3), "400");
  EXPECT_NE(refused.find("Content-Type: text/plain"), std::string::npos);
  // A page of somebody in between is not shown as a page.
  type_ = "text/html";
  EXPECT_NE(ask("GET", "/loki/api/v1/labels").find("Content-Type: text/plain"), std::string::npos);
  status_ = 401;
  const std::string unauthorized = ask("GET", "/loki/api/v1/labels");
  EXPECT_EQ(unauthorized.substr(9, 3), "502");  // no password is asked for
  EXPECT_NE(unauthorized.find("does not accept the credentials of the configuration (401)"),
            std::string::npos);
  far_.stop(0);
  const std::string gone = ask("GET", "/loki/api/v1/labels");
  EXPECT_EQ(gone.substr(9, 3), "502");
  EXPECT_NE(gone.find("the Loki at http://127.0.0.1:"), std::string::npos);
}

TEST(ExplorerOptions, Read) {
  const auto read_text = [](const std::string& text) {
    test::Yaml yaml(text);
    ExplorerOptions options;
    read(yaml["explorer"], options);
    return std::pair(options, yaml.errors.text());
  };
  const auto [absent, no_error] = read_text("other: 1");
  EXPECT_FALSE(absent.disable);
  EXPECT_EQ(absent.first_client, ExplorerOptions::FirstClient::kIfClosed);
  EXPECT_EQ(no_error, "");

  const auto [given, errors] = read_text(
      "explorer:\n"
      "  disable: true\n"
      "  first_client: always\n"
      "  sources:\n"
      "    - {name: prod, url: 'https://loki.example/base/loki/api/v1/push', tenant_id: a, "
      "timeout: 5s}\n"
      "    - {name: dev, url: 'http://loki:3100', bearer_token: x}\n");
  EXPECT_EQ(errors, "");
  EXPECT_TRUE(given.disable);
  EXPECT_EQ(given.first_client, ExplorerOptions::FirstClient::kAlways);
  ASSERT_EQ(given.sources.size(), 2u);
  EXPECT_EQ(given.sources[0].url.path, "/base");
  EXPECT_EQ(given.sources[0].tenant_id, "a");
  EXPECT_EQ(given.sources[0].timeout_ns, 5 * kNsPerSecond);
  EXPECT_EQ(given.sources[1].http.authorization_type, "Bearer");

  auto bad = [&](const std::string& inside, const std::string& want) {
    const std::string found = read_text("explorer: " + inside).second;
    EXPECT_NE(found.find(want), std::string::npos) << inside << " gives: " << found;
  };
  bad("{first_client: sometimes}", "use if_closed, always or never");
  bad("{sources: [{url: 'http://a'}]}", "a source needs a name");
  bad("{sources: [{name: 'a/b', url: 'http://a'}]}", "letters, digits, - and _");
  bad("{sources: [{name: client, url: 'http://a'}]}", "always there");
  bad("{sources: [{name: a}]}", "needs the URL of a Loki");
  bad("{sources: [{name: a, url: 'http://a'}, {name: a, url: 'http://b'}]}", "two sources");
  bad("{source: []}", "unknown key");
}

TEST(ExplorerOptions, AClientsUrlWithoutItsPush) {
  auto f = [](const std::string& text, bool known, const std::string& path) {
    SCOPED_TRACE(text);
    Url url = *parse_url(text);
    EXPECT_EQ(strip_push_path(url), known);
    EXPECT_EQ(url.path, path);
  };
  f("http://loki:3100/loki/api/v1/push", true, "");
  f("http://gateway/loki-a/loki/api/v1/push?x=1", true, "/loki-a");
  f("http://old/api/prom/push", true, "");
  f("http://collector/ingest", false, "/ingest");
}

}  // namespace
}  // namespace tailrace
