// push: protobuf with snappy, or JSON.
#include <memory>
#include <utility>

#include "base/byte_buffer.h"
#include "base/text.h"
#include "web/loki_api.h"
#include "web/push_json.h"
#include "wire/inflate.h"
#include "wire/snappy_gather.h"

namespace tailrace {
namespace {

Result<std::string> payload_of(const Request& request, std::size_t bytes_max) {
  const std::string type = ascii_lower(request.header("content-type"));
  const std::string encoding = ascii_lower(trim_space(request.header("content-encoding")));
  std::string unpacked;
  std::string_view body = request.body();
  if (encoding == "gzip" || encoding == "deflate") {
    const auto format = encoding == "gzip" ? DeflateFormat::kGzip : DeflateFormat::kDeflate;
    TAILRACE_TRY(unpacked, inflate_all(body, format, bytes_max));
    body = unpacked;
  } else if (!encoding.empty() && encoding != "identity" && encoding != "snappy") {
    return Error{ErrorCode::kInvalid, "Content-Encoding \"" + encoding + "\" not supported"};
  }
  if (!type.starts_with("application/json")) return std::string(body);
  TAILRACE_TRY(const std::string push, push_from_json(body));
  ByteBuffer packed;
  const std::string_view pieces[] = {push};
  snappy_compress(pieces, packed);
  return std::string(packed.view());
}

// The store uses the payload until it is done, which may be after the handler's end.
struct Pushing {
  explicit Pushing(const Executor& executor) : done(executor) {
    done.expires_at(asio::steady_timer::time_point::max());
  }
  std::string payload;
  asio::steady_timer done;
  std::optional<PushResult> result;
};

awaitable<Response> push(StoreTasks& tasks, Request& request) {
  const auto executor = co_await asio::this_coro::executor;
  auto pushing = std::make_shared<Pushing>(executor);
  Result<std::string> payload = payload_of(request, tasks.store().options().push_bytes_max);
  if (!payload && payload.error().code() == ErrorCode::kRejected)
    co_return text_response(413, payload.error().text() + "\n");
  if (!payload) co_return loki_error(payload.error());
  pushing->payload = std::move(*payload);
  tasks.store().push(pushing->payload, [pushing, executor](PushResult result) {
    asio::post(executor, [pushing, result = std::move(result)]() mutable {
      pushing->result = std::move(result);
      pushing->done.cancel();
    });
  });
  [[maybe_unused]] auto [error] = co_await pushing->done.async_wait(kAwait);
  if (!pushing->result) co_return text_response(503, "the store is stopping\n");
  Response response = text_response(pushing->result->status, std::move(pushing->result->message));
  if (response.status == 204) response.content_type = "";
  if (response.status == 429) response.headers.emplace_back("Retry-After", "1");
  if (!response.body.empty()) response.body += '\n';
  co_return response;
}

}  // namespace

void add_loki_push(Router& router, StoreTasks& tasks) {
  for (const char* path : {"/loki/api/v1/push", "/api/prom/push"}) {
    router.add_async("POST", path, [&tasks](Request& request) { return push(tasks, request); });
  }
}

}  // namespace tailrace
