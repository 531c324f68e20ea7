#include "web/tail_session.h"

#include <gtest/gtest.h>

#include "base/arena.h"
#include "parse/json_value.h"
#include "web/loki_rig.h"

namespace tailrace {
namespace {

std::int64_t now_ns() { return Clock::system().now_ns(); }

// A WebSocket client, as far as a tail needs one.
class TailClient {
 public:
  TailClient(LokiRig& rig, std::string_view parameters, std::string_view headers = "")
      : client_(rig.server().port()) {
    client_.send("GET /loki/api/v1/tail?" + std::string(parameters) +
                 " HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                 "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
                 std::string(headers) + "\r\n");
    head_ = client_.read_until("\r\n\r\n");
  }
  const std::string& head() const { return head_; }
  bool is_open() const { return head_.starts_with("HTTP/1.1 101 "); }
  RawClient& raw() { return client_; }

  struct Frame {
    int opcode = -1;  // -1: the connection is over
    std::string payload;
  };
  Frame next() {
    Frame out;
    const std::string first = client_.read_bytes(2);
    if (first.size() < 2) return out;
    std::size_t bytes = static_cast<unsigned char>(first[1]);
    if (bytes > 125) {
      const std::string more = client_.read_bytes(bytes == 126 ? 2 : 8);
      bytes = 0;
      for (const char c : more) bytes = bytes << 8 | static_cast<unsigned char>(c);
    }
    out.opcode = static_cast<unsigned char>(first[0]) & 0x0f;
    out.payload = client_.read_bytes(bytes);
    return out;
  }
  // The next frame that is no ping.
  Frame next_message() {
    Frame out = next();
    while (out.opcode == 9) out = next();
    return out;
  }
  // Lines as they come, until there are `count`.
  std::vector<std::string> lines(std::size_t count) {
    std::vector<std::string> out;
    while (out.size() < count) {
      const Frame frame = next_message();
      EXPECT_EQ(frame.opcode, 1) << frame.payload;
      if (frame.opcode != 1) return out;
      Arena arena;
      const std::optional<JsonValue> json = parse_json(frame.payload, arena);
      EXPECT_TRUE(json) << frame.payload;
      for (const JsonValue& stream : json->find("streams")->items()) {
        for (const JsonValue& row : stream.find("values")->items())
          out.emplace_back(row.items()[1].text());
      }
    }
    return out;
  }

 private:
  RawClient client_;
  std::string head_;
};

std::string asking(std::string_view query, std::string_view more = "") {
  return "query=" + escaped(query) + std::string(more);
}

class TailSession : public ::testing::Test {
 protected:
  void push(const std::string& labels, std::int64_t ns, const std::string& line) {
    rig.push({{labels, {{ns, line}}}});
  }
  LokiRig rig{{}, &Clock::system()};
};

TEST_F(TailSession, HistoryThenLiveLines) {
  const std::int64_t base = now_ns() - 60 * kNsPerSecond;
  for (int i = 0; i < 5; ++i)
    push("{job=\"a\"}", base + i * kNsPerSecond, "old " + std::to_string(i));
  push("{job=\"b\"}", base + 1, "another stream");
  TailClient client(rig, asking(R"({job="a"} |= "l" != "not")", "&limit=3"));
  ASSERT_TRUE(client.is_open()) << client.head();
  EXPECT_NE(client.head().find("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
            std::string::npos);
  EXPECT_EQ(client.head().find("Sec-WebSocket-Extensions"), std::string::npos);
  EXPECT_EQ(client.lines(3), (std::vector<std::string>{"old 2", "old 3", "old 4"}));
  for (int i = 0; i < 3; ++i) push("{job=\"a\"}", now_ns(), "live " + std::to_string(i));
  push("{job=\"a\"}", now_ns(), "live but not wanted");
  push("{job=\"a\", more=\"x\"}", now_ns(), "live in a new stream");
  EXPECT_EQ(client.lines(4),
            (std::vector<std::string>{"live 0", "live 1", "live 2", "live in a new stream"}));
}

TEST_F(TailSession, LinesOfDifferentStreamsComeInOrderOfTime) {
  const std::int64_t base = now_ns() - 60 * kNsPerSecond;
  std::vector<std::string> want;
  for (int i = 0; i < 9; ++i) {
    want.push_back(i % 3 == 0 ? "level=warn x" : "level=info " + std::to_string(i));
    push("{job=\"a\", n=\"" + std::to_string(i % 2) + "\"}", base + i, want.back());
  }
  TailClient client(rig, asking(R"({job="a"})"));
  EXPECT_EQ(client.lines(9), want);
}

TEST_F(TailSession, StartBoundsTheHistory) {
  push("{job=\"a\"}", now_ns() - 7200 * kNsPerSecond, "two hours ago");
  push("{job=\"a\"}", now_ns() - 60 * kNsPerSecond, "a minute ago");
  TailClient usual(rig, asking(R"({job="a"})"));
  EXPECT_EQ(usual.lines(1), (std::vector<std::string>{"a minute ago"}));
  TailClient longer(
      rig, asking(R"({job="a"})", "&start=" + std::to_string(now_ns() - 3 * 3600 * kNsPerSecond)));
  EXPECT_EQ(longer.lines(2), (std::vector<std::string>{"two hours ago", "a minute ago"}));
}

TEST_F(TailSession, FramesHaveTwoElementsUnlessAsked) {
  const std::int64_t time = now_ns();
  rig.push({{"{job=\"a\"}", {{time, "level=info x", {{"t", "1"}}}}}});
  const std::string ns = std::to_string(time);
  TailClient plain(rig, asking(R"({job="a"})"));
  EXPECT_EQ(
      plain.next_message().payload,
      R"({"streams":[{"stream":{"detected_level":"info","job":"a","service_name":"a","t":"1"},"values":[[")" +
          ns + R"(","level=info x"]]}]})");
  TailClient categorized(rig, asking(R"({job="a"} | logfmt)"),
                         "X-Loki-Response-Encoding-Flags: categorize-labels\r\n");
  EXPECT_EQ(
      categorized.next_message().payload,
      R"({"streams":[{"stream":{"job":"a","service_name":"a"},"values":[[")" + ns +
          R"(","level=info x",{"structuredMetadata":{"detected_level":"info","t":"1"},"parsed":{"level":"info"}}]]}],"encodingFlags":["categorize-labels"]})");
}

TEST_F(TailSession, PingsEverySecond) {
  TailClient client(rig, asking(R"({job="a"})"));
  const std::int64_t began = Clock::system().monotonic_ns();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(client.next().opcode, 9);
  const std::int64_t took = Clock::system().monotonic_ns() - began;
  EXPECT_GT(took, 2 * kNsPerSecond);
  EXPECT_LT(took, 6 * kNsPerSecond);
}

TEST_F(TailSession, PingsWhileLinesCome) {
  TailClient client(rig, asking(R"({job="a"})"));
  bool pinged = false;
  const std::int64_t until = Clock::system().monotonic_ns() + 5 * kNsPerSecond;
  while (!pinged && Clock::system().monotonic_ns() < until) {
    push("{job=\"a\"}", now_ns(), "x");
    TailClient::Frame frame = client.next();
    while (frame.opcode == 9) {
      pinged = true;
      frame = client.next();
    }
    ASSERT_EQ(frame.opcode, 1);
  }
  EXPECT_TRUE(pinged);
}

TEST_F(TailSession, DelayLetsLateLinesIn) {
  TailClient client(rig, asking(R"({job="a"})", "&delay_for=1"));
  const std::int64_t time = now_ns();
  push("{job=\"a\"}", time, "second");
  push("{job=\"a\"}", time - 300 * kNsPerMs, "first");
  EXPECT_EQ(client.lines(2), (std::vector<std::string>{"first", "second"}));
  EXPECT_GE(now_ns() - time, kNsPerSecond);
}

TEST_F(TailSession, EndsWithTheService) {
  TailClient client(rig, asking(R"({job="a"})"));
  ASSERT_TRUE(client.is_open());
  rig.end_tasks();
  const TailClient::Frame frame = client.next_message();
  EXPECT_EQ(frame.opcode, 8);
  EXPECT_EQ(frame.payload.substr(0, 2), "\x03\xe9") << "1001, going away";
}

TEST_F(TailSession, AnswersTheClosingHandshake) {
  TailClient client(rig, asking(R"({job="a"})"));
  client.raw().send(std::string("\x88\x82mask", 6) + static_cast<char>(0x03 ^ 'm') +
                    static_cast<char>(0xe8 ^ 'a'));
  const TailClient::Frame frame = client.next_message();
  EXPECT_EQ(frame.opcode, 8);
  EXPECT_EQ(frame.payload, "\x03\xe8") << "1000, normal";
  EXPECT_EQ(client.next().opcode, -1);
}

TEST_F(TailSession, SlowReadersLoseLinesAndLearnOfIt) {
  TailClient client(rig, asking(R"({job="a"} | drop detected_level)"));
  ASSERT_TRUE(client.is_open());
  // More than the kernel and our queues hold.
  constexpr int kLines = 1000;
  const std::string text(60'000, 'x');
  for (int i = 0; i < kLines; ++i) push("{job=\"a\"}", now_ns(), std::to_string(i) + " " + text);
  std::size_t shown = 0;
  std::size_t named = 0;
  int last = -1;
  while (last != kLines - 1) {
    const TailClient::Frame frame = client.next_message();
    ASSERT_EQ(frame.opcode, 1) << frame.payload.substr(0, 200);
    Arena arena;
    const std::optional<JsonValue> json = parse_json(frame.payload, arena);
    ASSERT_TRUE(json);
    for (const JsonValue& stream : json->find("streams")->items()) {
      for (const JsonValue& row : stream.find("values")->items()) {
        ++shown;
        const int number = std::stoi(std::string(row.items()[1].text().substr(0, 8)));
        EXPECT_GT(number, last) << "in order";
        last = number;
      }
    }
    if (const JsonValue* dropped = json->find("dropped_entries")) {
      EXPECT_LE(dropped->items().size(), 1000U);
      for (const JsonValue& entry : dropped->items()) {
        ++named;
        EXPECT_TRUE(entry.find("timestamp")->is_string());
        EXPECT_EQ(entry.find("labels")->find("job")->text(), "a");
      }
    }
  }
  EXPECT_GT(named, 0U);
  EXPECT_EQ(shown + named, static_cast<std::size_t>(kLines));
}

TEST_F(TailSession, OnlySoManyAtATime) {
  std::vector<std::unique_ptr<TailClient>> clients;
  for (int i = 0; i < 10; ++i)
    clients.push_back(std::make_unique<TailClient>(rig, asking(R"({job="a"})")));
  for (const auto& client : clients) EXPECT_TRUE(client->is_open());
  TailClient eleventh(rig, asking(R"({job="a"})"));
  EXPECT_TRUE(eleventh.head().starts_with("HTTP/1.1 429 ")) << eleventh.head();
  clients.pop_back();
  EXPECT_TRUE(eventually([&] { return TailClient(rig, asking(R"({job="a"})")).is_open(); }));
}

TEST_F(TailSession, WhatIsRefused) {
  auto f = [&](std::string_view parameters, std::string_view want) {
    SCOPED_TRACE(parameters);
    TailClient client(rig, parameters);
    EXPECT_TRUE(client.head().starts_with("HTTP/1.1 400 ")) << client.head();
    EXPECT_NE(client.raw().read_until(want).find(want), std::string::npos);
  };
  f("", "parse error");
  f(asking(R"({job=~".*"})"), "queries require at least one");
  f(asking(R"(count_over_time({job="a"}[1m]))"), "only log queries can be tailed");
  f(asking(R"({job="a"} |~ "(")"), "error parsing regexp");
  f(asking(R"({job="a"})", "&delay_for=6"), "delay_for can't be greater than 5");
  f(asking(R"({job="a"})", "&delay_for=x"), "delay_for must be a number");
  f(asking(R"({job="a"})", "&limit=5001"), "max entries limit per query exceeded");
  f(asking(R"({job="a"})", "&limit=0"), "limit must be a positive value");
  const Answer plain = rig.get("/loki/api/v1/tail?" + asking(R"({job="a"})"));
  EXPECT_EQ(plain.status, 400);
  EXPECT_EQ(plain.body, "Bad Request\n");
}

TEST(TailOrigins, PagesOfOtherHostsAreRefusedWhereAnybodyCanAsk) {
  LokiRig open_rig({}, nullptr, TailOrigins::kOwn);
  LokiRig closed_rig;
  const std::string target = "/loki/api/v1/tail?" + asking(R"({job="a"})");
  auto f = [&](LokiRig& rig, std::string_view origin, int want) {
    SCOPED_TRACE(origin);
    // Without the headers of a WebSocket, whoever may ask is told so with 400.
    EXPECT_EQ(rig.get(target, origin).status, want);
  };
  f(open_rig, "", 400);
  f(open_rig, "Origin: http://h\r\n", 400);
  f(open_rig, "Origin: http://evil.example\r\n", 403);
  f(open_rig, "Origin: http://h:8080\r\n", 403);
  f(open_rig, "Origin: null\r\n", 403);
  f(closed_rig, "Origin: http://evil.example\r\n", 400);
}

}  // namespace
}  // namespace tailrace
