#include "web/agent_api.h"

#include <gtest/gtest.h>

#include "net/net_fixture.h"
#include "telemetry/log.h"

namespace tailrace {
namespace {

awaitable<std::vector<PageJob>> jobs() {
  PageTarget target{"File", true, Labels{{"job", "a"}}, Labels{{"__path__", "/x"}}, {}, {}};
  target.details = {{"path", "/x/*"}};
  target.files = {{"/x/<b>\"1\".log", 10, 12, 20, 10}};
  co_return std::vector<PageJob>{{"one", {target}, {{"no __path__", Labels{{"a", "b"}}}}},
                                 {"two", {}, {}}};
}

awaitable<std::vector<PageClient>> clients() {
  PageSender sender;
  sender.tenant = "t";
  sender.sent_entries = 3;
  sender.retries = 1;
  sender.last_error = "503: not now";
  sender.last_error_ns = 1'700'000'000'123'000'000;
  co_return std::vector<PageClient>{{"main", "http://a:xxxxx@loki", true, {sender}}};
}

TEST(AgentApi, TellsEverythingAsJson) {
  log::capture_for_test([](std::string_view) {});
  log::info("no problem at all");
  log::warn("cannot tail file", {{"path", "/y"}});
  log::capture_for_test(nullptr);
  TestServer server([](Router& router) {
    AgentView view;
    view.jobs = jobs;
    view.clients = clients;
    view.config_yaml = [] { return std::string("clients:\n"); };
    add_agent_api(router, view, "9.9");
  });
  const std::string answer =
      server.talk("GET /api/v1/agent HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_NE(answer.find("Content-Type: application/json"), std::string::npos);
  EXPECT_NE(answer.find("Cache-Control: no-store"), std::string::npos);
  auto holds = [&](const std::string& part) {
    EXPECT_NE(answer.find(part), std::string::npos) << part << " is not in " << answer;
  };
  holds(
      "{\"version\":\"9.9\",\"jobs\":[{\"name\":\"one\",\"targets\":[{\"type\":\"File\",\"ready\":"
      "true,"
      "\"labels\":{\"job\":\"a\"},\"discovered\":{\"__path__\":\"/x\"},\"details\":[[\"path\",\"/x/"
      "*\"]],"
      "\"files\":[{\"path\":\"/x/");
  holds("\\\"1\\\".log\",\"delivered\":10,\"read\":12,\"size\":20,\"lag\":10}]}],");
  holds(
      "\"dropped\":[{\"reason\":\"no __path__\",\"discovered\":{\"a\":\"b\"}}]},"
      "{\"name\":\"two\",\"targets\":[],\"dropped\":[]}],");
  holds(
      "\"clients\":[{\"name\":\"main\",\"url\":\"http://"
      "a:xxxxx@loki\",\"embedded\":true,\"senders\":"
      "[{\"tenant\":\"t\",\"sent_entries\":3,\"sent_bytes\":0,\"retries\":1,\"dropped_entries\":0,"
      "\"waiting_payloads\":0,\"last_error\":\"503: not now\",\"last_error_ms\":1700000000123,"
      "\"last_sent_ms\":null}]}],");
  holds("\"level\":\"warn\",\"text\":\"msg=\\\"cannot tail file\\\" path=/y\"}],");
  holds("\"config\":\"clients:\\n\"}");
  EXPECT_EQ(answer.find("no problem at all"), std::string::npos);
}

}  // namespace
}  // namespace tailrace
