#include "net/spawn.h"

#include <atomic>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/system/system_error.hpp>
#include <exception>
#include <list>

#include "net/await.h"
#include "telemetry/log.h"
#include "telemetry/metrics.h"

namespace tailrace {
namespace {

std::atomic<std::uint64_t> failures{0};

void report(const std::string& name, const std::exception_ptr& escaped) {
  if (!escaped) return;
  std::string what;
  try {
    std::rethrow_exception(escaped);
  } catch (const boost::system::system_error& error) {
    if (error.code() == asio::error::operation_aborted) return;
    what = error.what();
  } catch (const std::exception& error) {
    what = error.what();
  } catch (...) {
    what = "unknown exception";
  }
  failures.fetch_add(1, std::memory_order_relaxed);
  log::error("task failed", {{"task", name}, {"error", what}});
}

}  // namespace

void spawn(const Executor& executor, std::string name, awaitable<void> task) {
  asio::co_spawn(
      executor, std::move(task),
      [name = std::move(name)](const std::exception_ptr& escaped) { report(name, escaped); });
}

std::uint64_t task_failures() { return failures.load(std::memory_order_relaxed); }

void register_task_metrics(Metrics& metrics) {
  Counter counter = metrics.counter("tailrace_task_failures_total",
                                    "Tasks that ended with an exception; each is in the log.");
  metrics.add_collector(
      [counter]() mutable { counter.add(static_cast<double>(task_failures()) - counter.value()); });
}

struct TaskGroup::State {
  explicit State(Executor on) : executor(std::move(on)), empty(executor) {
    empty.expires_at(asio::steady_timer::time_point::max());
  }
  Executor executor;
  // Waits for ever; cancelled when the last task ends.
  asio::steady_timer empty;
  std::list<asio::cancellation_signal> running;
};

TaskGroup::TaskGroup(Executor executor) : state_(std::make_shared<State>(std::move(executor))) {}
TaskGroup::~TaskGroup() { cancel(); }

const Executor& TaskGroup::executor() const { return state_->executor; }
std::size_t TaskGroup::size() const { return state_->running.size(); }

void TaskGroup::spawn(std::string name, awaitable<void> task) {
  // The handler owns the state, so a task may end after its group.
  const std::shared_ptr<State> state = state_;
  const auto place = state->running.emplace(state->running.end());
  asio::co_spawn(
      state->executor, std::move(task),
      asio::bind_cancellation_slot(
          place->slot(), [state, place, name = std::move(name)](const std::exception_ptr& escaped) {
            report(name, escaped);
            state->running.erase(place);
            if (state->running.empty()) state->empty.cancel();
          }));
}

void TaskGroup::cancel() {
  // From within the executor: elsewhere Asio would post each cancellation, by then perhaps of a
  // task that has ended. A cancelled task ends later, so the list stands still meanwhile. The copy
  // of the owner is for a task whose cancellation destroys this group.
  asio::dispatch(state_->executor, [state = state_] {
    for (asio::cancellation_signal& signal : state->running)
      signal.emit(asio::cancellation_type::terminal);
  });
}

awaitable<void> TaskGroup::join() {
  const std::shared_ptr<State> state = state_;
  while (!state->running.empty()) {
    [[maybe_unused]] auto [error] = co_await state->empty.async_wait(kAwait);
  }
}

}  // namespace tailrace
