#include "sources/heroku/heroku_source.h"

#include <algorithm>
#include <charconv>
#include <map>

#include "net/await.h"
#include "parse/go_time.h"

namespace tailrace {
namespace {

// As the reference: a longer one is an error.
constexpr std::size_t kMessageBytesMax = 10240;
constexpr std::int64_t kStalledNs = 10 * kNsPerSecond;

std::optional<std::string_view> take_field(std::string_view& text) {
  const std::size_t space = text.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  const std::string_view field = text.substr(0, space);
  text.remove_prefix(space + 1);
  return field;
}

// "<158>1"
bool is_priority(std::string_view text) {
  const std::size_t close = text.find('>');
  if (!text.starts_with('<') || close == std::string_view::npos || close < 2) return false;
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  return std::all_of(text.begin() + 1, text.begin() + static_cast<std::ptrdiff_t>(close), digit) &&
         close + 1 < text.size() && digit(text[close + 1]);
}

Response busy_response() {
  Response response =
      text_response(503, "lines cannot be delivered fast enough, try again later\n");
  response.headers.emplace_back("Retry-After", "5");
  return response;
}

}  // namespace

HerokuOptions read_heroku_options(const ConfigNode& node) {
  node.strict({"server", "labels", "use_incoming_timestamp"});
  HerokuOptions options;
  read(node.get("server"), options.server);
  node.read("labels", options.labels);
  node.read("use_incoming_timestamp", options.use_incoming_timestamp);
  return options;
}

std::optional<HerokuMessage> parse_heroku_message(std::string_view text) {
  const auto priority = take_field(text);
  const auto time_text = take_field(text);
  const auto host = take_field(text);
  const auto app = take_field(text);
  const auto proc = take_field(text);
  const auto id = take_field(text);
  if (!id || !is_priority(*priority)) return std::nullopt;
  const std::optional<GoTime> time = parse_rfc3339(*time_text);
  const std::optional<std::int64_t> ns = time ? time->unix_ns() : std::nullopt;
  if (!ns) return std::nullopt;
  return HerokuMessage{*ns, *host, *app, *proc, *id, text};
}

bool take_heroku_frame(std::string_view& body, std::string_view& message) {
  const std::size_t space = body.find(' ');
  std::size_t length = 0;
  const char* const end_of_length = body.data() + std::min(space, body.size());
  const auto [end, error] = std::from_chars(body.data(), end_of_length, length);
  const bool fits = space != std::string_view::npos && error == std::errc() &&
                    end == end_of_length && length > 0 && length <= kMessageBytesMax &&
                    body.size() - space - 1 >= length;
  if (!fits) return false;
  message = body.substr(space + 1, length);
  body.remove_prefix(space + 1 + length);
  return true;
}

HerokuSource::HerokuSource(SourceContext& context, RelabelConfigs rules, HerokuOptions options)
    : context_(context),
      options_(std::move(options)),
      gate_(context.shard, context.scheduler, context.pipeline),
      relabeler_(std::move(rules), options_.labels, EntryRelabeler::Fixed::kAddedAfter,
                 context.shard.interner),
      pending_(context.shard.executor, context.shard.clock),
      entries_(context.shard.metrics.counter(
          "promtail_heroku_drain_target_entries_total",
          "Number of successful entries received by the Heroku target")),
      errors_(context.shard.metrics.counter(
          "promtail_heroku_drain_target_parsing_errors_total",
          "Number of parsing errors while receiving Heroku messages")),
      complain_(10 * kNsPerSecond),
      tasks_(context.shard.executor) {}

HerokuSource::~HerokuSource() { stop(); }

Result<void> HerokuSource::start() {
  Router router(options_.server.path_prefix);
  router.add_async("POST", "/heroku/api/v1/drain",
                   [this](Request& request) { return drain(request); },
                   {.cancel_on_hangup = true, .open = false});
  HttpServerOptions options = options_.server.server_options();
  options.name = "heroku " + context_.job_name;
  options.body_bytes_max = kBodyBytesMax;
  server_ =
      std::make_unique<HttpServer>(context_.shard.executor, std::move(router), std::move(options));
  Result<void> listening = server_->listen();
  if (!listening) {
    server_.reset();
    return std::move(listening).error().in("heroku_drain of job " + context_.job_name);
  }
  log::info("starting heroku drain target", {{"job", context_.job_name}, {"port", port()}});
  return {};
}

void HerokuSource::stop() {
  if (stopping_) return;
  stopping_ = true;
  gate_.close();
  if (server_) tasks_.spawn("heroku server stop", close_server());
}

awaitable<void> HerokuSource::close_server() {
  co_await server_->stop(options_.server.graceful_shutdown_timeout_ns);
}

awaitable<Response> HerokuSource::drain(Request& request) {
  if (stopping_ || pending_.oldest_age_ns() >= kStalledNs) co_return busy_response();
  const bool has_room = co_await gate_.wait(kRoomWaitNs);
  if (!has_room) co_return busy_response();
  const std::shared_ptr<PendingRequest> pending = pending_.open();
  const bool good = hand_on(request, *pending);
  pending->ticket()->release();
  const bool delivered = co_await pending->delivered();
  if (!delivered) co_return busy_response();
  if (!good) co_return text_response(400, "a message of the drain does not parse\n");
  Response response;
  response.status = 204;
  response.content_type = "";
  co_return response;
}

bool HerokuSource::hand_on(Request& request, PendingRequest& pending) {
  Shard& shard = context_.shard;
  std::map<std::string, std::string> params;  // "__heroku_drain_param_<name>": values
  for (auto& [name, value] : request.query_pairs()) {
    const auto [place, is_new] = params.try_emplace("__heroku_drain_param_" + name, value);
    if (!is_new) place->second += "," + value;
  }
  const std::string_view tenant = request.header("X-Scope-OrgID");
  std::string_view body = request.body();
  bool good = true;
  while (good && !body.empty()) {
    std::string_view text;
    std::optional<HerokuMessage> message;
    if (take_heroku_frame(body, text)) message = parse_heroku_message(text);
    good = message.has_value();
    if (!good) break;
    relabeler_.begin();
    relabeler_.set("__heroku_drain_host", message->host);
    relabeler_.set("__heroku_drain_app", message->app);
    relabeler_.set("__heroku_drain_proc", message->proc);
    relabeler_.set("__heroku_drain_log_id", message->log_id);
    for (const auto& [name, value] : params) relabeler_.set(name, value);
    if (!tenant.empty()) relabeler_.set(kTenantLabel, tenant);
    const LabelSet* const stream = relabeler_.stream();
    if (stream == nullptr) continue;
    std::int64_t timestamp_ns = message->timestamp_ns;
    if (!options_.use_incoming_timestamp) {
      timestamp_ns = shard.timestamps_from_now();
      shard.timestamps_used_up_to(timestamp_ns);
    }
    shard.entry.begin(message->text, timestamp_ns, stream, pending.ticket());
    if (!tenant.empty()) shard.entry.labels.set(kTenantLabel, tenant);
    context_.pipeline.head().accept(shard.entry);
    entries_.add();
  }
  context_.pipeline.end_of_read();
  if (good) return true;
  errors_.add();
  if (complain_.due()) {
    log::warn("failed to read incoming heroku request", {{"job", context_.job_name}});
  }
  return false;
}

std::vector<SourceStatus> HerokuSource::status() const {
  SourceStatus status;
  status.type = "HerokuDrain";
  status.ready = true;
  status.labels = options_.labels;
  status.details = {{"port", std::to_string(port())}};
  return {status};
}

}  // namespace tailrace
