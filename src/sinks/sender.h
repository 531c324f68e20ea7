// Sender: brings the entries of one client and tenant to their Loki, in order, for as long as it
// takes.
//
//   append -> [filling batch] --batchsize, batchwait--> [sealed payloads] -> push -> tickets settle
//
// One push is under way at a time, so order holds. A payload that fails with something that can
// pass (429, 5xx, no answer) is pushed again, the same bytes, for ever: the file is the buffer.
// Only if the configuration sets max_retries itself is it dropped after so many attempts, as
// Promtail does. What is refused as a whole for its size, or for one stream in it, goes again in
// halves. What can never succeed (other 4xx) is counted, logged with Loki's reason, and let go, so
// that one bad line does not stop a file.
//
// Memory: at most kSealedMax payloads and one filling batch, plus what one read adds after
// has_room() said yes. Lives on one shard; its task holds it alive.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/backoff.h"
#include "base/clock.h"
#include "model/entry.h"
#include "sinks/batch.h"
#include "sinks/client_metrics.h"
#include "sinks/transport.h"
#include "telemetry/log.h"
#include "wire/push_splitter.h"

namespace tailrace {

struct SenderOptions {
  std::string client_name;
  std::string tenant;  // "": no X-Scope-OrgID
  std::int64_t batch_wait_ns = kNsPerSecond;
  std::size_t batch_bytes = 1 << 20;
  std::int64_t backoff_min_ns = 500 * kNsPerMs;
  std::int64_t backoff_max_ns = 300 * kNsPerSecond;
  std::int64_t attempts_max = 0;  // 0: no limit
  bool drop_rate_limited = false;
  std::size_t streams_max = 0;  // label sets in one batch; 0: no limit
  std::uint64_t seed = 0;       // of the jitter
};

// How a sender does, for the agent's pages.
struct SenderStatus {
  std::string tenant;
  double sent_entries = 0;
  double sent_bytes = 0;  // compressed
  double retries = 0;
  double dropped_entries = 0;
  std::size_t waiting_payloads = 0;
  // Of the last attempt that failed; "" and 0: none has.
  std::string last_error;
  std::int64_t last_error_ns = 0;  // since the Unix epoch
  std::int64_t last_sent_ns = 0;   // of the last acknowledgement
};

class Sender : public std::enable_shared_from_this<Sender> {
 public:
  // A second payload may be sealed while the first is on the wire; more would only be memory.
  static constexpr std::size_t kSealedMax = 2;

  Sender(boost::asio::any_io_executor executor, SenderOptions options,
         std::unique_ptr<Transport> transport, ClientMetrics& metrics, const Clock& clock,
         std::function<void()> on_change);
  Sender(const Sender&) = delete;
  Sender& operator=(const Sender&) = delete;

  // Starts the task that pushes.
  void start();

  // Adds an entry under `stream`. Takes it even without room; ask has_room() before a read.
  void append(const LabelSet* stream, std::string_view line, const Entry& entry);
  bool has_room() const noexcept { return sealed_.size() < kSealedMax; }

  // Seals what is filling; the task ends when all is delivered or dropped.
  void stop();
  // Ends soon: what is not acknowledged now counts as not delivered.
  void give_up();
  bool idle() const noexcept { return filling_.empty() && sealed_.empty(); }
  bool finished() const noexcept { return finished_; }

  // Called before each push: what is about to go on its way can be written down.
  void before_push(std::function<void()> callback) { before_push_ = std::move(callback); }

  SenderStatus status() const;
  TenantMetrics& tenant_metrics() noexcept { return tenant_metrics_; }

 private:
  static boost::asio::awaitable<void> run_holding(std::shared_ptr<Sender> self);
  boost::asio::awaitable<void> run();
  enum class Delivery { kSettled, kSplit, kGivenUp };
  boost::asio::awaitable<Delivery> deliver(Payload& payload);
  bool split_front(SplitBy by);
  void seal();
  void arm_batch_timer();
  void on_batch_timer();
  void after_push();
  void drop(const Payload& payload, LossReason reason, const PushAnswer& answer);

  boost::asio::any_io_executor executor_;
  const SenderOptions options_;
  std::unique_ptr<Transport> transport_;
  ClientMetrics& metrics_;
  TenantMetrics tenant_metrics_;
  const Clock& clock_;
  std::function<void()> on_change_;  // room came back, or the sender finished
  std::function<void()> before_push_;

  PagePool pool_;
  Batch filling_;
  std::int64_t filling_since_ns_ = 0;
  bool overdue_ = false;  // batchwait has passed, but there was no room for one more payload
  std::deque<std::unique_ptr<Payload>> sealed_;
  std::vector<std::unique_ptr<Payload>> spare_;
  boost::asio::steady_timer batch_timer_;
  bool batch_timer_armed_ = false;
  boost::asio::steady_timer wake_;  // expires when there is something to do
  std::int64_t blocked_since_ns_ = 0;
  bool stopping_ = false;
  bool gave_up_ = false;
  bool finished_ = false;
  SenderStatus tally_;  // without what status() looks up
  log::Every log_retry_{10 * kNsPerSecond};
  log::Every log_drop_{kNsPerSecond};
};

}  // namespace tailrace
