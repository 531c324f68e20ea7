#include "discovery/http_discovery.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "discovery/canned_server.h"
#include "support/run_until.h"

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
  CannedServer server(io, [&](const std::string& head) {
    heads.push_back(head);
    return answers[std::min(heads.size(), answers.size()) - 1];
  });
  int asked = 0;
  HttpSdOptions options{
      .url = server.url("/targets?x=1"), .refresh_interval_ns = 200'000'000, .endpoint = {}};
  options.endpoint.headers = [&asked]() -> Result<HttpHeaders> {
    return HttpHeaders{{"Authorization", "Bearer " + std::to_string(++asked)}};
  };
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

TEST(HttpDiscovery, GoesOnWithoutAServer) {
  boost::asio::io_context io;
  HttpSdOptions options{.url = parse_url("http://127.0.0.1:1/").value(),
                        .refresh_interval_ns = 1'000'000,
                        .endpoint = {}};
  int asked = 0;
  options.endpoint.headers = [&asked]() -> Result<HttpHeaders> {
    if (++asked % 2 == 0) return Error{ErrorCode::kIo, "no secret"};
    return HttpHeaders{};
  };
  HttpDiscovery discovery(options);
  const Discovery::Yield yield = [](const std::vector<TargetGroup>&) {
    ADD_FAILURE() << "there is nothing";
  };
  TaskGroup tasks(io.get_executor());
  tasks.spawn("http_sd", discovery.run(yield));
  EXPECT_TRUE(run_until(io, [&] { return asked == 5; }));
  tasks.cancel();
  EXPECT_TRUE(run_until(io, [&] { return tasks.size() == 0; }));
}

}  // namespace
}  // namespace tailrace
