// The small parts of HTTP: messages, heads, chunks, tasks.
#include <gtest/gtest.h>

#include <regex>

#include "net/chunked.h"
#include "net/http_head.h"
#include "net/http_message.h"
#include "net/response_writer.h"
#include "net/sleep.h"
#include "net/spawn.h"
#include "net_fixture.h"
#include "telemetry/log.h"
#include "telemetry/metrics.h"

namespace tailrace {
namespace {

TEST(HttpMessage, Lists) {
  EXPECT_TRUE(list_has_token("keep-alive, Upgrade", "upgrade"));
  EXPECT_FALSE(list_has_token("keep-alive, Upgraded", "upgrade"));
  EXPECT_FALSE(list_has_token("", "x"));
  EXPECT_TRUE(accepts_gzip("deflate, gzip;q=1.0, *;q=0.5"));
  EXPECT_TRUE(accepts_gzip("gzip;q=0.001"));
  EXPECT_FALSE(accepts_gzip("gzip; q=0.000"));
  EXPECT_FALSE(accepts_gzip("x-gzip"));
}

// What a head is understood as, or why not.
std::string understood(std::string_view text) {
  RequestHead head;
  switch (parse_request_head(text, head)) {
    case HeadState::kIncomplete:
      return "incomplete";
    case HeadState::kBad:
      return std::to_string(head.bad_status) + " " + head.bad_reason;
    case HeadState::kDone:
      break;
  }
  std::string out = std::string(head.method) + " " + std::string(head.target) + " 1." +
                    std::to_string(head.minor_version);
  if (head.keep_alive) out += " keep";
  if (head.chunked) out += " chunked";
  if (head.has_length) out += " " + std::to_string(head.content_length);
  for (const HeadField& field : head.fields)
    out += " [" + std::string(field.name) + "=" + std::string(field.value) + "]";
  return out;
}

TEST(HttpHead, Requests) {
  auto f = [](std::string_view text, const std::string& want) {
    SCOPED_TRACE(text);
    EXPECT_EQ(understood(text), want);
  };
  f("GET / HTTP/1.1\r\nHost: h\r\n\r\nrest", "GET / 1.1 keep [Host=h]");
  f("\r\nGET / HTTP/1.1\r\nHost:h\r\n\r\n", "GET / 1.1 keep [Host=h]");
  f("GET / HTTP/1.0\r\n\r\n", "GET / 1.0");
  f("GET / HTTP/1.0\r\nconnection: Keep-Alive\r\n\r\n", "GET / 1.0 keep [connection=Keep-Alive]");
  f("GET / HTTP/1.1\r\nHost: h\r\nConnection: x, close\r\n\r\n",
    "GET / 1.1 [Host=h] [Connection=x, close]");
  f("PUT / HTTP/1.1\r\nHost: h\r\ncontent-length: 007\r\n\r\n",
    "PUT / 1.1 keep 7 [Host=h] [content-length=007]");
  f("PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding:\t chunked \r\n\r\n",
    "PUT / 1.1 keep chunked [Host=h] [Transfer-Encoding=chunked]");
  f("GET /\xC3\xBC?a b HTTP/1.1\r\n\r\n", "400 bad character in the request target");
  f("GET / HTTP/1.1\r\nHost: h\r\nX: \xC3\xBC\r\n\r\n", "GET / 1.1 keep [Host=h] [X=\xC3\xBC]");
  f("GET / HTTP/1.1\r\nHost: h\r\nX: a\rb\r\n\r\n", "400 control character in a header");
  std::string many = "GET / HTTP/1.1\r\nHost: h\r\n";
  for (int i = 0; i < 300; ++i) many += "X: y\r\n";
  f(many + "\r\n", "431 too many headers");
}

TEST(HttpHead, IsIncompleteUntilItsLastByte) {
  const std::string text = "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nX-Y: z\r\n\r\n";
  for (std::size_t cut = 0; cut < text.size(); ++cut)
    EXPECT_EQ(understood(text.substr(0, cut)), "incomplete") << cut;
  EXPECT_NE(understood(text), "incomplete");
}

TEST(ChunkedDecoder, AnyCutGivesTheSameBody) {
  const std::string text =
      "4\r\nWiki\r\n6;name=value\r\npedia \r\nE\r\nin \r\n\r\nchunks.\r\n0\r\nTrailer: "
      "x\r\n\r\nNEXT";
  for (std::size_t step = 1; step <= text.size(); ++step) {
    ChunkedDecoder decoder;
    std::string body;
    std::string left;
    for (std::size_t at = 0; at < text.size(); at += step) {
      std::string_view input = std::string_view(text).substr(at, step);
      while (!input.empty() && !decoder.done()) {
        const Result<std::string_view> piece = decoder.next(input);
        ASSERT_TRUE(piece) << piece.error().text();
        body += *piece;
      }
      left += input;
    }
    EXPECT_TRUE(decoder.done());
    EXPECT_EQ(body, "Wikipedia in \r\n\r\nchunks.");
    EXPECT_EQ(left, "NEXT");
  }
}

TEST(ChunkedDecoder, Refuses) {
  auto f = [](std::string text) {
    ChunkedDecoder decoder;
    std::string_view input = text;
    while (!input.empty() && !decoder.done()) {
      if (!decoder.next(input)) return;
    }
    ADD_FAILURE() << "accepted: " << text.substr(0, 50);
  };
  f("\r\n");
  f("g\r\n");
  f("-1\r\n");
  f("0x5\r\n");
  f("5\nhello");
  f("5\r\nhelloX\r\n");
  f("5\r\nhello\rX");
  f("fffffffffffffffff\r\n");
  f("1;" + std::string(2000, 'e') + "\r\n");
  f("0\r\nA: b\nX");
  f("0\r\n" + std::string(20'000, 't'));
}

TEST(HttpDate, HasTheFixedForm) {
  HttpDate date;
  EXPECT_TRUE(std::regex_match(
      std::string(date.now()),
      std::regex(
          "(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \\d\\d (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) "
          "\\d{4} \\d\\d:\\d\\d:\\d\\d GMT")))
      << date.now();
}

awaitable<void> fail_after(std::int64_t ns) {
  co_await sleep_ns(ns);
  throw std::runtime_error("task broke");
}

awaitable<bool> join(TaskGroup& group) {
  co_await group.join();
  co_return true;
}

TEST(Spawn, EscapedExceptionsAreLoggedAndCounted) {
  std::mutex mutex;
  std::string seen;
  log::capture_for_test([&](std::string_view line) {
    const std::lock_guard lock(mutex);
    seen = line.substr(line.find(" level="));
  });
  const std::uint64_t before = task_failures();
  IoThread thread("spawn");
  spawn(thread.executor(), "my task", fail_after(0));
  EXPECT_TRUE(eventually([&] { return task_failures() == before + 1; }));
  thread.run_and_wait([] {});
  log::capture_for_test(nullptr);
  EXPECT_EQ(seen, " level=error msg=\"task failed\" task=\"my task\" error=\"task broke\"");
  Metrics metrics;
  register_task_metrics(metrics);
  EXPECT_NE(metrics.scrape(Metrics::Format::kPrometheusText)
                .find("tailrace_task_failures_total " + std::to_string(before + 1)),
            std::string::npos);
}

TEST(TaskGroup, CancelsAndJoins) {
  IoThread thread("group");
  std::unique_ptr<TaskGroup> group;
  const std::uint64_t before = task_failures();
  thread.run_and_wait([&] {
    group = std::make_unique<TaskGroup>(thread.executor());
    for (int i = 0; i < 10; ++i) group->spawn("sleeper", fail_after(3600 * kNsPerSecond));
    group->spawn("short", sleep_ns(0));
    group->cancel();
  });
  EXPECT_TRUE(run_on(thread, join(*group)));
  thread.run_and_wait([&] {
    EXPECT_EQ(group->size(), 0u);
    group->spawn("left behind", fail_after(3600 * kNsPerSecond));
    group.reset();
  });
  thread.run_and_wait([] {});
  EXPECT_EQ(task_failures(), before) << "a cancelled task is no failure";
}

TEST(IoThread, RunsAndSurvivesExceptions) {
  IoThread thread("io");
  bool here = true;
  thread.run_and_wait([&] { here = thread.is_current(); });
  EXPECT_TRUE(here);
  EXPECT_FALSE(thread.is_current());
  log::capture_for_test([](std::string_view) {});
  thread.post([] { throw std::runtime_error("posted"); });
  thread.run_and_wait([] {});
  log::capture_for_test(nullptr);
  std::atomic<int> ran{0};
  for (int i = 0; i < 100; ++i) thread.post([&] { ++ran; });
  thread.finish();
  thread.join();
  EXPECT_EQ(ran, 100);
}

}  // namespace
}  // namespace tailrace
