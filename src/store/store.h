// Store: keeps log lines on this machine and answers queries over them. All calls are thread-safe.
//
//   pushes -> decode (workers) -> Writer -> inbox.db, Head -> chunks in <day>.db
//   queries -> Head and days -> blocks, on several threads
//
// Nothing home-made is on the disk: SQLite does durability, recovery and indexes, zstd compresses
// and checks.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "logql/scan.h"
#include "store/day_number.h"
#include "store/push_answer.h"
#include "store/store_options.h"
#include "store/stream_catalog.h"
#include "store/tail_hub.h"
#include "telemetry/metrics.h"

namespace tailrace {

// Sums over the streams that a selector matches.
struct StreamVolume {
  StreamPtr stream;
  double entries = 0;
  double bytes = 0;
  std::uint64_t chunks = 0;
};

class Store final : public logql::Source {
 public:
  // Opens or creates; reads what was not in chunks at the last end. An error says what to do about
  // it.
  static Result<std::unique_ptr<Store>> open(StoreOptions options, Metrics& metrics,
                                             const Clock& clock = Clock::system());
  // What is in a folder that another process may be writing to, to be read only; nothing is changed
  // on the disk. Lines that are committed later may be missing or not.
  static Result<std::unique_ptr<Store>> open_read_only(StoreOptions options, Metrics& metrics,
                                                       const Clock& clock = Clock::system());
  ~Store() override;

  // Stores a push, a snappy block of a PushRequest. `payload` must live until `done` is called, on
  // a thread of the store: it must be quick. 204 only when the lines are on the disk; they can be
  // read then.
  void push(std::string_view payload, std::function<void(PushResult)> done);
  // The same, in place.
  PushResult push_and_wait(std::string_view payload);

  // Runs `query` on a thread for queries.
  void run_query(std::function<void()> query);

  // Blocks until all is visited. For queries' threads.
  Result<logql::ScanStats> scan(const logql::ScanRequest& request) override;

  // The UTC days that have lines, ascending.
  std::vector<DayNumber> days() const;
  // The streams with lines in [from_ns, to_ns) that fulfil the matchers (all if there are none). A
  // stream counts as there between its first and last line of a day.
  Result<std::vector<StreamPtr>> streams(const std::vector<logql::Matcher>& matchers,
                                         std::int64_t from_ns, std::int64_t to_ns);
  // How much there is of each stream in each step of [from_ns, to_ns); one step: in all of it.
  // Chunks that reach over an edge count in part.
  Result<std::vector<std::vector<StreamVolume>>> volumes(
      const std::vector<logql::Matcher>& matchers, std::int64_t from_ns, std::int64_t to_ns,
      std::int64_t step_ns);

  TailHub& tails() noexcept;
  const StoreOptions& options() const noexcept;
  struct StoreMetrics& metrics() noexcept;
  const Clock& clock() const noexcept;

  // Stops taking pushes, commits what waits and ends all threads. With `flush`, lines go into
  // chunks first.
  void stop(bool flush);
  // For tests: puts all lines into chunks.
  void flush_and_wait();

  struct Impl;  // for the store's own bodies

 private:
  explicit Store(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tailrace
