#include "agent/agent_config.h"

#include <gtest/gtest.h>

#include "agent/agent.h"
#include "agent/config_dump.h"

namespace tailrace {
namespace {

constexpr const char* kClient = "clients: [{url: 'http://localhost:3100/loki/api/v1/push'}]\n";

AgentConfig read(const std::string& text, std::vector<const char*> arguments = {}) {
  const Result<CommandLine> flags = CommandLine::parse(arguments);
  EXPECT_TRUE(flags);
  AgentConfig config = read_agent_config("promtail.yaml", text, *flags);
  (void)check_agent_config(config);
  return config;
}

TEST(AgentConfig, HasPromtailsDefaults) {
  const AgentConfig config = read(kClient);
  ASSERT_FALSE(config.errors->failed()) << config.errors->text();
  ASSERT_EQ(config.clients.size(), 1U);
  EXPECT_EQ(config.clients[0].batch_wait_ns, kNsPerSecond);
  EXPECT_EQ(config.clients[0].batch_bytes, 1 << 20);
  EXPECT_EQ(config.clients[0].timeout_ns, 10 * kNsPerSecond);
  EXPECT_EQ(config.clients[0].backoff.attempts_max, 0);
  EXPECT_EQ(config.clients[0].name.size(), 6U);
  EXPECT_EQ(config.server.listen.port, 80);
  EXPECT_EQ(config.positions.filename, "/var/log/positions.yaml");
  EXPECT_EQ(config.sync_period_ns, 10 * kNsPerSecond);
  EXPECT_FALSE(config.app.enabled);
}

TEST(AgentConfig, OwnLogGoesToAFileToo) {
  const AgentConfig config = read(
      std::string(kClient) + "log: {path: logs/own.log, max_bytes: 1mb, keep: 9, stderr: false}\n");
  ASSERT_FALSE(config.errors->failed()) << config.errors->text();
  EXPECT_EQ(config.log.file.path, "logs/own.log");
  EXPECT_EQ(config.log.file.max_bytes, 1048576u);
  EXPECT_EQ(config.log.file.keep, 9);
  EXPECT_FALSE(config.log.to_stderr);
  EXPECT_EQ(read(kClient).log.file.path, "");
}

TEST(AgentConfig, SaysWhereAndWhat) {
  auto f = [](const std::string& text, const std::vector<std::string>& want) {
    SCOPED_TRACE(text);
    const AgentConfig config = read(text);
    EXPECT_TRUE(config.errors->failed());
    for (const std::string& part : want) {
      EXPECT_NE(config.errors->text().find(part), std::string::npos) << config.errors->text();
    }
  };
  f("", {"at least one client config must be provided"});
  f("clients: [{}]", {"promtail.yaml:1:11: clients[0]", "client needs target URL"});
  f(std::string(kClient) + "sever: {}",
    {"promtail.yaml:2:1:", "sever", "did you mean \"server\"?"});
  f(std::string(kClient) + "scrape_configs:\n- job_name: a\n",
    {"promtail.yaml:3:3:", "no valid target scrape config defined for \"a\""});
  f(std::string(kClient) + "scrape_configs:\n- static_configs: [{labels: {__path__: /x}}]\n",
    {"job_name is empty"});
  f(std::string(kClient) + "scrape_configs:\n- {job_name: a, kafka: {brokers: [x]}}\n",
    {"not supported by tailrace yet: kafka", "promtail.yaml:3:"});
  f(std::string(kClient) +
        "scrape_configs:\n- job_name: a\n  static_configs: [{labels: {__path__: /x}}]\n  "
        "pipeline_stages:\n  - regex: {expression: '('}\n",
    {"promtail.yaml:6:", "scrape_configs[0].pipeline_stages[0]", "regex"});
  f(std::string(kClient) + "log: {level: info}", {"promtail.yaml:2:7: log: unknown key \"level\""});
  f(std::string(kClient) + "log: {keep: 0}", {"log.keep: must be from 1 to 1000"});
  f("clients: [{url: 'http://a/'}, {url: 'http://a/'}]", {"found duplicate for name"});
  f("clients: [{url: 'http://a/', bearer_token: a}, {url: 'http://a/', bearer_token: b}]",
    {"found duplicate for name"});
  f("clients: [{url: 'http://a/', tls_config: {ca_file: /no/such.pem}}]",
    {"promtail.yaml:1:30: clients[0].tls_config: cannot be used", "/no/such.pem"});
  f(std::string(kClient) + "server: {cluster_validation: {http: {path: x}}}",
    {"server.cluster_validation.http: unknown key \"path\""});
}

TEST(AgentConfig, SaysOnlyThatAFileIsNoYaml) {
  const AgentConfig config = read("clients: [\n");
  EXPECT_EQ(config.errors->problems().size(), 1U) << config.errors->text();
}

TEST(AgentConfig, ClientsMayDifferInAnythingButSecrets) {
  auto f = [](const std::string& difference) {
    const AgentConfig config =
        read("clients: [{url: 'http://a/'}, {url: 'http://a/', " + difference + "}]");
    EXPECT_FALSE(config.errors->failed()) << config.errors->text();
  };
  f("basic_auth: {username: u}");
  f("tls_config: {insecure_skip_verify: true}");
  f("proxy_url: 'http://p'");
  f("follow_redirects: false");
  f("drop_rate_limited_batches: true");
  f("headers: {A: b}");
  f("bearer_token: x");
}

TEST(AgentConfig, ReportsAllProblemsInOneRun) {
  const AgentConfig config = read(
      "clients: [{url: 'http://a/', batchwait: soon}]\npositions: {sync_period: 1d}\nfoo: 1\n");
  EXPECT_EQ(config.errors->problems().size(), 3U) << config.errors->text();
}

TEST(AgentConfig, LeavesOutTheUnsupportedIfAskedTo) {
  const AgentConfig config = read(std::string(kClient) +
                                      "scrape_configs:\n- {job_name: a, kafka: {brokers: [x]}}\n- "
                                      "{job_name: b, static_configs: [{labels: {__path__: /x}}]}\n",
                                  {"-ignore-unsupported"});
  EXPECT_FALSE(config.errors->failed()) << config.errors->text();
  ASSERT_EQ(config.scrape_configs.size(), 1U);
  EXPECT_EQ(config.scrape_configs[0].job_name, "b");
}

TEST(AgentConfig, FlagsWinOverTheFile) {
  const AgentConfig config = read(
      "server: {http_listen_port: 1}\nclient: {url: 'http://old/', external_labels: {a: client, b: "
      "client}}\n"
      "clients: [{url: 'http://a/', external_labels: {a: item}}]\n",
      {"-server.http-listen-port=2", "-client.external-labels=c=flag", "-target.sync-period=3s"});
  ASSERT_FALSE(config.errors->failed()) << config.errors->text();
  EXPECT_EQ(config.server.listen.port, 2);
  EXPECT_EQ(config.sync_period_ns, 3 * kNsPerSecond);
  ASSERT_EQ(config.clients.size(), 2U);
  EXPECT_EQ(config.clients[0].external_labels.text(), R"({a="item", b="client", c="flag"})");
}

TEST(AgentConfig, TheDumpIsAConfigurationAgainAndHidesSecrets) {
  const std::string text =
      "clients: [{url: 'http://user:hunter2@a/', tenant_id: t}]\n"
      "explorer: {sources: [{name: far, url: 'http://me:hunter2@b/', basic_auth: {username: u, "
      "password: hunter2}}]}\n"
      "scrape_configs:\n- job_name: a\n  static_configs:\n  - targets: [localhost]\n    labels: "
      "{x: 'yes', __path__: /x}\n"
      "- job_name: b\n  file_sd_configs: [{files: [/a.json]}]\n  pipeline_stages: [{docker: {}}, "
      "{multiline: {firstline: x, max_lines: 5}}, "
      "{match: {selector: '{a=\"b\"}', stages: [{output: {source: x}}]}}]\n";
  const AgentConfig config = read(text);
  ASSERT_FALSE(config.errors->failed()) << config.errors->text();
  const std::string dump = dump_config(config);
  EXPECT_EQ(dump.find("hunter2"), std::string::npos) << dump;
  const AgentConfig again = read(dump);
  EXPECT_FALSE(again.errors->failed()) << again.errors->text() << dump;
  EXPECT_EQ(again.scrape_configs.size(), 2U);
  EXPECT_EQ(again.clients[0].tenant_id, "t");
  EXPECT_NE(dump.find("max_lines: 5\n"), std::string::npos) << "a number stays one: " << dump;
  EXPECT_NE(dump.find("x: \"yes\"\n"), std::string::npos) << "and a text: " << dump;
}

}  // namespace
}  // namespace tailrace
