// A path of Loki's API that asks the store: parameters are read on the server's thread, the answer
// is made on one of the store's.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "logql/scan.h"
#include "net/router.h"
#include "web/loki_api.h"
#include "web/store_task.h"

namespace tailrace {

// What is asked, as the path's own type, to the body of the answer.
template <class Asked>
using LokiRun = Result<std::string> (*)(Store&, const Asked&, logql::QueryStop&);

template <class Asked>
awaitable<Result<std::string>> run_asked(StoreTasks& tasks, Result<Asked> asked,
                                         LokiRun<Asked> run) {
  if (!asked) co_return std::move(asked).error();
  Store& store = tasks.store();
  std::function<Result<std::string>(logql::QueryStop&)> work =
      [&store, run, given = std::move(*asked)](logql::QueryStop& stop) {
        return run(store, given, stop);
      };
  awaitable<Result<std::string>> running = tasks.run<std::string>(std::move(work));
  co_return co_await std::move(running);
}

// `ask(request, now_ns)` gives Result<Asked>. GET and POST.
template <class Asked, class Ask>
void add_store_route(Router& router, StoreTasks& tasks, std::string_view path, Ask ask,
                     LokiRun<Asked> run) {
  add_loki_route(router, path, [&tasks, ask, run](const Request& request) {
    return run_asked<Asked>(tasks, ask(request, tasks.store().clock().now_ns()), run);
  });
}

}  // namespace tailrace
