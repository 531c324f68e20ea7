// What the tests of the store share: payloads, a store in a directory of its own, and its lines
// read back.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "logql/log_engine.h"
#include "logql/query_parser.h"
#include "store/store.h"
#include "support/temp_dir.h"
#include "telemetry/metrics.h"
#include "wire/push_encoder.h"
#include "wire/snappy_gather.h"

namespace tailrace {

// 2026-11-20T00:00:00Z
inline constexpr std::int64_t kDay0 = std::int64_t{1'795'132'800} * kNsPerSecond;

struct TestEntry {
  std::int64_t timestamp_ns = 0;
  std::string line;
  std::vector<std::pair<std::string, std::string>> metadata = {};
};
struct TestStream {
  std::string labels;
  std::vector<TestEntry> entries;
};

inline std::string encode_push(const std::vector<TestStream>& streams) {
  std::string out;
  for (const TestStream& stream : streams) {
    std::string entries;
    for (const TestEntry& entry : stream.entries) {
      std::vector<PushPair> metadata(entry.metadata.begin(), entry.metadata.end());
      const EncodedEntry encoded(entry.timestamp_ns, entry.line, metadata);
      const std::size_t at = entries.size();
      entries.resize(at + encoded.bytes());
      encoded.write(entries.data() + at);
    }
    std::string head(stream_head_bytes(stream.labels, entries.size()), '\0');
    put_stream_head(head.data(), stream.labels, entries.size());
    out += head + entries;
  }
  return out;
}
inline std::string snappy(std::string_view bytes) {
  ByteBuffer out;
  const std::string_view pieces[] = {bytes};
  snappy_compress(pieces, out);
  return std::string(out.view());
}
inline std::string payload(const std::vector<TestStream>& streams) {
  return snappy(encode_push(streams));
}

// The store's threads read it while the test sets it.
class SharedClock final : public Clock {
 public:
  explicit SharedClock(std::int64_t start_ns) : now_ns_(start_ns) {}
  std::int64_t now_ns() const override { return now_ns_; }
  std::int64_t monotonic_ns() const override { return now_ns_; }
  void advance_ns(std::int64_t by) { now_ns_ += by; }

 private:
  std::atomic<std::int64_t> now_ns_;
};

class StoreRig {
 public:
  explicit StoreRig(StoreOptions with = {}) : options(std::move(with)) {
    options.path = folder / "store";
    open();
  }
  void open() {
    Result<std::unique_ptr<Store>> opened = Store::open(options, metrics, clock);
    ASSERT_TRUE(opened) << opened.error().text();
    store = std::move(*opened);
  }
  // Ends it and opens it again. `flush`: with everything in chunks.
  void reopen(bool flush = false) {
    store->stop(flush);
    store.reset();
    open();
  }
  PushResult push(const std::vector<TestStream>& streams) {
    return store->push_and_wait(payload(streams));
  }
  void push_good(const std::vector<TestStream>& streams) {
    const PushResult result = push(streams);
    EXPECT_EQ(result.status, 204) << result.message;
  }

  logql::LogResult query(std::string_view text, std::int64_t from_ns, std::int64_t to_ns,
                         std::size_t limit = 100'000, bool newest_first = false) {
    const Result<logql::LogQuery> parsed = logql::parse_log_query(text);
    EXPECT_TRUE(parsed) << text << ": " << (parsed ? "" : parsed.error().text());
    if (!parsed) return {};
    logql::QueryStop stop;
    Result<logql::LogResult> found =
        logql::run_log_query(*parsed, {from_ns, to_ns, limit, newest_first}, *store, stop);
    EXPECT_TRUE(found) << text << ": " << (found ? "" : found.error().text());
    return found ? std::move(*found) : logql::LogResult();
  }
  std::vector<std::string> lines(std::string_view text, std::int64_t from_ns = INT64_MIN / 2,
                                 std::int64_t to_ns = INT64_MAX / 2, std::size_t limit = 100'000,
                                 bool newest_first = false) {
    std::vector<std::string> out;
    for (logql::FoundEntry& entry : query(text, from_ns, to_ns, limit, newest_first).entries)
      out.push_back(std::move(entry.line));
    return out;
  }
  double metric(std::string_view name) {
    const std::string text = metrics.scrape(Metrics::Format::kPrometheusText);
    const std::size_t at = text.find("\n" + std::string(name) + " ");
    return at == text.npos ? -1 : std::stod(text.substr(at + name.size() + 2));
  }

  TempDir folder;
  Metrics metrics;
  SharedClock clock{kDay0 + 12 * 3600 * kNsPerSecond};
  StoreOptions options;
  std::unique_ptr<Store> store;
};

}  // namespace tailrace
