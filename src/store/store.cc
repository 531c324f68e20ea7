#include "store/store.h"

#include <algorithm>
#include <future>
#include <thread>
#include <utility>

#include "store/push_request.h"
#include "store/store_impl.h"
#include "telemetry/log.h"

namespace tailrace {

std::size_t Store::Impl::threads(const StoreOptions& options) {
  if (options.threads != 0) return options.threads;
  return std::clamp<std::size_t>(std::thread::hardware_concurrency(), 2, 4);
}

Result<bool> Store::Impl::leave_out(DayNumber day, const Error& why) {
  // It was deleted just now, or nothing was ever written to it.
  if (!days.has(day) || why.code() == ErrorCode::kNotFound) return false;
  if (why.code() == ErrorCode::kUnavailable || why.code() == ErrorCode::kTimeout) return why;
  counters.damaged_days.add();
  static log::Every every(10 * kNsPerSecond);
  if (every.due()) {
    log::error("a day's database cannot be read and is left out",
               {{"file", days.path(day).native()}, {"error", why.text()}});
  }
  return true;
}

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Store::~Store() {
  if (impl_) stop(false);
}

Result<std::unique_ptr<Store>> Store::open(StoreOptions options, Metrics& metrics,
                                           const Clock& clock) {
  auto impl = std::make_unique<Impl>(std::move(options), metrics, clock);
  TAILRACE_CHECK(impl->days.load());
  Result<void> started = impl->writer.start();
  if (!started) return std::move(started).error().in("store");
  return std::unique_ptr<Store>(new Store(std::move(impl)));
}

Result<std::unique_ptr<Store>> Store::open_read_only(StoreOptions options, Metrics& metrics,
                                                     const Clock& clock) {
  auto impl = std::make_unique<Impl>(std::move(options), metrics, clock);
  TAILRACE_CHECK(impl->days.load_read_only());
  Result<void> loaded = impl->writer.load_read_only();
  if (!loaded) return std::move(loaded).error().in("store");
  return std::unique_ptr<Store>(new Store(std::move(impl)));
}

void Store::push(std::string_view payload, std::function<void(PushResult)> done) {
  impl_->workers.post([impl = impl_.get(), payload, done = std::move(done)]() mutable {
    const std::int64_t now = impl->clock.now_ns();
    Result<PushRequest> request = PushRequest::decode(payload, now, impl->options, impl->catalog);
    if (!request) {
      impl->counters.refused("invalid");
      return done({400, request.error().text()});
    }
    for (const auto& [reason, lines] : request->refused()) impl->counters.discarded(reason, lines);
    if (!request->has_entries()) {
      // Nothing to store: all refused, or nothing there.
      if (!request->refusal().empty()) return done({400, request->refusal()});
      if (!request->saw_streams())
        return done({422, "error at least one valid stream is required for ingestion"});
      return done({204, ""});
    }
    impl->writer.push({payload, std::move(*request), now, std::move(done)});
  });
}

PushResult Store::push_and_wait(std::string_view payload) {
  std::promise<PushResult> promise;
  push(payload, [&](PushResult result) { promise.set_value(std::move(result)); });
  return promise.get_future().get();
}

void Store::run_query(std::function<void()> query) { impl_->queries.post(std::move(query)); }
TailHub& Store::tails() noexcept { return impl_->tails; }
const StoreOptions& Store::options() const noexcept { return impl_->options; }
StoreMetrics& Store::metrics() noexcept { return impl_->counters; }
const Clock& Store::clock() const noexcept { return impl_->clock; }

void Store::stop(bool flush) {
  impl_->queries.stop();
  impl_->writer.stop(flush);
  impl_->workers.stop();
}

void Store::flush_and_wait() { impl_->writer.flush_and_wait(); }

}  // namespace tailrace
