#include "sinks/sender.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>

#include "model/ledger.h"
#include "support/run_until.h"
#include "support/scripted_transport.h"

namespace tailrace {
namespace {

using Answer = ScriptedLoki::Answer;

SenderOptions quick() {
  SenderOptions options;
  options.client_name = "test";
  options.batch_wait_ns = 5 * kNsPerMs;
  options.backoff_min_ns = kNsPerMs;
  options.backoff_max_ns = 2 * kNsPerMs;
  return options;
}

class Rig {
 public:
  explicit Rig(const SenderOptions& options = quick())
      : sender(
            std::make_shared<Sender>(io.get_executor(), options,
                                     std::make_unique<ScriptedTransport>(io.get_executor(), loki),
                                     client_metrics, Clock::system(), [this] { ++changes; })) {
    entry.arena = &arena;
    entry.interner = &interner;
    sender->start();
  }
  ~Rig() {
    sender->give_up();
    EXPECT_TRUE(run_until(io, [&] { return sender->finished(); }));
  }

  // Answers with these in turn, then with 204.
  void script(std::vector<Answer> answers) {
    loki.next = [answers = std::move(answers), at = std::size_t{0}]() mutable {
      return at < answers.size() ? answers[at++] : Answer{};
    };
  }
  // One line, as a read of its own.
  void add(const std::string& line, const Labels& labels = {{"job", "t"}}) {
    Ticket* const ticket = ledger.issue(++issued);
    entry.begin(line, 1'000'000'000 + issued, interner.intern(labels), ticket);
    sender->append(entry.stream(), line, entry);
    ticket->release();
  }
  bool settle() {
    return run_until(io, [&] { return sender->idle(); });
  }
  std::vector<std::string> lines() const {
    std::vector<std::string> out;
    for (const ArrivedEntry& pushed : loki.taken) out.push_back(pushed.line);
    return out;
  }
  double metric(const std::string& line_start) {
    const std::string text = metrics.scrape(Metrics::Format::kPrometheusText);
    const std::size_t at = text.find("\n" + line_start);
    return at == std::string::npos ? -1
                                   : std::stod(text.substr(text.find(' ', at + line_start.size())));
  }

  boost::asio::io_context io{1};
  Metrics metrics;
  ClientMetrics client_metrics{metrics, "loki:3100", "test"};
  ScriptedLoki loki;
  Interner interner;
  Arena arena;
  Entry entry;
  Ledger<int> ledger{0};
  int issued = 0;
  int changes = 0;
  std::shared_ptr<Sender> sender;
};

TEST(Sender, SendsABatchWhenItsTimeHasCome) {
  Rig rig;
  rig.add("one");
  rig.add("two");
  EXPECT_EQ(rig.ledger.committed(), 0);
  ASSERT_TRUE(rig.settle());
  EXPECT_EQ(rig.lines(), (std::vector<std::string>{"one", "two"}));
  EXPECT_EQ(rig.loki.answers.size(), 1U);
  EXPECT_EQ(rig.ledger.committed(), 2);
  EXPECT_EQ(rig.metric("promtail_sent_entries_total{host=\"loki:3100\"}"), 2);
}

TEST(Sender, SplitsByBytesOfLines) {
  SenderOptions options = quick();
  options.batch_bytes = 10;
  Rig rig(options);
  for (const char* line : {"12345", "67890", "x", "longer than a whole batch", "y"}) rig.add(line);
  ASSERT_TRUE(rig.settle());
  // {12345 67890} is exactly full, an entry over the size travels alone.
  EXPECT_EQ(rig.loki.answers.size(), 4U);
  EXPECT_EQ(rig.lines().size(), 5U);
}

TEST(Sender, TriesAgainWhatCanPassAndKeepsTheOrder) {
  auto f = [](const char* what, Answer failure) {
    SCOPED_TRACE(what);
    Rig rig;
    rig.script({failure, failure, failure});
    rig.add("one");
    ASSERT_TRUE(run_until(rig.io, [&] { return !rig.loki.answers.empty(); }));
    rig.add("two");
    ASSERT_TRUE(rig.settle());
    std::vector<std::string> lines = rig.lines();
    lines.erase(std::unique(lines.begin(), lines.end()), lines.end());
    EXPECT_EQ(lines, (std::vector<std::string>{"one", "two"}));
    EXPECT_EQ(rig.ledger.committed(), 2);
    EXPECT_EQ(rig.metric("promtail_batch_retries_total{host=\"loki:3100\",tenant=\"\"}"), 3);
    EXPECT_EQ(
        rig.metric("promtail_dropped_entries_total{host=\"loki:3100\",reason=\"ingester_error\""),
        0);
  };
  f("server error", {500, false, {}, 0});
  f("rate limited", {429, false, {}, 0});
  f("no answer", {-1, false, {}, 0});
  f("taken, but the answer was lost", {-1, true, {}, 0});
}

TEST(Sender, DropsWhatCanNeverSucceedAndGoesOn) {
  auto f = [](int status, const char* reason, bool drop_rate_limited) {
    SCOPED_TRACE(status);
    SenderOptions options = quick();
    options.drop_rate_limited = drop_rate_limited;
    Rig rig(options);
    rig.script({{status, false, {}, 0}});
    rig.add("bad");
    ASSERT_TRUE(rig.settle());
    rig.add("good");
    ASSERT_TRUE(rig.settle());
    EXPECT_EQ(rig.lines(), (std::vector<std::string>{"good"}));
    EXPECT_EQ(rig.ledger.committed(), 2);
    EXPECT_EQ(rig.metric("promtail_dropped_entries_total{host=\"loki:3100\",reason=\"" +
                         std::string(reason)),
              1);
  };
  f(400, "ingester_error", false);
  f(401, "ingester_error", false);
  f(413, "ingester_error", false);
  f(302, "ingester_error", false);
  f(429, "rate_limited", true);
}

std::size_t entries_of(const logproto::PushRequest& request) {
  std::size_t count = 0;
  for (const logproto::StreamAdapter& stream : request.streams()) {
    count += static_cast<std::size_t>(stream.entries_size());
  }
  return count;
}

TEST(Sender, SendsInHalvesWhatIsTooLarge) {
  Rig rig;
  std::vector<std::string> want;
  rig.loki.judge = [](const logproto::PushRequest& request) {
    return entries_of(request) > 3 ? 413 : 0;
  };
  rig.script({{204}, {503, false, {}, 0}, {-1, true, {}, 0}});
  for (int i = 0; i < 40; ++i) {
    want.push_back(std::to_string(i));
    rig.add(want.back());
  }
  ASSERT_TRUE(rig.settle());
  std::vector<std::string> once;  // a part whose answer was lost came twice
  for (const std::string& line : rig.lines()) {
    if (std::find(once.begin(), once.end(), line) == once.end()) once.push_back(line);
  }
  EXPECT_EQ(once, want);
  EXPECT_EQ(rig.ledger.committed(), 40);
  EXPECT_EQ(rig.metric("promtail_sent_entries_total{host=\"loki:3100\"}"), 40);
  EXPECT_EQ(
      rig.metric("promtail_dropped_entries_total{host=\"loki:3100\",reason=\"ingester_error\""), 0);
}

TEST(Sender, DropsTheOneEntryThatIsTooLargeAndKeepsTheRest) {
  Rig rig;
  rig.loki.judge = [](const logproto::PushRequest& request) {
    for (const logproto::StreamAdapter& stream : request.streams()) {
      for (const logproto::EntryAdapter& entry : stream.entries()) {
        if (entry.line().size() > 1000) return 413;
      }
    }
    return 0;
  };
  for (int i = 0; i < 9; ++i) rig.add(i == 4 ? std::string(2000, 'x') : std::to_string(i));
  ASSERT_TRUE(rig.settle());
  EXPECT_EQ(rig.lines(), (std::vector<std::string>{"0", "1", "2", "3", "5", "6", "7", "8"}));
  EXPECT_EQ(rig.ledger.committed(), 9);
  EXPECT_EQ(
      rig.metric("promtail_dropped_entries_total{host=\"loki:3100\",reason=\"ingester_error\""), 1);
}

TEST(Sender, DropsTheOneStreamWhoseLabelsDoNotParseAndKeepsTheRest) {
  Rig rig;
  rig.loki.text = "couldn't parse labels: 1:2: parse error: unexpected IDENTIFIER";
  rig.loki.judge = [](const logproto::PushRequest& request) {
    const auto& streams = request.streams();
    return std::any_of(streams.begin(), streams.end(),
                       [](const auto& stream) { return stream.labels() == "{n=\"3\"}"; })
               ? 400
               : 0;
  };
  for (int i = 0; i < 16; ++i) rig.add(std::to_string(i), {{"n", std::to_string(i % 8)}});
  ASSERT_TRUE(rig.settle());
  std::vector<std::string> lines = rig.lines();
  EXPECT_EQ(lines.size(), 14U);
  EXPECT_EQ(std::count(lines.begin(), lines.end(), "3"), 0);
  EXPECT_EQ(std::count(lines.begin(), lines.end(), "11"), 0);
  EXPECT_EQ(rig.ledger.committed(), 16);
  EXPECT_EQ(
      rig.metric("promtail_dropped_entries_total{host=\"loki:3100\",reason=\"ingester_error\""), 2);
}

TEST(Sender, DoesNotSendAgainWhatLokiStoredInPart) {
  // Loki took the good lines of the batch and says which it did not.
  Rig rig;
  rig.loki.text = "entry for stream '{job=\"t\"}' has timestamp too old";
  rig.script({{400, true, {}, 0}});
  rig.add("one");
  rig.add("too old");
  ASSERT_TRUE(rig.settle());
  EXPECT_EQ(rig.loki.answers, (std::vector<int>{400}));
  EXPECT_EQ(rig.ledger.committed(), 2);
}

TEST(Sender, AHalfThatIsGivenUpKeepsTheReadsOfBoth) {
  Rig rig;
  int pushes = 0;
  rig.loki.judge = [&pushes](const logproto::PushRequest&) {
    ++pushes;
    return pushes == 1 ? 413 : pushes == 2 ? 0 : 503;
  };
  for (int i = 0; i < 8; ++i) rig.add(std::to_string(i));
  ASSERT_TRUE(run_until(rig.io, [&] { return pushes > 2; }));
  rig.sender->give_up();
  ASSERT_TRUE(run_until(rig.io, [&] { return rig.sender->finished(); }));
  EXPECT_EQ(rig.lines().size(), 4U);
  EXPECT_EQ(rig.ledger.committed(), 0);
}

TEST(Sender, TellsHowItDoes) {
  SenderOptions options = quick();
  options.tenant = "t";
  Rig rig(options);
  EXPECT_EQ(rig.sender->status().tenant, "t");
  EXPECT_EQ(rig.sender->status().last_error, "");
  EXPECT_EQ(rig.sender->status().last_sent_ns, 0);
  rig.script({{503, false, {}, 0}, {-1, false, {}, 0}});
  rig.add("one");
  ASSERT_TRUE(rig.settle());
  SenderStatus status = rig.sender->status();
  EXPECT_EQ(status.sent_entries, 1);
  EXPECT_GT(status.sent_bytes, 0);
  EXPECT_EQ(status.retries, 2);
  EXPECT_EQ(status.dropped_entries, 0);
  EXPECT_EQ(status.waiting_payloads, 0U);
  EXPECT_GE(status.last_sent_ns, status.last_error_ns);
  EXPECT_GT(status.last_error_ns, 0);
  rig.script({{400, false, {}, 0}});
  rig.add("two");
  ASSERT_TRUE(rig.settle());
  status = rig.sender->status();
  EXPECT_EQ(status.sent_entries, 1);
  EXPECT_EQ(status.dropped_entries, 1);
  EXPECT_EQ(status.last_error.substr(0, 4), "400:");
}

TEST(Sender, GivesUpAfterSoManyAttemptsOnlyIfToldTo) {
  SenderOptions options = quick();
  options.attempts_max = 3;
  Rig rig(options);
  rig.loki.next = [] { return Answer{503, false, {}, 0}; };
  rig.add("lost");
  ASSERT_TRUE(rig.settle());
  EXPECT_EQ(rig.loki.answers, (std::vector<int>{503, 503, 503}));
  EXPECT_EQ(rig.ledger.committed(), 1);
}

TEST(Sender, WaitsAsLongAsItIsAskedTo) {
  Rig rig;
  rig.script({{429, false, {}, 60 * kNsPerMs}});
  rig.add("one");
  ASSERT_TRUE(run_until(rig.io, [&] { return rig.loki.answers.size() == 1; }));
  const auto asked = std::chrono::steady_clock::now();
  ASSERT_TRUE(rig.settle());
  EXPECT_GE(std::chrono::steady_clock::now() - asked, std::chrono::milliseconds(55));
}

TEST(Sender, HasNoRoomWhileLokiIsDownAndSaysWhenItComesBack) {
  SenderOptions options = quick();
  options.batch_bytes = 4;
  Rig rig(options);
  bool down = true;
  rig.loki.next = [&] { return down ? Answer{503, false, {}, 0} : Answer{}; };
  for (int i = 0; i < 3; ++i) rig.add("line");
  EXPECT_FALSE(rig.sender->has_room());
  const int before = rig.changes;
  down = false;
  ASSERT_TRUE(run_until(rig.io, [&] { return rig.sender->has_room(); }));
  EXPECT_GT(rig.changes, before);
  ASSERT_TRUE(rig.settle());
  EXPECT_GT(rig.metric("tailrace_sink_blocked_seconds_total{client=\"test\"}"), 0);
}

TEST(Sender, ManyTinyLinesDoNotMakeAGiantBatch) {
  SenderOptions options = quick();
  options.batch_wait_ns = 3600 * kNsPerSecond;
  options.batch_bytes = 1000;
  Rig rig(options);
  for (int i = 0; i < 300'000; ++i) rig.add("");
  // Not one of them counts for batchsize, but memory is spent on them.
  EXPECT_GT(rig.metric("promtail_encoded_bytes_total{host=\"loki:3100\"}"), 0)
      << "nothing was sealed";
}

TEST(Sender, DeliversWhatIsLeftWhenStopped) {
  Rig rig;
  rig.add("one");
  rig.sender->stop();
  ASSERT_TRUE(run_until(rig.io, [&] { return rig.sender->finished(); }));
  EXPECT_EQ(rig.lines(), (std::vector<std::string>{"one"}));
  EXPECT_EQ(rig.ledger.committed(), 1);
}

TEST(Sender, WhatIsGivenUpDoesNotCountAsDelivered) {
  Rig rig;
  rig.loki.next = [] { return Answer{503, false, {}, 0}; };
  rig.add("one");
  ASSERT_TRUE(run_until(rig.io, [&] { return !rig.loki.answers.empty(); }));
  rig.add("two");
  rig.sender->give_up();
  ASSERT_TRUE(run_until(rig.io, [&] { return rig.sender->finished(); }));
  EXPECT_EQ(rig.ledger.committed(), 0);
}

TEST(Sender, LimitsTheStreamsOfABatch) {
  SenderOptions options = quick();
  options.streams_max = 2;
  Rig rig(options);
  for (int i = 0; i < 4; ++i) rig.add("line", {{"n", std::to_string(i)}});
  ASSERT_TRUE(rig.settle());
  EXPECT_EQ(rig.lines().size(), 2U);
  EXPECT_EQ(
      rig.metric("promtail_dropped_entries_total{host=\"loki:3100\",reason=\"stream_limited\""), 2);
  EXPECT_EQ(rig.ledger.committed(), 4);
}

TEST(Batch, PutsManyStreamsIntoOnePush) {
  SenderOptions options = quick();
  Rig rig(options);
  std::vector<std::string> want;
  for (int i = 0; i < 5000; ++i) {
    const std::string line =
        std::to_string(i) + std::string(static_cast<std::size_t>(i % 300), 'z');
    rig.add(line, {{"n", std::to_string(i % 700)}});
    want.push_back(line);
  }
  ASSERT_TRUE(rig.settle());
  std::vector<std::string> got = rig.lines();
  std::sort(got.begin(), got.end());
  std::sort(want.begin(), want.end());
  EXPECT_TRUE(got == want);
  for (const ArrivedEntry& pushed : rig.loki.taken) {
    EXPECT_EQ(pushed.labels, "{n=\"" + std::to_string(std::stoi(pushed.line) % 700) + "\"}");
  }
}

}  // namespace
}  // namespace tailrace
