#include "web/loki_api.h"

#include <memory>
#include <utility>

#include "logql/query_parser.h"

namespace tailrace {
namespace {

int status_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalid:
    case ErrorCode::kRejected:
      return 400;
    case ErrorCode::kNotFound:
      return 404;
    case ErrorCode::kRateLimited:
      return 429;
    case ErrorCode::kTimeout:
      return 504;
    case ErrorCode::kUnavailable:
    case ErrorCode::kCancelled:
      return 503;
    case ErrorCode::kIo:
    case ErrorCode::kUnsupported:
      break;
  }
  return 500;
}

awaitable<Response> answer(std::shared_ptr<const LokiHandler> handler, Request& request) {
  awaitable<Result<std::string>> asked = (*handler)(request);
  Result<std::string> body = co_await std::move(asked);
  if (!body) co_return loki_error(body.error());
  co_return loki_json(std::move(*body));
}

}  // namespace

Response loki_error(const Error& error) {
  return text_response(status_of(error.code()), error.text());
}

Response loki_json(std::string body) {
  Response response;
  response.content_type = "application/json; charset=UTF-8";
  response.body = std::move(body);
  response.body += '\n';
  response.compressible = true;
  return response;
}

void add_loki_route(Router& router, std::string_view path, LokiHandler handler) {
  auto shared = std::make_shared<const LokiHandler>(std::move(handler));
  for (const char* method : {"GET", "POST"}) {
    router.add_async(method, path, [shared](Request& request) { return answer(shared, request); },
                     {.cancel_on_hangup = true});
  }
}

Result<void> check_entries_limit(Store& store, std::size_t limit) {
  const std::size_t most = store.options().entries_max;
  if (limit <= most) return {};
  return Error{ErrorCode::kInvalid,
               "max entries limit per query exceeded, limit > max_entries_limit_per_query (" +
                   std::to_string(limit) + " > " + std::to_string(most) + ")"};
}

Result<std::vector<logql::Matcher>> compile_selector(std::string_view text) {
  if (text.empty()) return std::vector<logql::Matcher>();
  TAILRACE_TRY(const std::vector<logql::MatcherSyntax> syntax, logql::parse_selector(text));
  return logql::compile_query_matchers(syntax);
}

void add_loki_api(Router& router, StoreTasks& tasks, std::string_view version,
                  TailOrigins origins) {
  add_loki_push(router, tasks);
  add_loki_query(router, tasks);
  add_loki_labels(router, tasks);
  add_loki_index(router, tasks);
  add_loki_fields(router, tasks);
  add_loki_tail(router, tasks, origins);
  add_loki_status(router, tasks, version);
}

}  // namespace tailrace
