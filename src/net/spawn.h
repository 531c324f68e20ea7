// spawn: starts a task that nobody waits for, but whose end is seen.
//
// An exception that escapes the task is logged and counted (tailrace_task_failures_total); the
// program goes on. A task that was cancelled ends quietly. `name` says in the log what failed.
//
// TaskGroup: tasks that belong together, can be cancelled together, and whose end can be awaited.
// Destroying a group cancels what still runs but cannot wait for it: await join() first if the
// tasks use things that go away.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "net/async.h"

namespace tailrace {

class Metrics;

void spawn(const Executor& executor, std::string name, awaitable<void> task);

// How many exceptions have escaped from tasks since the start; register_task_metrics shows it.
std::uint64_t task_failures();
void register_task_metrics(Metrics& metrics);

// All calls on the executor's one thread.
class TaskGroup {
 public:
  explicit TaskGroup(Executor executor);
  ~TaskGroup();
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  const Executor& executor() const;
  void spawn(std::string name, awaitable<void> task);
  // Makes every wait of the running tasks end with operation_aborted.
  void cancel();
  // How many tasks are running.
  std::size_t size() const;
  // Returns when no task runs. One caller at a time.
  awaitable<void> join();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace tailrace
