#include "agent/config_dump.h"

#include <array>
#include <string_view>

#include "base/text.h"
#include "base/units.h"
#include "config/yaml_writer.h"
#include "net/url.h"

namespace tailrace {
namespace {

constexpr std::string_view kMasked = "<secret>";

bool is_secret_key(std::string_view key) {
  static constexpr std::array<std::string_view, 7> kSecrets = {
      "password", "bearer_token", "credentials",      "client_secret",
      "key",      "api_token",    "connection_string"};
  for (const std::string_view secret : kSecrets) {
    if (key == secret) return true;
  }
  return false;
}

// A URL may carry a password in front of its host.
std::string without_password(const std::string& text) {
  if (text.find("://") == std::string::npos || text.find('@') == std::string::npos) return text;
  const Result<Url> url = parse_url(text);
  return url && url->has_user ? url->text() : text;
}

std::string shortest(double value) {
  std::array<char, kDoubleTextBytesMax> text;
  return {text.data(), put_double(text.data(), value)};
}

// Whether it stands in the file without quotes and may do so here: a number stays one.
bool is_plain(const ConfigNode& value) {
  const std::string text = value.scalar();
  return !text.empty() && !value.quoted() && text.find_first_of("\n@") == text.npos;
}

class Writer {
 public:
  void line(std::string_view key, std::string_view value) {
    indent();
    append_yaml_pair(out_, "", key, value);
  }
  // A value that is a number, boolean or duration and needs no quotes.
  void plain(std::string_view key, std::string_view value) {
    indent();
    out_ += key;
    out_ += ": ";
    out_ += value;
    out_ += '\n';
  }
  void boolean(std::string_view key, bool value) { plain(key, value ? "true" : "false"); }
  void number(std::string_view key, std::int64_t value) { plain(key, std::to_string(value)); }
  void duration(std::string_view key, std::int64_t ns) { plain(key, format_go_duration(ns)); }

  void open(std::string_view key) {
    indent();
    out_ += key;
    out_ += ":\n";
    ++depth_;
  }
  void close() { --depth_; }
  // A list item: its first line gets the dash.
  void open_item() {
    item_ = true;
    ++depth_;
  }

  // A part of the file as it stands there, secrets masked.
  void node(std::string_view key, const ConfigNode& value) {
    if (value.is_map()) {
      const auto entries = value.entries();
      if (entries.empty()) return plain(key, "{}");
      open(key);
      for (const auto& [name, child] : entries) node(name, child);
      close();
    } else if (value.is_list()) {
      open(key);
      for (const ConfigNode& child : value.items()) list_item(child);
      close();
    } else if (value.kind() == ConfigNode::Kind::kNull) {
      plain(key, "null");
    } else if (is_secret_key(key)) {
      line(key, kMasked);
    } else if (is_plain(value)) {
      plain(key, value.scalar());
    } else {
      line(key, without_password(value.scalar()));
    }
  }
  std::string take() { return std::move(out_); }

 private:
  void list_item(const ConfigNode& value) {
    if (!value.is_map()) {
      indent();
      out_ += "- ";
      if (is_plain(value)) {
        out_ += value.scalar();
      } else {
        append_yaml_scalar(out_, value.scalar());
      }
      out_ += '\n';
      return;
    }
    open_item();
    for (const auto& [name, child] : value.entries()) node(name, child);
    close();
  }
  // The place of a dash is two columns to the left of the keys behind it.
  void indent() {
    if (item_) {
      out_.append(2 * (depth_ - 1), ' ');
      out_ += "- ";
      item_ = false;
    } else {
      out_.append(2 * depth_, ' ');
    }
  }

  std::string out_;
  std::size_t depth_ = 0;
  bool item_ = false;
};

void write_server(Writer& out, const ServerConfig& server) {
  out.open("server");
  out.boolean("disable", server.disable);
  out.line("http_listen_network", server.listen.network);
  out.line("http_listen_address", server.listen.address);
  out.number("http_listen_port", server.listen.port);
  out.number("http_listen_conn_limit", static_cast<std::int64_t>(server.connections_max));
  out.line("http_path_prefix", server.path_prefix);
  out.duration("graceful_shutdown_timeout", server.graceful_shutdown_timeout_ns);
  out.duration("http_server_read_timeout", server.read_timeout_ns);
  out.duration("http_server_write_timeout", server.write_timeout_ns);
  out.duration("http_server_idle_timeout", server.idle_timeout_ns);
  out.boolean("register_instrumentation", server.register_instrumentation);
  out.line("log_level", server.log_level);
  out.line("log_format", server.log_format);
  out.line("external_url", server.external_url);
  out.boolean("health_check_target", server.health_check_target);
  out.boolean("enable_runtime_reload", server.enable_runtime_reload);
  out.close();
}

void write_labels(Writer& out, std::string_view key, const Labels& labels) {
  if (labels.empty()) return out.plain(key, "{}");
  out.open(key);
  for (const auto& [name, value] : labels) out.line(name, value);
  out.close();
}

void write_client(Writer& out, const ClientOptions& client) {
  out.open_item();
  out.line("name", client.name);
  out.line("url", client.url.text());
  out.duration("batchwait", client.batch_wait_ns);
  out.number("batchsize", client.batch_bytes);
  write_labels(out, "external_labels", client.external_labels);
  out.line("tenant_id", client.tenant_id);
  out.duration("timeout", client.timeout_ns);
  out.open("backoff_config");
  out.duration("min_period", client.backoff.min_ns);
  out.duration("max_period", client.backoff.max_ns);
  out.number("max_retries", client.backoff.attempts_max);
  out.close();
  out.boolean("drop_rate_limited_batches", client.drop_rate_limited_batches);
  if (client.http.has_basic_auth) {
    out.open("basic_auth");
    out.line("username", client.http.username.text.value);
    out.line("password", kMasked);
    out.close();
  } else if (!client.http.authorization_type.empty()) {
    out.open("authorization");
    out.line("type", client.http.authorization_type);
    out.line("credentials", kMasked);
    out.close();
  }
  out.close();
}

void write_limits(Writer& out, const LimitsOptions& limits) {
  out.open("limits_config");
  out.plain("readline_rate", shortest(limits.readline_rate));
  out.number("readline_burst", limits.readline_burst);
  out.boolean("readline_rate_enabled", limits.readline_rate_enabled);
  out.boolean("readline_rate_drop", limits.readline_rate_drop);
  out.number("max_streams", static_cast<std::int64_t>(limits.client.streams_max));
  out.number("max_line_size", static_cast<std::int64_t>(limits.client.line_bytes_max));
  out.boolean("max_line_size_truncate", limits.client.truncate_long_lines);
  out.close();
}

}  // namespace

std::string dump_config(const AgentConfig& config) {
  Writer out;
  out.open("global");
  out.open("file_watch_config");
  out.duration("min_poll_frequency", config.global.poll_min_ns);
  out.duration("max_poll_frequency", config.global.poll_max_ns);
  out.close();
  out.close();
  write_server(out, config.server);
  out.open("clients");
  for (const ClientOptions& client : config.clients) write_client(out, client);
  out.close();
  out.open("positions");
  out.duration("sync_period", config.positions.sync_period.ns);
  out.line("filename", config.positions.filename);
  out.boolean("ignore_invalid_yaml", config.positions.ignore_invalid_yaml);
  out.close();
  const ConfigNode root = config.yaml->root();
  if (root.get("scrape_configs").is_list()) out.node("scrape_configs", root.get("scrape_configs"));
  out.open("target_config");
  out.duration("sync_period", config.sync_period_ns);
  out.boolean("stdin", config.read_stdin);
  out.close();
  write_limits(out, config.limits);
  for (const char* section : {"app", "log", "store", "explorer"}) {
    if (!root.get(section).absent()) out.node(section, root.get(section));
  }
  return out.take();
}

}  // namespace tailrace
