// Discovery: a task that says what there is to tail, now and whenever it changes.
#pragma once

#include <functional>
#include <vector>

#include "model/target.h"
#include "net/async.h"

namespace tailrace {

class Discovery {
 public:
  // Takes groups that are new or changed; a group replaces the one of the same source, and one
  // without targets removes it. Called on the task's executor.
  using Yield = std::function<void(std::vector<TargetGroup>)>;

  virtual ~Discovery() = default;

  // Runs until it is cancelled (asio's cancellation of the task, as TaskGroup does it), or until
  // there is nothing more to come. This object and `yield` outlive the task. Failures are logged,
  // and what was found last stays.
  virtual awaitable<void> run(const Yield& yield) = 0;
};

}  // namespace tailrace
