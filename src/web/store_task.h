// StoreTasks: runs queries on the store's threads for handlers on the server's thread.
//
// A handler that is cancelled because its client has gone stops its query; so does the end of the
// service.
#pragma once

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "logql/scan.h"
#include "net/await.h"
#include "store/store.h"
#include "telemetry/metrics.h"

namespace tailrace {

using QueryStopPtr = std::shared_ptr<logql::QueryStop>;  // owners: the handler and the query

class StoreTasks {
 public:
  StoreTasks(Store& store, Metrics& metrics);

  Store& store() noexcept { return store_; }
  Metrics& metrics() noexcept { return metrics_; }
  // Makes all running queries end, and those that come.
  void stop_all();
  bool stopping() const noexcept { return stopping_; }

  // Runs `work` with a stop that has the query's deadline. kRateLimited: too many are waiting. The
  // server's thread.
  template <class T>
  awaitable<Result<T>> run(std::function<Result<T>(logql::QueryStop&)> work) {
    if (stopping_) co_return Error{ErrorCode::kUnavailable, "the store is stopping"};
    if (running_.size() >= running_max_) {
      co_return Error{ErrorCode::kRateLimited, "too many outstanding requests; try again later"};
    }
    const QueryStopPtr stop = begin();
    const auto executor = co_await asio::this_coro::executor;
    auto state = std::make_shared<State<T>>(executor);
    store_.run_query([state, executor, stop, work = std::move(work)]() mutable {
      Result<T> result = stop->poll() ? Result<T>(stopped_error(*stop)) : work(*stop);
      work = nullptr;
      // Given away, not shared: the timer in it belongs to the server's thread, and may go only
      // there.
      asio::post(executor, [state = std::move(state), result = std::move(result)]() mutable {
        state->result.emplace(std::move(result));
        state->done.cancel();
      });
    });
    [[maybe_unused]] auto [error] = co_await state->done.async_wait(kAwait);
    end(stop);
    if (!state->result) {
      stop->stop(logql::QueryStop::Reason::kCancelled);
      co_return Error{ErrorCode::kCancelled, "the client is gone"};
    }
    co_return std::move(*state->result);
  }

 private:
  template <class T>
  struct State {
    explicit State(const Executor& executor) : done(executor) {
      done.expires_at(asio::steady_timer::time_point::max());
    }
    asio::steady_timer done;
    std::optional<Result<T>> result;
  };
  static Error stopped_error(const logql::QueryStop& stop);
  QueryStopPtr begin();
  void end(const QueryStopPtr& stop);

  Store& store_;
  Metrics& metrics_;
  std::set<QueryStopPtr> running_;
  std::size_t running_max_;
  bool stopping_ = false;
  Gauge running_gauge_;
};

}  // namespace tailrace
