#include "sinks/sender.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <utility>

#include "net/spawn.h"

namespace tailrace {
namespace asio = boost::asio;
namespace {

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

// Tiny lines cost more encoded than counted (14 bytes and more each): a batch of them is sealed
// early.
std::size_t encoded_bytes_max(const SenderOptions& options) {
  return 2 * options.batch_bytes + (std::size_t{1} << 20);
}

// How long a far end may ask us to stay away.
constexpr std::int64_t kRetryAfterNsMax = 300 * kNsPerSecond;

}  // namespace

Sender::Sender(asio::any_io_executor executor, SenderOptions options,
               std::unique_ptr<Transport> transport, ClientMetrics& metrics, const Clock& clock,
               std::function<void()> on_change)
    : executor_(std::move(executor)),
      options_(std::move(options)),
      transport_(std::move(transport)),
      metrics_(metrics),
      tenant_metrics_(metrics.metrics, metrics.host, options_.tenant),
      clock_(clock),
      on_change_(std::move(on_change)),
      pool_(encoded_bytes_max(options_)),
      filling_(pool_),
      batch_timer_(executor_),
      wake_(executor_) {}

void Sender::start() {
  spawn(executor_, "sender " + options_.client_name, run_holding(shared_from_this()));
}

void Sender::append(const LabelSet* stream, std::string_view line, const Entry& entry) {
  std::size_t counted = line.size();
  for (const PushPair& pair : entry.metadata) counted += EncodedEntry::pair_bytes(pair);
  const bool full = filling_.line_bytes() + counted > options_.batch_bytes ||
                    filling_.encoded_bytes() > encoded_bytes_max(options_);
  if (full && !filling_.empty()) seal();
  if (options_.streams_max != 0 && filling_.streams() >= options_.streams_max &&
      !filling_.has_stream(stream)) {
    tenant_metrics_.dropped(LossReason::kStreamLimited, 1, static_cast<double>(line.size()));
    ++tally_.dropped_entries;
    return;
  }
  if (filling_.empty()) {
    filling_since_ns_ = clock_.monotonic_ns();
    arm_batch_timer();
  }
  filling_.append(stream, EncodedEntry(entry.timestamp_ns, line, entry.metadata), counted);
  filling_.depend_on(entry.ticket);
  for (Ticket* ticket : entry.also) filling_.depend_on(ticket);
}

void Sender::seal() {
  overdue_ = false;
  if (filling_.empty()) return;
  std::unique_ptr<Payload> payload;
  if (spare_.empty()) {
    payload = std::make_unique<Payload>();
  } else {
    payload = std::move(spare_.back());
    spare_.pop_back();
  }
  filling_.seal(*payload);
  metrics_.encoded_bytes.add(static_cast<double>(payload->body.size()));
  sealed_.push_back(std::move(payload));
  if (!has_room() && blocked_since_ns_ == 0) blocked_since_ns_ = clock_.monotonic_ns();
  wake_.cancel();
}

void Sender::arm_batch_timer() {
  // One timer, armed while a batch is filling. A batch that was sealed meanwhile only makes it fire
  // early.
  if (batch_timer_armed_) return;
  batch_timer_armed_ = true;
  const std::int64_t age_ns = clock_.monotonic_ns() - filling_since_ns_;
  batch_timer_.expires_after(std::chrono::nanoseconds(options_.batch_wait_ns - age_ns));
  batch_timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const std::shared_ptr<Sender> self = weak.lock();
    if (!self) return;
    self->batch_timer_armed_ = false;
    if (!error) self->on_batch_timer();
  });
}

void Sender::on_batch_timer() {
  if (filling_.empty()) return;
  if (clock_.monotonic_ns() - filling_since_ns_ < options_.batch_wait_ns) return arm_batch_timer();
  if (has_room()) {
    seal();
  } else {
    overdue_ = true;
  }
}

asio::awaitable<void> Sender::run_holding(std::shared_ptr<Sender> self) { co_await self->run(); }

asio::awaitable<void> Sender::run() {
  while (true) {
    if (sealed_.empty()) {
      if (stopping_) break;
      wake_.expires_at(asio::steady_timer::time_point::max());
      co_await wake_.async_wait(kAwait);
      continue;
    }
    const Delivery delivery = co_await deliver(*sealed_.front());
    if (delivery == Delivery::kGivenUp) break;
    if (delivery == Delivery::kSettled) after_push();
  }
  for (const std::unique_ptr<Payload>& payload : sealed_) {
    for (TicketShare& ticket : payload->tickets) ticket.abandon();
  }
  sealed_.clear();
  filling_.abandon();
  batch_timer_.cancel();
  finished_ = true;
  on_change_();
}

void Sender::after_push() {
  std::unique_ptr<Payload> payload = std::move(sealed_.front());
  sealed_.pop_front();
  payload->tickets
      .clear();  // delivered, or dropped for good: either way nobody needs to read it again
  if (spare_.size() < kSealedMax) spare_.push_back(std::move(payload));
  if (has_room() && blocked_since_ns_ != 0) {
    metrics_.blocked_seconds.add(static_cast<double>(clock_.monotonic_ns() - blocked_since_ns_) /
                                 1e9);
    blocked_since_ns_ = 0;
  }
  if (overdue_ || stopping_) seal();
  on_change_();
}

// Two halves in place of the front payload. The second holds the tickets: only when both are
// settled has everything in them gone its way. False: it cannot be split.
bool Sender::split_front(SplitBy by) {
  Payload& whole = *sealed_.front();
  Result<PushHalves> halves = split_push(whole.body.view(), by);
  if (!halves) return false;
  auto second = std::make_unique<Payload>();
  second->body = std::move(halves->second.body);
  second->entries = halves->second.entries;
  second->tickets = std::exchange(whole.tickets, {});
  whole.body = std::move(halves->first.body);
  whole.entries = halves->first.entries;
  sealed_.insert(sealed_.begin() + 1, std::move(second));
  return true;
}

// Pushes until the payload is settled, or has to be split.
asio::awaitable<Sender::Delivery> Sender::deliver(Payload& payload) {
  Backoff backoff(options_.backoff_min_ns, options_.backoff_max_ns, options_.seed);
  for (std::int64_t attempt = 1; !gave_up_; ++attempt) {
    if (before_push_) before_push_();
    const std::int64_t started_ns = clock_.monotonic_ns();
    asio::awaitable<PushAnswer> push = transport_->push(options_.tenant, payload.body.view());
    const PushAnswer answer = co_await std::move(push);
    const auto seconds = static_cast<double>(clock_.monotonic_ns() - started_ns) / 1e9;
    if (gave_up_ && !answer.delivered()) break;
    metrics_.observe_request(answer.status, seconds);
    if (answer.delivered()) {
      metrics_.sent_bytes.add(static_cast<double>(payload.body.size()));
      metrics_.sent_entries.add(static_cast<double>(payload.entries));
      tally_.sent_bytes += static_cast<double>(payload.body.size());
      tally_.sent_entries += static_cast<double>(payload.entries);
      tally_.last_sent_ns = clock_.now_ns();
      co_return Delivery::kSettled;
    }
    tally_.last_error =
        answer.status < 0 ? answer.text : std::to_string(answer.status) + ": " + answer.text;
    tally_.last_error_ns = clock_.now_ns();
    const bool rate_limited = answer.status == 429;
    const LossReason reason = rate_limited ? LossReason::kRateLimited : LossReason::kIngesterError;
    if (answer.too_large() && split_front(SplitBy::kEntries)) co_return Delivery::kSplit;
    if (answer.labels_refused() && split_front(SplitBy::kStreams)) co_return Delivery::kSplit;
    if (!answer.retryable() || (rate_limited && options_.drop_rate_limited)) {
      drop(payload, reason, answer);
      co_return Delivery::kSettled;
    }
    tenant_metrics_.batch_retries.add();
    ++tally_.retries;
    if (options_.attempts_max != 0 && attempt >= options_.attempts_max) {
      drop(payload, reason, answer);
      co_return Delivery::kSettled;
    }
    const std::int64_t asked_ns = std::min(answer.retry_after_ns, kRetryAfterNsMax);
    const std::int64_t wait_ns = std::max(backoff.next_ns(), asked_ns);
    if (attempt == 1 || log_retry_.due()) {
      log::warn("error sending batch, will retry", {{"client", options_.client_name},
                                                    {"host", metrics_.host},
                                                    {"tenant", options_.tenant},
                                                    {"status", answer.status},
                                                    {"attempt", attempt},
                                                    {"wait_ms", wait_ns / kNsPerMs},
                                                    {"error", answer.text}});
    }
    wake_.expires_after(std::chrono::nanoseconds(wait_ns));
    // New payloads cancel wake_ too; the wait is for its time, not for them.
    const auto due = wake_.expiry();
    while (!gave_up_ && asio::steady_timer::clock_type::now() < due) {
      wake_.expires_at(due);
      co_await wake_.async_wait(kAwait);
    }
  }
  co_return Delivery::kGivenUp;
}

void Sender::drop(const Payload& payload, LossReason reason, const PushAnswer& answer) {
  tenant_metrics_.dropped(reason, static_cast<double>(payload.entries),
                          static_cast<double>(payload.body.size()));
  tally_.dropped_entries += static_cast<double>(payload.entries);
  if (log_drop_.due()) {
    log::error("final error sending batch, entries are dropped", {{"client", options_.client_name},
                                                                  {"host", metrics_.host},
                                                                  {"tenant", options_.tenant},
                                                                  {"status", answer.status},
                                                                  {"entries", payload.entries},
                                                                  {"error", answer.text}});
  }
}

SenderStatus Sender::status() const {
  SenderStatus out = tally_;
  out.tenant = options_.tenant;
  out.waiting_payloads = sealed_.size();
  return out;
}

void Sender::stop() {
  stopping_ = true;
  if (has_room()) {
    seal();
  } else {
    overdue_ = true;
  }
  wake_.cancel();
}

void Sender::give_up() {
  stopping_ = true;
  gave_up_ = true;
  transport_->cancel();
  wake_.cancel();
}

}  // namespace tailrace
