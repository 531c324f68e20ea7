#include "agent/runtime.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <memory>

#include "support/run_until.h"
#include "support/scripted_transport.h"
#include "support/temp_dir.h"

namespace tailrace {
namespace {

// A runtime whose clients push to Lokis that do as they are told: by the port in their URL.
class RuntimeRig {
 public:
  RuntimeRig(const std::string& yaml, const std::string& file) {
    const Result<CommandLine> flags = CommandLine::parse({});
    config = read_agent_config("test.yaml", yaml, *flags);
    EXPECT_FALSE(config.errors->failed()) << config.errors->text();
    runtime = std::make_unique<Runtime>(
        io.get_executor(), config, RunMode{}, book, metrics, [this](const ClientOptions& client) {
          return std::make_unique<ScriptedTransport>(io.get_executor(), lokis[client.url.port]);
        });
    EXPECT_TRUE(runtime->start());
    runtime->set_targets(0, {FileTarget{file, "", Labels{{"job", "t"}}, {}}});
  }
  ~RuntimeRig() {
    if (runtime) stop(0);
  }
  void stop(std::int64_t deadline_ns) {
    bool done = false;
    runtime->stop(deadline_ns, [&] {
      runtime->publish();
      done = true;
    });
    EXPECT_TRUE(run_until(io, [&] { return done; }));
    runtime.reset();
  }
  std::size_t taken(std::uint16_t port) { return lokis[port].taken.size(); }

  boost::asio::io_context io{1};
  Metrics metrics;
  PositionBook book{{}, ""};
  std::map<std::uint16_t, ScriptedLoki> lokis;
  AgentConfig config;
  std::unique_ptr<Runtime> runtime;
};

constexpr const char* kTwoClients =
    "clients:\n"
    "- {url: 'http://a:1/', batchwait: 5ms, batchsize: 1000, backoff_config: {min_period: 1ms, "
    "max_period: 2ms}}\n"
    "- {url: 'http://b:2/', batchwait: 5ms, batchsize: 1000, backoff_config: {min_period: 1ms, "
    "max_period: 2ms}}\n"
    "scrape_configs: [{job_name: t, static_configs: [{labels: {job: t}}]}]\n";

std::string numbered_lines(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += "line " + std::to_string(i) + "\n";
  return text;
}

TEST(Runtime, ALokiThatIsDownDoesNotHoldUpTheOther) {
  TempDir dir;
  write(dir / "a.log", numbered_lines(50'000));
  RuntimeRig rig(kTwoClients, dir / "a.log");
  bool down = true;
  rig.lokis[2].next = [&] { return ScriptedLoki::Answer{down ? 503 : 204, !down, {}, 0}; };
  ASSERT_TRUE(run_until(rig.io, [&] { return rig.taken(1) == 50'000; }));
  EXPECT_EQ(rig.taken(2), 0U);
  // Positions are those of the one that is behind.
  rig.runtime->publish();
  EXPECT_EQ(rig.book.offset(dir / "a.log"), 0U);
  const auto file = [&] { return rig.runtime->status().at(0).sources.at(0).files.at(0); };
  EXPECT_EQ(file().delivered, 0U);
  EXPECT_EQ(file().lag, numbered_lines(50'000).size());
  const std::vector<Runtime::ClientStatus> clients = rig.runtime->client_status();
  ASSERT_EQ(clients.size(), 2U);
  EXPECT_EQ(clients[0].senders.at(0).sent_entries, 50'000);
  EXPECT_EQ(clients[1].senders.at(0).sent_entries, 0);
  EXPECT_EQ(clients[1].senders.at(0).last_error.substr(0, 4), "503:");
  down = false;
  ASSERT_TRUE(run_until(rig.io, [&] { return rig.taken(2) == 50'000; }));
  rig.runtime->publish();
  EXPECT_EQ(rig.book.offset(dir / "a.log"), numbered_lines(50'000).size());
  EXPECT_EQ(file().delivered, numbered_lines(50'000).size());
  EXPECT_EQ(file().lag, 0U);
  for (const std::uint16_t port : {std::uint16_t{1}, std::uint16_t{2}}) {
    const std::vector<ArrivedEntry>& taken = rig.lokis[port].taken;
    for (std::size_t i = 0; i < taken.size(); ++i) {
      ASSERT_EQ(taken[i].line, "line " + std::to_string(i)) << "at Loki " << port;
    }
  }
  // Read twice, counted once.
  EXPECT_NE(rig.metrics.scrape(Metrics::Format::kPrometheusText)
                .find("promtail_read_lines_total{path=\"" + (dir / "a.log") + "\"} 50000"),
            std::string::npos);
}

TEST(Runtime, StopsAtItsDeadlineAndKeepsWhatWasNotAcknowledged) {
  TempDir dir;
  write(dir / "a.log", numbered_lines(100));
  RuntimeRig rig(kTwoClients, dir / "a.log");
  for (const std::uint16_t port : {std::uint16_t{1}, std::uint16_t{2}}) {
    rig.lokis[port].next = [] { return ScriptedLoki::Answer{503, false, {}, 0}; };
  }
  ASSERT_TRUE(run_until(rig.io, [&] { return !rig.lokis[1].answers.empty(); }));
  rig.stop(20 * kNsPerMs);
  EXPECT_EQ(rig.book.offset(dir / "a.log"), 0U);
}

TEST(Runtime, DeliversWhatIsReadBeforeItStops) {
  TempDir dir;
  write(dir / "a.log", numbered_lines(100));
  RuntimeRig rig(kTwoClients, dir / "a.log");
  ASSERT_TRUE(run_until(rig.io, [&] { return rig.runtime->ready(); }));
  ASSERT_TRUE(run_until(rig.io, [&] { return rig.taken(1) > 0; }));
  rig.stop(10 * kNsPerSecond);
  EXPECT_EQ(rig.book.offset(dir / "a.log"), numbered_lines(100).size());
  EXPECT_EQ(rig.taken(1), 100U);
  EXPECT_EQ(rig.taken(2), 100U);
}

}  // namespace
}  // namespace tailrace
