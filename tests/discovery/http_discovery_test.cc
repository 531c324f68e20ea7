#include "discovery/http_discovery.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "discovery/canned_server.h"
#include "support/run_until.h"
#include "support/temp_dir.h"

namespace tailrace {
namespace {

using test::CannedServer;

std::string show(const std::vector<TargetGroup>& groups) {
  std::string out;
  for (const TargetGroup& group : groups) {
    out += group.source.substr(group.source.rfind(':') + 1) + "=" +
           std::to_string(group.targets.size()) + "/" + std::string(group.labels.get("job")) + " ";
  }
  return out;
}

TEST(HttpDiscovery, FollowsTheServer) {
  const std::string one =
      R"([{"targets":["h"],"labels":{"job":"a"}},{"targets":["h","i"],"labels":{"job":"b"}}])";
  const std::vector<CannedServer::Answer> answers{
      CannedServer::json(one),
      CannedServer::json("sorry", "503 Service Unavailable"),
      CannedServer::json(one, "200 OK", "text/html"),
      CannedServer::json("[{"),
      CannedServer::json(R"([{"targets":["h"],"labels":{"job":"c"}}])", "200 OK",
                         "application/JSON; charset=utf-8"),
      CannedServer::json("[]"),
  };
  boost::asio::io_context io;
  std::vector<std::string> heads;
  TempDir directory;
  const std::string secret = directory.write("token", "1\n");
  CannedServer server(io, [&](const std::string& head) {
    heads.push_back(head);
    directory.write("token", std::to_string(heads.size() + 1));
    return answers[std::min(heads.size(), answers.size()) - 1];
  });
  HttpSdOptions options{
      .url = server.url("/targets?x=1"), .refresh_interval_ns = 200'000'000, .http = {}};
  options.http.authorization_type = "Bearer";
  options.http.credentials.file = secret;
  HttpDiscovery discovery(options);
  std::vector<std::string> seen;
  std::string url;
  const Discovery::Yield yield = [&](const std::vector<TargetGroup>& groups) {
    seen.push_back(show(groups));
    if (url.empty()) url = groups[0].labels.get("__meta_url");
  };
  TaskGroup tasks(io.get_executor());
  tasks.spawn("http_sd", discovery.run(yield));
  ASSERT_TRUE(run_until(io, [&] { return seen.size() == 3; }));
  EXPECT_EQ(seen, (std::vector<std::string>{"0=1/a 1=2/b ", "0=1/c 1=0/ ", "0=0/ "}));
  EXPECT_EQ(url, server.url("/targets?x=1").text());
  EXPECT_EQ(heads[0].find("GET /targets?x=1 HTTP/1.1\r\n"), 0U) << heads[0];
  EXPECT_NE(heads[0].find("Authorization: Bearer 1\r\n"), std::string::npos) << heads[0];
  EXPECT_NE(heads[1].find("Authorization: Bearer 2\r\n"), std::string::npos) << heads[1];
  tasks.cancel();
  EXPECT_TRUE(run_until(io, [&] { return tasks.size() == 0; }));
}

TEST(HttpDiscovery, GoesOnThroughTrouble) {
  TempDir directory;
  boost::asio::io_context io;
  int requests = 0;
  CannedServer server(io, [&](const std::string&) {
    directory.write("token", "again");
    ++requests;
    return CannedServer::Answer{"no HTTP at all"};
  });
  HttpSdOptions options{.url = server.url("/"), .refresh_interval_ns = 5'000'000, .http = {}};
  options.http.authorization_type = "Bearer";
  options.http.credentials.file = directory / "token";  // is not there yet
  HttpDiscovery discovery(options);
  const Discovery::Yield yield = [](const std::vector<TargetGroup>&) {
    ADD_FAILURE() << "there is nothing";
  };
  TaskGroup tasks(io.get_executor());
  tasks.spawn("http_sd", discovery.run(yield));
  run_for(io, std::chrono::milliseconds(30));
  EXPECT_EQ(requests, 0) << "without its secret it must not ask";
  directory.write("token", "here");
  EXPECT_TRUE(run_until(io, [&] { return requests == 3; }));
  tasks.cancel();
  EXPECT_TRUE(run_until(io, [&] { return tasks.size() == 0; }));
}

TEST(HttpSdOptions, Read) {
  auto f = [](const std::string& text, std::string_view want) {
    ConfigErrors errors;
    const YamlFile file("c.yaml", text, errors);
    const std::vector<HttpSdOptions> options = read_http_sd_configs(file.root());
    ASSERT_EQ(options.size(), 1U);
    EXPECT_EQ(errors.failed() ? errors.text()
                              : options[0].url.text() + " " +
                                    std::to_string(options[0].refresh_interval_ns / 1'000'000'000),
              want)
        << text;
  };
  f("[{url: 'https://h/x'}]", "https://h/x 60");
  f("[{url: 'http://h/x', refresh_interval: 1d, bearer_token: x, follow_redirects: false}]",
    "http://h/x 86400");
  f("[{refresh_interval: 1m}]",
    "c.yaml:1:2: [0].url: needs a URL, such as http://targets.example/list\n");
  f("[{url: 'http://h', refresh_interval: 0s}]",
    "c.yaml:1:38: [0].refresh_interval: must be more than 0, such as 60s\n");
  f("[{url: 'http://h', interval: 1s}]", "c.yaml:1:20: [0]: unknown key \"interval\"\n");
}

}  // namespace
}  // namespace tailrace
