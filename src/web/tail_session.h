// TailSession: one live tail: history first, then new lines as they are stored.
//
// Lines wait in a bounded queue; when a slow reader lets it fill, the oldest are dropped and named
// in the next frame. Nothing here ever makes a push wait.
#pragma once

#include <cstdint>
#include <string>

#include "logql/ast.h"
#include "net/websocket.h"
#include "web/store_task.h"

namespace tailrace {

struct TailRequest {
  logql::LogQuery query;
  std::int64_t start_ns = 0;  // of the history
  std::size_t limit = 100;    // lines of it
  bool categorize = false;
  // Lines are shown when they are this old, in order of time: writers that are late catch up.
  std::int64_t delay_ns = 0;
};

// Ends when the client goes, after an hour, or when the tasks stop.
awaitable<void> run_tail(StoreTasks& tasks, TailRequest request, WebSocket& socket);

}  // namespace tailrace
