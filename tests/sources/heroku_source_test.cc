#include "sources/heroku/heroku_source.h"

#include <gtest/gtest.h>

#include "http_call.h"
#include "source_rig.h"

namespace tailrace {
namespace {

using Lines = std::vector<std::string>;

constexpr char kMessage[] =
    "<158>1 2022-06-13T14:52:23.622778+00:00 host heroku router - at=info method=GET\n";

std::string framed(const std::string& message) {
  return std::to_string(message.size()) + " " + message;
}

class HerokuRig : public SourceRig {
 public:
  explicit HerokuRig(const std::string& more = "") {
    const TestConfig config(
        "server: {http_listen_address: 127.0.0.1, http_listen_port: 0}\nlabels: {job: heroku}\n" +
        more);
    source = std::make_unique<HerokuSource>(context, relabel_rules(R"(
- {source_labels: [__heroku_drain_host], target_label: host}
- {source_labels: [__heroku_drain_app], target_label: app}
- {source_labels: [__heroku_drain_proc], target_label: proc}
- {source_labels: [__heroku_drain_log_id], target_label: id}
- {source_labels: [__heroku_drain_param_env], target_label: env}
- {source_labels: [job], regex: .+, target_label: seen}
)"),
                                            read_heroku_options(config.root()));
    EXPECT_EQ(config.problems(), "");
    EXPECT_TRUE(source->start());
    client = std::make_unique<HttpCaller>(io.get_executor(), source->port());
  }
  ~HerokuRig() {
    client->hang_up();
    end(*source);
  }
  int status_of(const std::shared_ptr<HttpCall>& call) {
    EXPECT_TRUE(wait_for([&] { return call->status != 0; }));
    return call->status;
  }
  std::unique_ptr<HerokuSource> source;
  std::unique_ptr<HttpCaller> client;
};

constexpr char kDrain[] = "/heroku/api/v1/drain";

TEST(HerokuSource, TakesDrainsAndAnswersWhenDelivered) {
  HerokuRig rig("use_incoming_timestamp: true\n");
  rig.sink.hold = true;
  const auto call =
      rig.client->post(std::string(kDrain) + "?env=prod&env=eu", {{"X-Scope-OrgID", "42"}},
                       framed(kMessage) + framed(kMessage));
  ASSERT_TRUE(rig.wait_for_lines(2));
  rig.settle();
  EXPECT_EQ(call->status, 0);
  rig.sink.deliver_all();
  EXPECT_EQ(rig.status_of(call), 204);
  EXPECT_EQ(rig.sink.lines[0], "at=info method=GET\n");
  // The tenant's label is there for the client, not in the text.
  EXPECT_EQ(rig.sink.labels[0],
            R"({app="heroku", env="prod,eu", host="host", id="-", job="heroku", proc="router"})");
  EXPECT_EQ(rig.sink.timestamps[0], 1655131943'622778000);
}

TEST(HerokuSource, RefusesWhatIsNoDrain) {
  HerokuRig rig;
  const auto f = [&](const std::string& body, int status, std::size_t lines) {
    SCOPED_TRACE(body);
    rig.sink.lines.clear();
    EXPECT_EQ(rig.status_of(rig.client->post(kDrain, {}, body)), status);
    EXPECT_EQ(rig.sink.lines.size(), lines);
  };
  f("", 204, 0);
  f(framed(kMessage), 204, 1);
  f(framed(kMessage) + "rubbish", 400, 1);
  f(std::string(kMessage), 400, 0);
  f("5000 " + std::string(kMessage), 400, 0);
  f("99999 " + std::string(99999, 'x'), 400, 0);
  f(framed("<158>1 yesterday host app proc id text"), 400, 0);
  f(framed("158 2022-06-13T14:52:23Z host app proc id text"), 400, 0);
  EXPECT_EQ(rig.status_of(rig.client->call("GET", kDrain)), 405);
  EXPECT_EQ(rig.value("promtail_heroku_drain_target_parsing_errors_total"), 6);
}

}  // namespace
}  // namespace tailrace
