// Loki's HTTP API over the embedded store. One file for each group of paths; this is the list of
// groups.
//
// Handlers run on the server's thread and must not outlive `tasks`.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "logql/matcher.h"
#include "net/router.h"
#include "web/store_task.h"

namespace tailrace {

// Whose pages may open a live tail, which browsers do not restrict as they restrict other requests.
// Programs send no Origin, nor does Grafana, which fetches by its server.
enum class TailOrigins : std::uint8_t {
  kAny,
  kOwn,  // only pages of the host that was asked
};

void add_loki_api(Router& router, StoreTasks& tasks, std::string_view version,
                  TailOrigins origins = TailOrigins::kAny);

void add_loki_push(Router& router, StoreTasks& tasks);    // push
void add_loki_query(Router& router, StoreTasks& tasks);   // query, query_range
void add_loki_labels(Router& router, StoreTasks& tasks);  // labels, label/<name>/values, series
void add_loki_index(Router& router,
                    StoreTasks& tasks);  // index/stats, index/volume, index/volume_range
void add_loki_fields(Router& router, StoreTasks& tasks);                     // detected_*, patterns
void add_loki_tail(Router& router, StoreTasks& tasks, TailOrigins origins);  // tail
void add_loki_status(Router& router, StoreTasks& tasks,
                     std::string_view version);  // ready, buildinfo, limits

// A handler that makes an answer from a request; an error becomes its status and text.
using LokiHandler = std::function<awaitable<Result<std::string>>(const Request&)>;
// GET and POST; the answer is JSON.
void add_loki_route(Router& router, std::string_view path, LokiHandler handler);

// A failure as Loki tells it: plain text.
Response loki_error(const Error& error);
Response loki_json(std::string body);

// kInvalid if an answer may not have that many lines.
Result<void> check_entries_limit(Store& store, std::size_t limit);

// Compiles the matchers of a selector; "" is all streams.
Result<std::vector<logql::Matcher>> compile_selector(std::string_view text);

}  // namespace tailrace
