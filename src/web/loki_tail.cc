// tail: a WebSocket.
#include <memory>
#include <utility>

#include "base/text.h"
#include "logql/line_pipeline.h"
#include "logql/query_parser.h"
#include "store/store_metrics.h"
#include "web/loki_api.h"
#include "web/loki_params.h"
#include "web/tail_session.h"

namespace tailrace {
namespace {

Result<TailRequest> ask(const Request& request, Store& store) {
  const std::int64_t now = store.clock().now_ns();
  const LokiParams params(request, now);
  TailRequest out;
  TAILRACE_TRY(logql::Query query, logql::parse_query(params.get("query")));
  auto* log = std::get_if<logql::LogQuery>(&query);
  if (log == nullptr) return Error{ErrorCode::kInvalid, "only log queries can be tailed"};
  out.query = std::move(*log);
  TAILRACE_CHECK(logql::compile_query_matchers(out.query.matchers));
  TAILRACE_CHECK(logql::LinePipeline::compile(out.query.stages));
  TAILRACE_TRY(out.limit, params.count("limit", 100));
  TAILRACE_CHECK(check_entries_limit(store, out.limit));
  TAILRACE_TRY(out.start_ns, params.time("start", now - 3600 * kNsPerSecond));
  if (const std::string delay = params.get("delay_for"); !delay.empty()) {
    if (delay.find_first_not_of("0123456789") != std::string::npos || delay.size() > 5)
      return Error{ErrorCode::kInvalid, "delay_for must be a number of seconds"};
    const int seconds = std::stoi(delay);
    if (seconds > 5) return Error{ErrorCode::kInvalid, "delay_for can't be greater than 5"};
    out.delay_ns = seconds * kNsPerSecond;
  }
  out.categorize = request.header("x-loki-response-encoding-flags").find("categorize-labels") !=
                   std::string_view::npos;
  return out;
}

// Counts tails for as long as it lives.
class Place {
 public:
  Place(std::size_t& count, Gauge gauge) : count_(count), gauge_(gauge) {
    gauge_.set(static_cast<double>(++count_));
  }
  ~Place() { gauge_.set(static_cast<double>(--count_)); }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

 private:
  std::size_t& count_;
  Gauge gauge_;
};

awaitable<void> serve(StoreTasks& tasks, std::shared_ptr<TailRequest> request,
                      std::shared_ptr<std::size_t> count, WebSocket& socket) {
  const Place place(*count, tasks.store().metrics().tails);
  awaitable<void> running = run_tail(tasks, std::move(*request), socket);
  co_await std::move(running);
}

// Whether the page that asks is of the host that it asks: "http://logs:3100" and "logs:3100".
bool is_own_origin(const Request& request) {
  std::string_view origin = request.header("origin");
  if (origin.empty()) return true;
  const std::size_t scheme = origin.find("://");
  if (scheme != origin.npos) origin.remove_prefix(scheme + 3);
  return equals_ignoring_case(origin, request.header("host"));
}

}  // namespace

void add_loki_tail(Router& router, StoreTasks& tasks, TailOrigins origins) {
  auto count = std::make_shared<std::size_t>(0);
  router.get("/loki/api/v1/tail", [&tasks, count, origins](Request& request, Response& response) {
    if (origins == TailOrigins::kOwn && !is_own_origin(request)) {
      response = text_response(403, "live tails are not for pages of other hosts\n");
      return;
    }
    Result<TailRequest> asked = ask(request, tasks.store());
    if (!asked) {
      response = loki_error(asked.error());
      return;
    }
    if (*count >= tasks.store().options().tails_max) {
      response = text_response(429, "max concurrent tail requests limit exceeded, count > limit (" +
                                        std::to_string(*count + 1) + " > " +
                                        std::to_string(tasks.store().options().tails_max) + ")");
      return;
    }
    if (!equals_ignoring_case(request.header("upgrade"), "websocket")) {
      response = text_response(400, "Bad Request\n");
      return;
    }
    auto shared = std::make_shared<TailRequest>(std::move(*asked));
    response.websocket = [&tasks, shared, count](WebSocket& socket) {
      return serve(tasks, shared, count, socket);
    };
  });
}

}  // namespace tailrace
