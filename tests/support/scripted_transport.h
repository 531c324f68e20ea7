// A Loki that does as it is told: answers from a script, and remembers what it took.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "push.pb.h"
#include "sinks/transport.h"
#include "wire/snappy_gather.h"

namespace tailrace {

struct ArrivedEntry {
  std::string labels;
  std::string line;
  std::int64_t timestamp_ns = 0;
};

// The far end; outlives the transports that lead to it.
struct ScriptedLoki {
  struct Answer {
    int status = 204;
    bool takes = true;  // whether the entries arrive, whatever the answer says
    std::chrono::milliseconds delay{0};
    std::int64_t retry_after_ns = 0;
  };
  // What to answer next; 204 if empty.
  std::function<Answer()> next = [] { return Answer{}; };
  std::vector<ArrivedEntry> taken;
  std::vector<int> answers;
  std::vector<std::string> tenants;
  std::size_t largest_body = 0;
  // Looks at a body in front of the script: a status that is not 0 is the answer, with this text.
  std::function<int(const logproto::PushRequest&)> judge;
  std::string text = "scripted";

  static std::optional<logproto::PushRequest> parse(std::string_view body) {
    const Result<std::string> bytes = snappy_uncompress(body, std::size_t{1} << 30);
    logproto::PushRequest request;
    if (!bytes || !request.ParseFromString(*bytes)) return std::nullopt;
    return request;
  }
  void take(std::string_view body) {
    const std::optional<logproto::PushRequest> parsed = parse(body);
    if (!parsed) {
      taken.push_back({"", "<a push that does not parse>", 0});
      return;
    }
    const logproto::PushRequest& request = *parsed;
    for (const logproto::StreamAdapter& stream : request.streams()) {
      for (const logproto::EntryAdapter& entry : stream.entries()) {
        taken.push_back({stream.labels(), entry.line(),
                         entry.timestamp().seconds() * 1'000'000'000 + entry.timestamp().nanos()});
      }
    }
  }
};

class ScriptedTransport final : public Transport {
 public:
  ScriptedTransport(boost::asio::any_io_executor executor, ScriptedLoki& loki)
      : timer_(std::move(executor)), loki_(loki) {}

  boost::asio::awaitable<PushAnswer> push(std::string_view tenant, std::string_view body) override {
    ScriptedLoki::Answer answer = loki_.next();
    if (loki_.judge) {
      if (const int status = loki_.judge(loki_.parse(body).value()); status != 0)
        answer = {status, false, {}, 0};
    }
    loki_.tenants.emplace_back(tenant);
    loki_.largest_body = std::max(loki_.largest_body, body.size());
    timer_.expires_after(answer.delay);
    co_await timer_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    if (cancelled_) co_return PushAnswer{-1, "cancelled", 0};
    if (answer.takes && answer.status != 500) loki_.take(body);
    loki_.answers.push_back(answer.status);
    co_return PushAnswer{answer.status, loki_.text, answer.retry_after_ns};
  }
  void cancel() override {
    cancelled_ = true;
    timer_.cancel();
  }

 private:
  boost::asio::steady_timer timer_;
  ScriptedLoki& loki_;
  bool cancelled_ = false;
};

}  // namespace tailrace
