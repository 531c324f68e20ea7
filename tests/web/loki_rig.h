// What the tests of Loki's API share: a store behind the API on a free port of the loopback, and a
// client that shows answers as they are.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/net_fixture.h"
#include "store/rig.h"
#include "web/loki_api.h"
#include "web/store_task.h"

namespace tailrace {

struct Answer {
  int status = 0;
  std::string head;
  std::string body;
};

// Percent-encodes all that may not stand in a query.
inline std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) {
      out += c;
      continue;
    }
    char code[4];
    std::snprintf(code, sizeof code, "%%%02X", static_cast<unsigned char>(c));
    out += code;
  }
  return out;
}

class LokiRig {
 public:
  // Times are `clock`'s: twelve o'clock of kDay0, unless it is another one.
  explicit LokiRig(StoreOptions options = {}, const Clock* clock = nullptr,
                   TailOrigins origins = TailOrigins::kAny)
      : clock_(clock == nullptr ? fake_ : *clock) {
    options.path = folder_ / "store";
    Result<std::unique_ptr<Store>> opened = Store::open(options, metrics_, clock_);
    if (!opened) throw std::runtime_error(opened.error().text());
    store_ = std::move(*opened);
    tasks_.emplace(*store_, metrics_);
    server_.emplace([&](Router& router) { add_loki_api(router, *tasks_, "1.2.3", origins); });
  }
  ~LokiRig() {
    end_tasks();
    store_->stop(false);  // queries post their answers to the server's thread
    server_.reset();
  }

  Store& store() { return *store_; }
  TestServer& server() { return *server_; }
  // What the end of the service begins with.
  void end_tasks() {
    server_->thread().run_and_wait([&] { tasks_->stop_all(); });
  }
  void push(const std::vector<TestStream>& streams) {
    const PushResult result = store_->push_and_wait(payload(streams));
    ASSERT_EQ(result.status, 204) << result.message;
  }

  double metric(std::string_view name) {
    const std::string text = metrics_.scrape(Metrics::Format::kPrometheusText);
    const std::size_t at = text.find("\n" + std::string(name) + " ");
    return at == text.npos ? -1 : std::stod(text.substr(at + name.size() + 2));
  }

  Answer talk(std::string_view request) {
    const std::string all = server_->talk(request);
    Answer out;
    const std::size_t end = all.find("\r\n\r\n");
    out.head = all.substr(0, end);
    if (end != all.npos) out.body = all.substr(end + 4);
    if (out.head.size() > 12) out.status = std::stoi(out.head.substr(9, 3));
    return out;
  }
  Answer get(std::string_view target, std::string_view headers = "") {
    return talk("GET " + std::string(target) + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n" +
                std::string(headers) + "\r\n");
  }
  Answer post(std::string_view target, std::string_view type, std::string_view body,
              std::string_view headers = "") {
    return talk("POST " + std::string(target) + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n" +
                std::string(headers) + "Content-Type: " + std::string(type) +
                "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
                std::string(body));
  }

 private:
  FakeClock fake_{kDay0 + 12 * 3600 * kNsPerSecond};
  const Clock& clock_;
  TempDir folder_;
  Metrics metrics_;
  std::unique_ptr<Store> store_;
  std::optional<StoreTasks> tasks_;
  std::optional<TestServer> server_;
};

// The answer without its statistics, whose times are never the same.
inline std::string without_stats(std::string body) {
  const std::size_t at = body.find(",\"stats\":");
  if (at != body.npos) body.erase(at);
  return body;
}

}  // namespace tailrace
