#include "web/agent_api.h"

#include <memory>
#include <utility>

#include "telemetry/recent_problems.h"
#include "web/json_writer.h"

namespace tailrace {
namespace {

// Objects and lists, appended in order; the caller closes what it opens.
class Json {
 public:
  void open(char bracket) {
    comma();
    out_ += bracket;
    first_ = true;
  }
  void close(char bracket) {
    out_ += bracket;
    first_ = false;
  }
  Json& key(std::string_view name) {
    comma();
    append_json_text(out_, name);
    out_ += ':';
    first_ = true;
    return *this;
  }
  void text(std::string_view value) {
    comma();
    append_json_text(out_, value);
  }
  void number(double value) {
    comma();
    append_json_number_of(out_, value);
  }
  void boolean(bool value) {
    comma();
    out_ += value ? "true" : "false";
  }
  // Milliseconds since the Unix epoch, which JavaScript's numbers hold; 0 is null.
  void time(std::int64_t ns) {
    comma();
    out_ += ns == 0 ? "null" : std::to_string(ns / 1'000'000);
  }
  void labels(const Labels& value) {
    comma();
    append_json_labels(out_, value);
  }
  std::string take() { return std::move(out_); }

 private:
  void comma() {
    if (!std::exchange(first_, false)) out_ += ',';
  }
  std::string out_;
  bool first_ = true;
};

void put(Json& json, const PageFile& file) {
  json.open('{');
  json.key("path").text(file.path);
  json.key("delivered").number(static_cast<double>(file.delivered));
  json.key("read").number(static_cast<double>(file.read));
  json.key("size").number(static_cast<double>(file.size));
  json.key("lag").number(static_cast<double>(file.lag));
  json.close('}');
}

void put(Json& json, const PageTarget& target) {
  json.open('{');
  json.key("type").text(target.type);
  json.key("ready").boolean(target.ready);
  json.key("labels").labels(target.labels);
  json.key("discovered").labels(target.discovered);
  json.key("details").open('[');
  for (const auto& [name, value] : target.details) {
    json.open('[');
    json.text(name);
    json.text(value);
    json.close(']');
  }
  json.close(']');
  json.key("files").open('[');
  for (const PageFile& file : target.files) put(json, file);
  json.close(']');
  json.close('}');
}

void put(Json& json, const PageJob& job) {
  json.open('{');
  json.key("name").text(job.name);
  json.key("targets").open('[');
  for (const PageTarget& target : job.targets) put(json, target);
  json.close(']');
  json.key("dropped").open('[');
  for (const PageDroppedTarget& dropped : job.dropped) {
    json.open('{');
    json.key("reason").text(dropped.reason);
    json.key("discovered").labels(dropped.discovered);
    json.close('}');
  }
  json.close(']');
  json.close('}');
}

void put(Json& json, const PageSender& sender) {
  json.open('{');
  json.key("tenant").text(sender.tenant);
  json.key("sent_entries").number(sender.sent_entries);
  json.key("sent_bytes").number(sender.sent_bytes);
  json.key("retries").number(sender.retries);
  json.key("dropped_entries").number(sender.dropped_entries);
  json.key("waiting_payloads").number(static_cast<double>(sender.waiting_payloads));
  json.key("last_error").text(sender.last_error);
  json.key("last_error_ms").time(sender.last_error_ns);
  json.key("last_sent_ms").time(sender.last_sent_ns);
  json.close('}');
}

void put(Json& json, const PageClient& client) {
  json.open('{');
  json.key("name").text(client.name);
  json.key("url").text(client.url);
  json.key("embedded").boolean(client.embedded);
  json.key("senders").open('[');
  for (const PageSender& sender : client.senders) put(json, sender);
  json.close(']');
  json.close('}');
}

void put_problems(Json& json) {
  json.open('[');
  for (const log::Problem& problem : log::recent_problems()) {
    json.open('{');
    json.key("at_ms").time(problem.at_ns);
    json.key("level").text(problem.level == log::Level::kError ? "error" : "warn");
    json.key("text").text(problem.text);
    json.close('}');
  }
  json.close(']');
}

struct AgentApi {
  AgentView view;
  std::string version;
};

awaitable<Response> show_agent(std::shared_ptr<const AgentApi> api) {
  awaitable<std::vector<PageJob>> asked_jobs = api->view.jobs();
  const std::vector<PageJob> jobs = co_await std::move(asked_jobs);
  awaitable<std::vector<PageClient>> asked_clients = api->view.clients();
  const std::vector<PageClient> clients = co_await std::move(asked_clients);
  Json json;
  json.open('{');
  json.key("version").text(api->version);
  json.key("jobs").open('[');
  for (const PageJob& job : jobs) put(json, job);
  json.close(']');
  json.key("clients").open('[');
  for (const PageClient& client : clients) put(json, client);
  json.close(']');
  json.key("problems");
  put_problems(json);
  json.key("config").text(api->view.config_yaml());
  json.close('}');
  Response response = json_response(200, json.take());
  response.headers.emplace_back("Cache-Control", "no-store");
  response.headers.emplace_back("X-Content-Type-Options", "nosniff");
  co_return response;
}

}  // namespace

void add_agent_api(Router& router, AgentView view, std::string version) {
  const auto api = std::make_shared<const AgentApi>(AgentApi{std::move(view), std::move(version)});
  router.add_async("GET", "/api/v1/agent", [api](Request&) { return show_agent(api); });
}

}  // namespace tailrace
