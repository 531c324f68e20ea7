#include "sources/push/push_source.h"

#include <algorithm>

#include "net/await.h"

namespace tailrace {
namespace {

// What an entry costs besides its line, for the size of slices.
constexpr std::size_t kEntryOverheadBytes = 64;

// Gives the request's own share of its ticket back, also if the client hangs up in between.
class HandOver {
 public:
  explicit HandOver(PendingRequest& pending) : pending_(pending) {}
  ~HandOver() { pending_.ticket()->release(); }
  HandOver(const HandOver&) = delete;
  HandOver& operator=(const HandOver&) = delete;

 private:
  PendingRequest& pending_;
};

Response error_response(int status, std::string text) {
  text += '\n';
  return text_response(status, std::move(text));
}

Response busy_response(std::string text) {
  Response response = error_response(503, std::move(text));
  response.headers.emplace_back("Retry-After", "5");
  return response;
}

int status_of(ErrorCode code) { return code == ErrorCode::kRejected ? 413 : 400; }

std::string_view without_line_end(std::string_view line) {
  const std::size_t last = line.find_last_not_of("\r\n");
  return line.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

}  // namespace

PushSource::PushSource(SourceContext& context, RelabelConfigs rules, PushOptions options)
    : context_(context),
      options_(std::move(options)),
      gate_(context.shard, context.scheduler, context.pipeline),
      relabeler_(std::move(rules), options_.labels, EntryRelabeler::Fixed::kRelabeled,
                 context.shard.interner),
      raw_stream_(context.shard.interner.intern(options_.labels)),
      pending_(context.shard.executor, context.shard.clock),
      entries_(context.shard.metrics.counter("tailrace_push_api_entries_total",
                                             "Lines that came in through a push API.")),
      refused_(context.shard.metrics.counter(
          "tailrace_push_api_refused_total",
          "Pushes refused because lines could not be delivered fast enough.")),
      complain_(10 * kNsPerSecond),
      tasks_(context.shard.executor) {}

PushSource::~PushSource() { stop(); }

Result<void> PushSource::start() {
  Router router(options_.server.path_prefix);
  // A client that hangs up sends again; its request need not wait, its lines are on their way.
  const RouteOptions waits{.cancel_on_hangup = true, .open = false};
  router.add_async(
      "POST", "/loki/api/v1/push", [this](Request& request) { return push(request); }, waits);
  router.add_async(
      "POST", "/promtail/api/v1/raw", [this](Request& request) { return raw(request); }, waits);
  router.get("/ready", [](Request&, Response& response) { response.body = "ready"; },
             {.cancel_on_hangup = false, .open = true});
  HttpServerOptions options = options_.server.server_options();
  options.name = "push " + context_.job_name;
  options.body_bytes_max = options_.body_bytes_max;
  server_ =
      std::make_unique<HttpServer>(context_.shard.executor, std::move(router), std::move(options));
  Result<void> listening = server_->listen();
  if (!listening) {
    server_.reset();
    return std::move(listening).error().in("push server of job " + context_.job_name);
  }
  log::info("starting push server", {{"job", context_.job_name}, {"port", server_->port()}});
  return {};
}

void PushSource::stop() {
  if (stopping_) return;
  stopping_ = true;
  gate_.close();
  if (server_) tasks_.spawn("push server stop", close_server());
}

awaitable<void> PushSource::close_server() {
  co_await server_->stop(options_.server.graceful_shutdown_timeout_ns);
}

std::uint16_t PushSource::port() const { return server_ ? server_->port() : std::uint16_t{0}; }

void PushSource::set_patience(std::int64_t room_wait_ns, std::int64_t stalled_ns) {
  room_wait_ns_ = room_wait_ns;
  stalled_ns_ = stalled_ns;
}

awaitable<std::optional<Response>> PushSource::refusal() {
  std::optional<Response> out;
  bool may_take = !stopping_ && pending_.oldest_age_ns() < stalled_ns_;
  if (may_take) {
    const bool has_room = co_await gate_.wait(room_wait_ns_);
    may_take = has_room && !stopping_;
  }
  if (may_take) co_return out;
  refused_.add();
  if (!stopping_ && complain_.due()) {
    log::warn("pushes are refused: lines come faster than they can be delivered",
              {{"job", context_.job_name}, {"waiting", pending_.size()}});
  }
  out = busy_response(stopping_ ? "shutting down, try again later"
                                : "lines cannot be delivered fast enough, try again later");
  co_return out;
}

awaitable<Response> PushSource::push(Request& request) {
  std::optional<Response> refused = co_await refusal();
  if (refused) co_return std::move(*refused);
  Result<PushBody> body =
      PushBody::decode(request.header("Content-Type"), request.header("Content-Encoding"),
                       request.body(), options_.body_bytes_max);
  if (!body) {
    if (complain_.due()) {
      log::warn("failed to parse incoming push request",
                {{"job", context_.job_name}, {"error", body.error().text()}});
    }
    co_return error_response(status_of(body.error().code()), body.error().text());
  }
  for (const PushBodyStream& stream : body->streams()) {
    if (stream.labels) continue;
    // As in Promtail nothing of such a request is taken.
    const std::string& error = stream.labels.error().text();
    if (complain_.due()) {
      log::warn("failed to parse incoming push request",
                {{"job", context_.job_name}, {"error", error}});
    }
    co_return error_response(400, "couldn't parse labels: " + error);
  }
  const std::shared_ptr<PendingRequest> pending = pending_.open();
  const bool whole = co_await hand_on(*body, pending);
  Response response = co_await answer(pending, whole);
  co_return response;
}

awaitable<Response> PushSource::raw(Request& request) {
  std::optional<Response> refused = co_await refusal();
  if (refused) co_return std::move(*refused);
  std::string room;
  const Result<std::string_view> text = decode_content(
      request.header("Content-Encoding"), request.body(), options_.body_bytes_max, room);
  if (!text) co_return error_response(status_of(text.error().code()), text.error().text());
  const std::shared_ptr<PendingRequest> pending = pending_.open();
  const bool whole = co_await hand_on_lines(*text, pending);
  Response response = co_await answer(pending, whole);
  co_return response;
}

awaitable<bool> PushSource::hand_on(const PushBody& body, std::shared_ptr<PendingRequest> pending) {
  const HandOver hand_over(*pending);
  for (const PushBodyStream& stream : body.streams()) {
    relabeler_.begin();
    for (const auto& [name, value] : *stream.labels) relabeler_.set(name, value);
    // Held over slices, between which the interner may sweep.
    const LabelSetRef labels(relabeler_.stream());
    if (!labels || labels->labels().empty()) continue;
    for (const PushBodyEntry& entry : stream.entries) {
      accept(entry, options_.use_incoming_timestamp ? entry.timestamp_ns : next_timestamp(),
             labels.get(), *pending);
      if (!slice_is_full()) continue;
      end_slice();
      const bool go_on = co_await gate_.wait_turn();
      if (!go_on) co_return false;
    }
  }
  end_slice();
  co_return true;
}

awaitable<bool> PushSource::hand_on_lines(std::string_view text,
                                          std::shared_ptr<PendingRequest> pending) {
  const HandOver hand_over(*pending);
  PushBodyEntry entry;
  while (!text.empty()) {
    const std::size_t newline = std::min(text.find('\n'), text.size() - 1);
    entry.line = without_line_end(text.substr(0, newline + 1));
    text.remove_prefix(newline + 1);
    if (entry.line.empty()) continue;
    accept(entry, next_timestamp(), raw_stream_.get(), *pending);
    if (!slice_is_full()) continue;
    end_slice();
    const bool go_on = co_await gate_.wait_turn();
    if (!go_on) co_return false;
  }
  end_slice();
  co_return true;
}

std::int64_t PushSource::next_timestamp() {
  const std::int64_t now_ns = context_.shard.timestamps_from_now();
  context_.shard.timestamps_used_up_to(now_ns);
  return now_ns;
}

void PushSource::accept(const PushBodyEntry& entry, std::int64_t timestamp_ns,
                        const LabelSet* stream, PendingRequest& pending) {
  Shard& shard = context_.shard;
  shard.entry.begin(entry.line, timestamp_ns, stream, pending.ticket());
  shard.entry.metadata.assign(entry.metadata.begin(), entry.metadata.end());
  context_.pipeline.head().accept(shard.entry);
  entries_.add();
  slice_bytes_ += entry.line.size() + kEntryOverheadBytes;
}

void PushSource::end_slice() {
  slice_bytes_ = 0;
  context_.pipeline.end_of_read();
}

awaitable<Response> PushSource::answer(std::shared_ptr<PendingRequest> pending, bool whole) {
  const bool delivered = co_await pending->delivered();
  if (!delivered || !whole) co_return busy_response("shutting down, try again later");
  Response response;
  response.status = 204;
  response.content_type = "";
  co_return response;
}

std::vector<SourceStatus> PushSource::status() const {
  SourceStatus status;
  status.type = "Push";
  status.ready = true;
  status.labels = options_.labels;
  status.details = {{"port", std::to_string(port())},
                    {"requests_waiting", std::to_string(pending_.size())}};
  return {status};
}

}  // namespace tailrace
