#include "sources/push/push_source.h"

#include <gtest/gtest.h>

#include "http_call.h"
#include "push.pb.h"
#include "source_rig.h"
#include "sources/label_text.h"
#include "support/deflated.h"
#include "support/sockets.h"
#include "wire/snappy_gather.h"

namespace tailrace {
namespace {

using Lines = std::vector<std::string>;

struct Sent {
  std::string labels;
  Lines lines;
};
std::string protobuf(const std::vector<Sent>& streams) {
  logproto::PushRequest request;
  for (const Sent& sent : streams) {
    logproto::StreamAdapter& stream = *request.add_streams();
    stream.set_labels(sent.labels);
    for (const std::string& line : sent.lines) {
      logproto::EntryAdapter& entry = *stream.add_entries();
      entry.mutable_timestamp()->set_seconds(1600000000);
      entry.mutable_timestamp()->set_nanos(7);
      entry.set_line(line);
      logproto::LabelPairAdapter& pair = *entry.add_structured_metadata();
      pair.set_name("trace");
      pair.set_value("t1");
    }
  }
  const std::string bytes = request.SerializeAsString();
  const std::string_view piece = bytes;
  ByteBuffer out;
  snappy_compress(std::span(&piece, 1), out);
  return std::string(out.view());
}

const HttpHeaders kProtobuf = {{"Content-Type", "application/x-protobuf"}};
const HttpHeaders kJson = {{"Content-Type", "application/json; charset=utf-8"}};
constexpr char kPush[] = "/loki/api/v1/push";
constexpr char kOneJson[] =
    R"({"streams":[{"stream":{"a":"1"},"values":[["1600000000000000007","json",{"trace":"t2"}]]}]})";

class PushRig : public SourceRig {
 public:
  explicit PushRig(
      const std::string& options = "labels: {pushserver: one}\nuse_incoming_timestamp: true\n",
      const std::string& rules = "") {
    const TestConfig config(
        "server: {http_listen_address: 127.0.0.1, http_listen_port: 0, grpc_listen_port: 0}\n" +
        options);
    source = std::make_unique<PushSource>(context, relabel_rules(rules),
                                          read_push_options(config.root()));
    EXPECT_EQ(config.problems(), "");
    const Result<void> started = source->start();
    EXPECT_TRUE(started) << started.error().text();
    client = std::make_unique<HttpCaller>(io.get_executor(), source->port());
  }
  ~PushRig() {
    client->hang_up();
    end(*source);
  }
  int status_of(const std::shared_ptr<HttpCall>& call) {
    EXPECT_TRUE(wait_for([&] { return call->status != 0; }));
    return call->status;
  }

  std::unique_ptr<PushSource> source;
  std::unique_ptr<HttpCaller> client;
};

TEST(PushSource, TakesProtobufJsonAndRawText) {
  PushRig rig;
  EXPECT_EQ(rig.status_of(rig.client->post(
                kPush, kProtobuf,
                protobuf({{R"({a="1", b="x"})", {"p1", "p2"}}, {R"({a="2"})", {"p3"}}}))),
            204);
  EXPECT_EQ(rig.sink.lines, (Lines{"p1", "p2", "p3"}));
  EXPECT_EQ(rig.sink.labels,
            (Lines{R"({a="1", b="x", pushserver="one"})", R"({a="1", b="x", pushserver="one"})",
                   R"({a="2", pushserver="one"})"}));
  EXPECT_EQ(rig.sink.timestamps[0], 1600000000'000000007);
  EXPECT_EQ(rig.sink.metadata[0], "trace=t1 ");

  const auto f = [&](const std::string& target, HttpHeaders headers, const std::string& encoding,
                     const std::string& body, const Lines& want) {
    SCOPED_TRACE(body.substr(0, 30));
    const std::size_t before = rig.sink.lines.size();
    if (!encoding.empty()) headers.emplace_back("Content-Encoding", encoding);
    EXPECT_EQ(rig.status_of(rig.client->post(target, headers, body)), 204);
    EXPECT_EQ(
        Lines(rig.sink.lines.begin() + static_cast<std::ptrdiff_t>(before), rig.sink.lines.end()),
        want);
  };
  f(kPush, kJson, "", kOneJson, {"json"});
  EXPECT_EQ(rig.sink.metadata.back(), "trace=t2 ");
  f(kPush, kJson, "gzip", deflated(kOneJson, kGzipBits), {"json"});
  f(kPush, kJson, "deflate", deflated(kOneJson, kBareBits), {"json"});
  f(kPush, kJson, "deflate", deflated(kOneJson, MAX_WBITS), {"json"});
  f(kPush, kProtobuf, "gzip", deflated(protobuf({{R"({a="2"})", {"p3"}}}), kGzipBits), {"p3"});
  f(kPush, kJson, "", R"({"streams":[]})", {});
  f(kPush, kJson, "", R"({"streams":[{"values":[["1","no labels of its own"]]}]})",
    {"no labels of its own"});
  f(kPush, kJson, "", R"({"streams":[{"stream":{"a":1,"b":null},"values":[["1"]]}]})", {""});
  f("/promtail/api/v1/raw", {}, "", "one\r\n\n\r\ntwo\nthree", {"one", "two", "three"});
  EXPECT_EQ(rig.sink.labels.back(), R"({pushserver="one"})");
  f("/promtail/api/v1/raw", {}, "", "", {});
}

TEST(PushSource, SetsTheTimeUnlessToldOtherwise) {
  PushRig rig("");
  const std::int64_t before_ns = Clock::system().now_ns();
  EXPECT_EQ(rig.status_of(
                rig.client->post(kPush, kProtobuf, protobuf({{R"({a="1"})", {"same", "same"}}}))),
            204);
  EXPECT_GE(rig.sink.timestamps[0], before_ns);
  EXPECT_GT(rig.sink.timestamps[1], rig.sink.timestamps[0]);
}

TEST(PushSource, RelabelsStreamsAndLeavesOutWhatRulesDrop) {
  PushRig rig("labels: {pushserver: one}\n", R"(
- {source_labels: [__x], target_label: x}
- {source_labels: [a], regex: no, action: drop}
- {regex: drop, action: labeldrop}
)");
  EXPECT_EQ(rig.status_of(rig.client->post(kPush, kProtobuf,
                                           protobuf({{R"({a="no"})", {"dropped"}},
                                                     {R"({__x="h", a="keep", drop="me"})", {"l"}},
                                                     {R"({a="other"})", {"m"}}}))),
            204);
  EXPECT_EQ(rig.sink.lines, (Lines{"l", "m"}));
  EXPECT_EQ(rig.sink.labels[0], R"({a="keep", pushserver="one", x="h"})");
}

TEST(PushSource, AnswersWhatIsWrong) {
  PushRig rig("max_send_msg_size: 100000\n");
  const auto f = [&](const HttpHeaders& headers, const std::string& body, int status,
                     const std::string& text) {
    SCOPED_TRACE(body.substr(0, 60));
    const auto call = rig.client->post(kPush, headers, body);
    EXPECT_EQ(rig.status_of(call), status);
    EXPECT_NE(call->body.find(text), std::string::npos) << call->body;
  };
  HttpHeaders gzip = kJson;
  gzip.emplace_back("Content-Encoding", "gzip");
  HttpHeaders brotli = kJson;
  brotli.emplace_back("Content-Encoding", "br");
  f(kJson, R"({"streams": [)", 400, "JSON");
  f(kJson, R"({"streams":[{"labels":"{a=\"1\"}","entries":[]}]})", 400, "labels");
  f(kJson, R"({"streams":[{"stream":"{a=\"1\"}","values":[]}]})", 400, "labels");
  f(kJson, R"({"streams":[{"stream":{"a":"1"},"values":[[]]}]})", 400, "entry");
  f(kJson, R"({"streams":[{"stream":{"a":"1"},"values":[["x","line"]]}]})", 400, "nanoseconds");
  f(kJson, R"({"streams":[{"stream":{"a":"1"},"values":[[1,"line"]]}]})", 400, "entry");
  f(kJson, R"({"streams":[{"stream":{"a":"1"},"values":[["1","line",{"n":1}]]}]})", 400,
    "metadata");
  f(kProtobuf, "no snappy", 400, "");
  f(kProtobuf, std::string("\x02\x04zz", 4), 400, "");
  f(gzip, "no gzip", 400, "compressed");
  f(gzip, deflated(kOneJson, kGzipBits).substr(0, 40), 400, "cut off");
  f(gzip, deflated(std::string(10'000'000, ' ') + kOneJson, kGzipBits), 413, "grows");
  f(brotli, "x", 400, "br");
  EXPECT_TRUE(rig.sink.lines.empty());
  // Nor are good streams beside a bad one.
  f(kProtobuf,
    protobuf({{R"({a="1"})", {"good"}}, {R"({a=})", {"bad"}}, {R"({a="2"})", {"good too"}}}), 400,
    "label set");
  EXPECT_TRUE(rig.sink.lines.empty());
  EXPECT_EQ(rig.status_of(rig.client->call("GET", kPush)), 405);
  EXPECT_EQ(rig.status_of(rig.client->call("GET", "/metrics")), 404);
  const auto ready = rig.client->call("GET", "/ready");
  EXPECT_EQ(rig.status_of(ready), 200);
  EXPECT_EQ(ready->body, "ready");
}

TEST(PushSource, AnswersWhenEverythingIsDelivered) {
  PushRig rig;
  rig.sink.hold = true;
  const auto call = rig.client->post(kPush, kProtobuf, protobuf({{R"({a="1"})", {"one", "two"}}}));
  ASSERT_TRUE(rig.wait_for_lines(2));
  rig.settle();
  EXPECT_EQ(call->status, 0);
  rig.sink.tickets.pop_back();
  rig.settle();
  EXPECT_EQ(call->status, 0);
  rig.sink.deliver_all();
  EXPECT_EQ(rig.status_of(call), 204);
}

TEST(PushSource, SaysSoWhenLinesAreGivenUp) {
  PushRig rig;
  rig.sink.hold = true;
  const auto call = rig.client->post(kPush, kProtobuf, protobuf({{R"({a="1"})", {"one"}}}));
  ASSERT_TRUE(rig.wait_for_lines(1));
  for (TicketShare& ticket : rig.sink.tickets) ticket.abandon();
  EXPECT_EQ(rig.status_of(call), 503);
}

TEST(PushSource, RefusesWithoutRoomOrWhileDeliveriesStall) {
  PushRig rig;
  rig.source->set_patience(30 * kNsPerMs, kNsPerSecond / 20);
  rig.sink.room = false;
  const auto refused = rig.client->post(kPush, kProtobuf, protobuf({{R"({a="1"})", {"one"}}}));
  EXPECT_EQ(rig.status_of(refused), 503);
  EXPECT_EQ(header_value(refused->headers, "Retry-After"), "5");
  EXPECT_TRUE(rig.sink.lines.empty());
  rig.room(true);
  rig.sink.hold = true;
  const auto first = rig.client->post(kPush, kProtobuf, protobuf({{R"({a="1"})", {"one"}}}));
  ASSERT_TRUE(rig.wait_for_lines(1));
  // Nothing arrives at the far end: whoever comes later keeps his lines.
  ASSERT_TRUE(rig.wait_for([&, next = std::shared_ptr<HttpCall>()]() mutable {
    if (!next) next = rig.client->post(kPush, kProtobuf, protobuf({{R"({a="1"})", {"again"}}}));
    if (next->status == 503) return true;
    if (rig.sink.lines.size() > 1)
      next = nullptr, rig.sink.lines.pop_back(), rig.sink.tickets.pop_back();
    return false;
  }));
  EXPECT_EQ(rig.sink.lines.size(), 1U);
  rig.sink.deliver_all();
  EXPECT_EQ(rig.status_of(first), 204);
  EXPECT_EQ(rig.status_of(rig.client->post("/promtail/api/v1/raw", {}, "")), 204);
}

TEST(PushSource, ALargePushWaitsForRoomInBetween) {
  PushRig rig;
  Lines lines(5000, std::string(100, 'x'));
  std::size_t seen = 0;
  const auto call = rig.client->post(kPush, kProtobuf, protobuf({{R"({a="1"})", lines}}));
  ASSERT_TRUE(rig.wait_for([&] {
    if (!rig.sink.lines.empty() && seen == 0) {
      rig.sink.room = false;
      seen = rig.sink.lines.size();
    }
    return seen != 0;
  }));
  rig.settle();
  EXPECT_LT(rig.sink.lines.size(), 2 * ReadBuffer::kUsualBytes / 100 + seen);
  EXPECT_EQ(call->status, 0);
  rig.room(true);
  EXPECT_EQ(rig.status_of(call), 204);
  EXPECT_EQ(rig.sink.lines, lines);
}

TEST(PushSource, AClientThatHangsUpLeavesNothingBehind) {
  PushRig rig;
  rig.sink.hold = true;
  rig.client->post(kPush, kProtobuf, protobuf({{R"({a="1"})", {"one"}}}));
  ASSERT_TRUE(rig.wait_for_lines(1));
  rig.client->hang_up();
  rig.settle();
  rig.sink.deliver_all();
  rig.source->stop();
  ASSERT_TRUE(rig.wait_for([&] { return rig.source->settled(); }));
}

TEST(PushSource, AnswersBeforeItStops) {
  PushRig rig;
  rig.sink.hold = true;
  const auto call = rig.client->post(kPush, kProtobuf, protobuf({{R"({a="1"})", {"one"}}}));
  ASSERT_TRUE(rig.wait_for_lines(1));
  rig.source->stop();
  rig.settle();
  EXPECT_EQ(call->status, 0);
  rig.sink.deliver_all();
  EXPECT_EQ(rig.status_of(call), 204);
  ASSERT_TRUE(rig.wait_for([&] { return rig.source->settled(); }));
}

TEST(PushOptions, AreReadStrictly) {
  const TestConfig config("server: {http_listen_prot: 1}\nlabel: {}\nmax_send_msg_size: -1\n");
  read_push_options(config.root());
  for (const std::string problem : {"http_listen_prot", "label", "max_send_msg_size"}) {
    EXPECT_NE(config.problems().find(problem), std::string::npos) << config.problems();
  }
}

TEST(LabelText, IsParsedAsPrometheusDoes) {
  const auto f = [](std::string_view text, const std::string& want) {
    SCOPED_TRACE(text);
    const Result<Labels> labels = parse_label_text(text);
    EXPECT_EQ(labels ? labels->text() : "error", want) << (labels ? "" : labels.error().text());
  };
  f("{}", "{}");
  f(R"({a="1"})", R"({a="1"})");
  f(R"( { b = "2" , a='1' , } )", R"({a="1", b="2"})");
  f(R"({a="x\"y\\z\n\x41\101\u00e9"})", R"({a="x\"y\\z\nAAé"})");
  f("{a=`x\\n`}", R"({a="x\\n"})");
  f(R"({"a.b"="1"})", R"({a.b="1"})");
  f(R"({__x="h"})", R"({__x="h"})");
  for (const char* const bad : {"", "{", "a", R"({a="1")", R"({a="1"} x)", R"({a="1" b="2"})",
                                R"({a})", R"({a=1})", R"({="1"})", R"({a="1})", R"({a="\q"})",
                                R"({a="\x4"})", R"({a="1", a="2"})", "{a=\"\n\"}", R"({1a="1"})"}) {
    f(bad, "error");
  }
}

}  // namespace
}  // namespace tailrace
