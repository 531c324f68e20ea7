#include "sources/registry.h"

#include <gtest/gtest.h>

#include "source_rig.h"

namespace tailrace {
namespace {

TEST(SourceRegistry, MakesEachKindAndReportsItsProblems) {
  const auto f = [](const std::string& kind, const std::string& yaml, const std::string& type,
                    const std::string& problem) {
    SCOPED_TRACE(kind);
    SourceRig rig;
    const TestConfig config(yaml);
    const auto source = make_source(kind, config.root(), {}, rig.context, {.line_bytes_max = 1000});
    ASSERT_EQ(source == nullptr, type.empty());
    if (problem.empty()) {
      EXPECT_EQ(config.problems(), "");
    } else {
      EXPECT_NE(config.problems().find(problem), std::string::npos) << config.problems();
    }
    if (source && kind != "docker_sd_configs") {
      ASSERT_EQ(source->status().size(), 1U);
      EXPECT_EQ(source->status()[0].type, type);
    }
    if (source) rig.end(*source);
  };
  f("journal", "{}", "Journal", "");
  f("syslog", "{listen_address: '127.0.0.1:0'}", "Syslog", "");
  f("loki_push_api", "{server: {http_listen_port: 0}}", "Push", "");
  f("gelf", "{}", "gelf", "");
  f("docker_sd_configs", "[{host: 'unix:///s'}]", "Docker", "");
  f("heroku_drain", "{server: {http_listen_port: 0}}", "HerokuDrain", "");
  f("docker_sd_configs", "[{refresh_interval: 1s}]", "Docker", "host");
  f("syslog", "{listen_address: 'x:1', listen_protocol: sctp}", "Syslog", "listen_protocol");
  f("kafka", "{}", "", "");
}

}  // namespace
}  // namespace tailrace
