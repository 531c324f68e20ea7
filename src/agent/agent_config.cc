#include "agent/agent_config.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <utility>

#include "agent/agent.h"
#include "base/file.h"
#include "base/text.h"
#include "config/expand_env.h"
#include "config/rotating_file_config.h"
#include "discovery/targets.h"

namespace tailrace {
namespace {

using KeyKind = std::pair<std::string_view, SourceKind>;

// What a scrape config can take its lines from, in Promtail's order of precedence.
constexpr auto kSourceKeys = std::to_array<KeyKind>({
    {"static_configs", SourceKind::kFiles},
    {"file_sd_configs", SourceKind::kFiles},
    {"http_sd_configs", SourceKind::kFiles},
    {"kubernetes_sd_configs", SourceKind::kFiles},
    {"dns_sd_configs", SourceKind::kUnsupported},
    {"consul_sd_configs", SourceKind::kUnsupported},
    {"consulagent_sd_configs", SourceKind::kUnsupported},
    {"gce_sd_configs", SourceKind::kUnsupported},
    {"azure_sd_configs", SourceKind::kUnsupported},
    {"digitalocean_sd_configs", SourceKind::kUnsupported},
    {"dockerswarm_sd_configs", SourceKind::kUnsupported},
    {"ec2_sd_configs", SourceKind::kUnsupported},
    {"marathon_sd_configs", SourceKind::kUnsupported},
    {"nerve_sd_configs", SourceKind::kUnsupported},
    {"serverset_sd_configs", SourceKind::kUnsupported},
    {"openstack_sd_configs", SourceKind::kUnsupported},
    {"triton_sd_configs", SourceKind::kUnsupported},
    {"journal", SourceKind::kBlock},
    {"syslog", SourceKind::kBlock},
    {"gcplog", SourceKind::kUnsupported},
    {"loki_push_api", SourceKind::kBlock},
    {"windows_events", SourceKind::kUnsupported},
    {"kafka", SourceKind::kUnsupported},
    {"azure_event_hubs", SourceKind::kUnsupported},
    {"gelf", SourceKind::kBlock},
    {"cloudflare", SourceKind::kUnsupported},
    {"docker_sd_configs", SourceKind::kBlock},
    {"heroku_drain", SourceKind::kBlock},
});

void read_duration(ConfigNode node, std::string_view key, std::int64_t& ns) {
  GoDuration value{ns};
  node.read(key, value);
  ns = value.ns;
}

void read_global(ConfigNode node, GlobalOptions& global) {
  node.strict({"file_watch_config"});
  const ConfigNode watch = node.get("file_watch_config");
  watch.strict({"min_poll_frequency", "max_poll_frequency"});
  read_duration(watch, "min_poll_frequency", global.poll_min_ns);
  read_duration(watch, "max_poll_frequency", global.poll_max_ns);
}

void read_limits(ConfigNode node, LimitsOptions& limits) {
  node.strict({"readline_rate", "readline_burst", "readline_rate_enabled", "readline_rate_drop",
               "max_streams", "max_line_size", "max_line_size_truncate"});
  node.read("readline_rate", limits.readline_rate);
  node.read("readline_burst", limits.readline_burst);
  node.read("readline_rate_enabled", limits.readline_rate_enabled);
  node.read("readline_rate_drop", limits.readline_rate_drop);
  std::int64_t streams_max = 0;
  if (node.read("max_streams", streams_max))
    limits.client.streams_max = static_cast<std::size_t>(std::max<std::int64_t>(streams_max, 0));
  ByteSize line_size{limits.client.line_bytes_max};
  node.read("max_line_size", line_size);
  limits.client.line_bytes_max = line_size.bytes;
  node.read("max_line_size_truncate", limits.client.truncate_long_lines);
}

// Blocks that Promtail takes and that change nothing here; their keys are still checked.
void check_ignored_blocks(ConfigNode root) {
  root.get("options").strict(std::vector<std::string_view>{});
  const ConfigNode tracing = root.get("tracing");
  tracing.strict({"enabled"});
  bool enabled = true;
  tracing.read("enabled", enabled);
  const ConfigNode wal = root.get("wal");
  wal.strict({"enabled", "dir", "cleanSegmentsOlderThan", "watchConfig"});
  bool wal_enabled = false;
  wal.read("enabled", wal_enabled);
  GoDuration unused;
  wal.read("cleanSegmentsOlderThan", unused);
  const ConfigNode watch = wal.get("watchConfig");
  watch.strict({"minReadFrequency", "maxReadFrequency"});
  watch.read("minReadFrequency", unused);
  watch.read("maxReadFrequency", unused);
  if (wal_enabled) {
    wal.warn(
        "the write-ahead log is not needed: what is not acknowledged is read again from its "
        "source");
  }
}

void read_log_output(ConfigNode node, log::Output& output) {
  node.strict({"path", "max_bytes", "keep", "stderr"});
  read_rotating_file(node, output.file);
  node.read("stderr", output.to_stderr);
}

void read_scrape_config(ConfigNode node, bool ignore_unsupported, AgentConfig& config) {
  std::vector<std::string_view> known = {"job_name", "pipeline_stages", "relabel_configs",
                                         "encoding", "decompression"};
  for (const KeyKind& source : kSourceKeys) known.push_back(source.first);
  node.strict(known);
  ScrapeConfig scrape;
  scrape.node = node;
  node.read("job_name", scrape.job_name);
  if (scrape.job_name.empty())
    node.error("job_name", "job_name is empty; every scrape config needs a name");
  node.read("encoding", scrape.encoding);
  scrape.pipeline_stages = node.get("pipeline_stages");
  scrape.relabel_configs = read_relabel_configs(node.get("relabel_configs"));
  const auto source = std::find_if(kSourceKeys.begin(), kSourceKeys.end(), [&](const KeyKind& key) {
    return !node.get(key.first).empty();
  });
  if (source == kSourceKeys.end()) {
    node.error("no valid target scrape config defined for \"" + scrape.job_name +
               "\"; add static_configs, docker_sd_configs, syslog or another source");
    return;
  }
  scrape.kind = source->second;
  scrape.source_key = source->first;
  if (scrape.kind == SourceKind::kUnsupported) {
    const ConfigNode at = node.get(source->first);
    if (ignore_unsupported) {
      at.warn("not supported by tailrace yet: " + std::string(source->first) +
              "; this scrape config is left out");
    } else {
      at.error("not supported by tailrace yet: " + std::string(source->first) +
               "; start with -ignore-unsupported to run the other scrape configs");
    }
    return;
  }
  if (scrape.kind == SourceKind::kFiles) scrape.discovery = read_discovery_options(node);
  config.scrape_configs.push_back(std::move(scrape));
}

void read_scrape_configs(ConfigNode list, bool ignore_unsupported, AgentConfig& config) {
  std::set<std::string> names;
  for (const ConfigNode& item : list.items()) {
    read_scrape_config(item, ignore_unsupported, config);
    std::string name;
    item.get("job_name").read(name);
    if (!name.empty() && !names.insert(name).second) {
      item.error("job_name", "found multiple scrape configs with job name \"" + name + "\"");
    }
  }
}

// The deprecated block `client` and the flags -client.*: one more client, and labels for all.
void add_flag_client(ConfigNode root, const CommandLine& flags, AgentConfig& config) {
  const ConfigNode node = root.get("client");
  ClientOptions client;
  const bool from_file = !node.empty();
  if (from_file) client = read_client_options(node, false);
  if (flags.given("client.url")) {
    if (Result<Url> url = parse_url(flags.text("client.url"))) {
      client.url = std::move(*url);
    } else {
      root.error("-client.url: " + url.error().text());
    }
  }
  if (flags.given("client.batch-wait"))
    client.batch_wait_ns = flags.duration_ns("client.batch-wait");
  if (flags.given("client.batch-size-bytes"))
    client.batch_bytes = flags.integer("client.batch-size-bytes");
  if (flags.given("client.max-retries"))
    client.backoff.attempts_max = flags.integer("client.max-retries");
  if (flags.given("client.min-backoff"))
    client.backoff.min_ns = flags.duration_ns("client.min-backoff");
  if (flags.given("client.max-backoff"))
    client.backoff.max_ns = flags.duration_ns("client.max-backoff");
  if (flags.given("client.timeout")) client.timeout_ns = flags.duration_ns("client.timeout");
  if (flags.given("client.tenant-id")) client.tenant_id = flags.text("client.tenant-id");
  if (flags.given("client.drop-rate-limited-batches")) {
    client.drop_rate_limited_batches = flags.flag("client.drop-rate-limited-batches");
  }
  client.external_labels.merge(flags.labels("client.external-labels"));
  // Its labels are also below those of every other client.
  for (ClientOptions& other : config.clients)
    other.external_labels.add_missing(client.external_labels);
  if (!client.url.host.empty()) config.clients.push_back(std::move(client));
}

void read_clients(ConfigNode root, const CommandLine& flags, AgentConfig& config) {
  for (const ConfigNode& item : root.get("clients").items())
    config.clients.push_back(read_client_options(item, true));
  add_flag_client(root, flags, config);
  if (config.clients.empty()) {
    root.error("clients",
               "at least one client config must be provided: clients: [{url: "
               "http://localhost:3100/loki/api/v1/push}]");
  }
  std::set<std::string> names;
  for (ClientOptions& client : config.clients) {
    name_client(client);
    if (!names.insert(client.name).second) {
      root.error("clients", "duplicate client configs are not allowed, found duplicate for name: " +
                                client.name);
    }
  }
}

// Flags win over the file.
void apply_flags(const CommandLine& flags, AgentConfig& config) {
  if (flags.given("file-watch.min_poll_frequency"))
    config.global.poll_min_ns = flags.duration_ns("file-watch.min_poll_frequency");
  if (flags.given("file-watch.max_poll_frequency"))
    config.global.poll_max_ns = flags.duration_ns("file-watch.max_poll_frequency");
  if (flags.given("target.sync-period"))
    config.sync_period_ns = flags.duration_ns("target.sync-period");
  if (flags.given("stdin")) config.read_stdin = flags.flag("stdin");
  if (flags.given("positions.file")) config.positions.filename = flags.text("positions.file");
  if (flags.given("positions.sync-period"))
    config.positions.sync_period.ns = flags.duration_ns("positions.sync-period");
  if (flags.given("positions.ignore-invalid-yaml"))
    config.positions.ignore_invalid_yaml = flags.flag("positions.ignore-invalid-yaml");
  LimitsOptions& limits = config.limits;
  if (flags.given("limit.readline-rate"))
    limits.readline_rate = flags.number("limit.readline-rate");
  if (flags.given("limit.readline-burst"))
    limits.readline_burst = flags.integer("limit.readline-burst");
  if (flags.given("limit.readline-rate-enabled"))
    limits.readline_rate_enabled = flags.flag("limit.readline-rate-enabled");
  if (flags.given("limit.readline-rate-drop"))
    limits.readline_rate_drop = flags.flag("limit.readline-rate-drop");
  if (flags.given("max-streams"))
    limits.client.streams_max =
        static_cast<std::size_t>(std::max<std::int64_t>(flags.integer("max-streams"), 0));
  if (flags.given("max-line-size")) limits.client.line_bytes_max = flags.bytes("max-line-size");
  if (flags.given("max-line-size-truncate"))
    limits.client.truncate_long_lines = flags.flag("max-line-size-truncate");
  ServerConfig& server = config.server;
  if (flags.given("server.disable")) server.disable = flags.flag("server.disable");
  if (flags.given("server.enable-runtime-reload"))
    server.enable_runtime_reload = flags.flag("server.enable-runtime-reload");
  if (flags.given("server.http-listen-address"))
    server.listen.address = flags.text("server.http-listen-address");
  if (flags.given("server.http-listen-port"))
    server.listen.port = static_cast<std::uint16_t>(flags.integer("server.http-listen-port"));
  if (flags.given("server.path-prefix")) server.path_prefix = flags.text("server.path-prefix");
  if (flags.given("server.register-instrumentation"))
    server.register_instrumentation = flags.flag("server.register-instrumentation");
  if (flags.given("server.graceful-shutdown-timeout"))
    server.graceful_shutdown_timeout_ns = flags.duration_ns("server.graceful-shutdown-timeout");
  if (flags.given("server.http-read-timeout"))
    server.read_timeout_ns = flags.duration_ns("server.http-read-timeout");
  if (flags.given("server.http-write-timeout"))
    server.write_timeout_ns = flags.duration_ns("server.http-write-timeout");
  if (flags.given("server.http-idle-timeout"))
    server.idle_timeout_ns = flags.duration_ns("server.http-idle-timeout");
  if (flags.given("log.level")) server.log_level = flags.text("log.level");
  if (flags.given("log.format")) server.log_format = flags.text("log.format");
}

// With -stdin the first scrape config reads standard input, with the labels of its static_configs
// (those that begin with "__" too), and there are no others.
void read_from_stdin(AgentConfig& config) {
  ScrapeConfig scrape;
  if (config.scrape_configs.empty()) {
    scrape.job_name = "stdin";
    scrape.stdin_labels = {{"job", "stdin"}, {"hostname", system_host_name()}};
  } else {
    scrape = std::move(config.scrape_configs.front());
    for (const TargetGroup& group : scrape.discovery.static_groups) {
      scrape.stdin_labels.merge(group.labels);
    }
    scrape.discovery = {};
    if (config.scrape_configs.size() > 1) {
      config.yaml->root()
          .get("scrape_configs")
          .warn("with -stdin only the first scrape config is used");
    }
  }
  scrape.kind = SourceKind::kStdin;
  config.scrape_configs.clear();
  config.scrape_configs.push_back(std::move(scrape));
}

// The first of the comma separated candidates that exists.
Result<std::string> find_config_file(const std::string& candidates) {
  if (candidates.empty()) {
    return Error{ErrorCode::kInvalid,
                 "no configuration: say -config.file=promtail.yaml (-help lists all flags)"};
  }
  for (const std::string_view candidate : split(candidates, ',')) {
    std::string path(trim_space(candidate));
    struct stat status {};
    if (!path.empty() && ::stat(path.c_str(), &status) == 0) return path;
  }
  return Error{ErrorCode::kNotFound,
               candidates + ": no such file; -config.file must name a YAML file that exists"};
}

}  // namespace

AgentConfig read_agent_config(std::string file_name, std::string text, const CommandLine& flags) {
  AgentConfig config;
  config.file_name = std::move(file_name);
  config.text = std::move(text);
  config.errors = std::make_shared<ConfigErrors>();
  config.yaml = std::make_shared<YamlFile>(config.file_name, config.text, *config.errors);
  const ConfigNode root = config.yaml->root();
  // What is missing from a file that is no YAML would only hide why.
  if (config.errors->failed() && root.kind() == ConfigNode::Kind::kAbsent) return config;
  root.strict({"global", "server", "client", "clients", "positions", "scrape_configs",
               "target_config", "limits_config", "options", "tracing", "wal", "app", "log", "store",
               "explorer"});
  read_global(root.get("global"), config.global);
  read(root.get("server"), config.server);
  read_clients(root, flags, config);
  read_positions_options(root.get("positions"), config.positions);
  const ConfigNode target_config = root.get("target_config");
  target_config.strict({"sync_period", "stdin"});
  read_duration(target_config, "sync_period", config.sync_period_ns);
  target_config.read("stdin", config.read_stdin);
  read_limits(root.get("limits_config"), config.limits);
  read_scrape_configs(root.get("scrape_configs"), flags.flag("ignore-unsupported"), config);
  check_ignored_blocks(root);
  read(root.get("app"), config.app);
  read_log_output(root.get("log"), config.log);
  read(root.get("store"), config.store);
  read(root.get("explorer"), config.explorer);
  apply_flags(flags, config);
  if (config.read_stdin) read_from_stdin(config);
  return config;
}

Result<AgentConfig> load_agent_config(const CommandLine& flags) {
  TAILRACE_TRY(const std::string path, find_config_file(flags.text("config.file")));
  TAILRACE_TRY(std::string text, read_file(path, std::size_t{64} << 20));
  if (flags.flag("config.expand-env")) {
    Result<std::string> expanded = expand_env(text, process_env);
    if (!expanded) return Error{ErrorCode::kInvalid, path + ":" + expanded.error().text()};
    text = std::move(*expanded);
  }
  AgentConfig config = read_agent_config(path, std::move(text), flags);
  // Pipelines and sources find their problems when they are built: in the same run.
  if (config.errors->failed()) return check_agent_config(config).error();
  return config;
}

}  // namespace tailrace
