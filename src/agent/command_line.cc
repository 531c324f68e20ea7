#include "agent/command_line.h"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "agent/label_flag.h"
#include "base/assert.h"
#include "base/text.h"
#include "base/units.h"
#include "parse/go_number.h"
#include "telemetry/log.h"

namespace tailrace {
namespace {

using Kind = FlagSpec::Kind;

// Promtail's flags in the order of its documentation, then ours. Names and defaults: promtail
// -help, 3.6.15.
constexpr auto kFlags = std::to_array<FlagSpec>({
    {"config.file", Kind::kString, "",
     "YAML file to run with; of several, separated by commas, the first that exists"},
    {"config.expand-env", Kind::kBool, "false", "expand ${VAR} in the file from the environment"},
    {"version", Kind::kBool, "false", "print the version and exit"},
    {"help", Kind::kBool, "false", "print this and exit"},
    {"h", Kind::kBool, "false", "print this and exit"},
    {"check-syntax", Kind::kBool, "false",
     "check the file, building everything it asks for, and exit"},
    {"dry-run", Kind::kBool, "false", "print entries to standard output instead of sending them"},
    {"inspect", Kind::kBool, "false", "print what each pipeline stage changes to standard error"},
    {"stdin", Kind::kBool, "false",
     "read lines from standard input through the first scrape config"},
    {"print-config-stderr", Kind::kBool, "false",
     "print the configuration to standard error before running"},
    {"log-config-reverse-order", Kind::kBool, "false", "log the configuration, last line first"},
    {"log.level", Kind::kLogLevel, "info", "debug, info, warn or error"},
    {"log.format", Kind::kString, "logfmt", "logfmt or json"},
    {"target.sync-period", Kind::kDuration, "10s", "how often globs are evaluated again"},
    {"file-watch.min_poll_frequency", Kind::kDuration, "250ms",
     "how often files that cannot be watched are looked at"},
    {"file-watch.max_poll_frequency", Kind::kDuration, "250ms",
     "the same for files that do not change"},
    {"positions.file", Kind::kString, "/var/log/positions.yaml", "where read positions are kept"},
    {"positions.sync-period", Kind::kDuration, "10s", "how often the positions file is written"},
    {"positions.ignore-invalid-yaml", Kind::kBool, "false",
     "start with no positions if the file does not parse"},
    {"client.url", Kind::kString, "", "push URL of one more client"},
    {"client.batch-wait", Kind::kDuration, "1s",
     "longest time before a batch of that client is sent"},
    {"client.batch-size-bytes", Kind::kInt, "1048576", "size at which a batch is sent"},
    {"client.max-retries", Kind::kInt, "10",
     "attempts before a batch is dropped, if given; else there is no end"},
    {"client.min-backoff", Kind::kDuration, "500ms", "first wait between attempts"},
    {"client.max-backoff", Kind::kDuration, "5m", "longest wait between attempts"},
    {"client.timeout", Kind::kDuration, "10s", "time for one push"},
    {"client.external-labels", Kind::kLabels, "",
     "labels for every entry of every client: k=v,k2=v2"},
    {"client.tenant-id", Kind::kString, "", "tenant of that client"},
    {"client.drop-rate-limited-batches", Kind::kBool, "false",
     "drop batches that are answered with 429"},
    {"limit.readline-rate", Kind::kFloat, "10000", "entries a second"},
    {"limit.readline-burst", Kind::kInt, "10000", "entries that may come at once"},
    {"limit.readline-rate-enabled", Kind::kBool, "false", "apply the limit"},
    {"limit.readline-rate-drop", Kind::kBool, "true",
     "drop what is over the limit instead of waiting"},
    {"max-streams", Kind::kInt, "0", "label sets in one batch; 0: no limit"},
    {"max-line-size", Kind::kSize, "0", "longest line that is sent; 0: no limit"},
    {"max-line-size-truncate", Kind::kBool, "false", "cut longer lines instead of dropping them"},
    {"server.disable", Kind::kBool, "false", "no HTTP server"},
    {"server.enable-runtime-reload", Kind::kBool, "false",
     "reload the configuration on POST /reload"},
    {"server.profiling_enabled", Kind::kBool, "false", "accepted, without effect"},
    {"server.http-listen-address", Kind::kString, "", "address of the HTTP server; empty: all"},
    {"server.http-listen-port", Kind::kInt, "80", "port of the HTTP server"},
    {"server.path-prefix", Kind::kString, "", "prefix of all routes"},
    {"server.graceful-shutdown-timeout", Kind::kDuration, "30s",
     "time for running requests at the end"},
    {"server.register-instrumentation", Kind::kBool, "true", "serve /metrics"},
    {"server.http-read-timeout", Kind::kDuration, "30s", "time to read a request"},
    {"server.http-write-timeout", Kind::kDuration, "30s", "time to write an answer"},
    {"server.http-idle-timeout", Kind::kDuration, "2m", "time a connection may rest"},
    {"tracing.enabled", Kind::kBool, "true", "accepted, without effect"},
    {"export.from", Kind::kString, "",
     "export lines from this time on: RFC 3339, or seconds or nanoseconds since 1970"},
    {"export.to", Kind::kString, "", "export lines before this time"},
    {"export.selector", Kind::kString, "", "export only these streams: {job=\"app\"}"},
    {"export.rate", Kind::kSize, "0", "bytes of lines a second an export sends; 0: no limit"},
    {"ignore-unsupported", Kind::kBool, "false",
     "start without the scrape configs that tailrace does not support yet"},
    // From the server library of Promtail: accepted, without effect on shipping logs.
    {"server.cluster-validation.grpc.enabled", Kind::kBool, "false", ""},
    {"server.cluster-validation.grpc.soft-validation", Kind::kBool, "false", ""},
    {"server.cluster-validation.http.enabled", Kind::kBool, "false", ""},
    {"server.cluster-validation.http.excluded-paths", Kind::kString, "", ""},
    {"server.cluster-validation.http.excluded-user-agents", Kind::kString, "", ""},
    {"server.cluster-validation.http.soft-validation", Kind::kBool, "false", ""},
    {"server.cluster-validation.label", Kind::kString, "", ""},
    {"server.grpc-collect-max-streams-by-conn", Kind::kBool, "true", ""},
    {"server.grpc-conn-limit", Kind::kInt, "0", ""},
    {"server.grpc-listen-address", Kind::kString, "", ""},
    {"server.grpc-listen-network", Kind::kString, "tcp", ""},
    {"server.grpc-listen-port", Kind::kInt, "9095", ""},
    {"server.grpc-max-concurrent-streams", Kind::kInt, "100", ""},
    {"server.grpc-max-recv-msg-size-bytes", Kind::kInt, "4194304", ""},
    {"server.grpc-max-send-msg-size-bytes", Kind::kInt, "4194304", ""},
    {"server.grpc-tls-ca-path", Kind::kString, "", ""},
    {"server.grpc-tls-cert-path", Kind::kString, "", ""},
    {"server.grpc-tls-client-auth", Kind::kString, "", ""},
    {"server.grpc-tls-key-path", Kind::kString, "", ""},
    {"server.grpc.keepalive.max-connection-age", Kind::kDuration, "2562047h47m16s", ""},
    {"server.grpc.keepalive.max-connection-age-grace", Kind::kDuration, "2562047h47m16s", ""},
    {"server.grpc.keepalive.max-connection-idle", Kind::kDuration, "2562047h47m16s", ""},
    {"server.grpc.keepalive.min-time-between-pings", Kind::kDuration, "5m", ""},
    {"server.grpc.keepalive.ping-without-stream-allowed", Kind::kBool, "false", ""},
    {"server.grpc.keepalive.time", Kind::kDuration, "2h", ""},
    {"server.grpc.keepalive.timeout", Kind::kDuration, "20s", ""},
    {"server.grpc.num-workers", Kind::kInt, "0", ""},
    {"server.grpc.recv-buffer-pools-enabled", Kind::kBool, "false", ""},
    {"server.grpc.stats-tracking-enabled", Kind::kBool, "true", ""},
    {"server.http-conn-limit", Kind::kInt, "0", ""},
    {"server.http-listen-network", Kind::kString, "tcp", ""},
    {"server.http-log-closed-connections-without-response-enabled", Kind::kBool, "false", ""},
    {"server.http-read-header-timeout", Kind::kDuration, "0s", ""},
    {"server.http-tls-ca-path", Kind::kString, "", ""},
    {"server.http-tls-cert-path", Kind::kString, "", ""},
    {"server.http-tls-client-auth", Kind::kString, "", ""},
    {"server.http-tls-key-path", Kind::kString, "", ""},
    {"server.log-request-at-info-level-enabled", Kind::kBool, "false", ""},
    {"server.log-request-headers", Kind::kBool, "false", ""},
    {"server.log-request-headers-exclude-list", Kind::kString, "", ""},
    {"server.log-source-ips-enabled", Kind::kBool, "false", ""},
    {"server.log-source-ips-full", Kind::kBool, "false", ""},
    {"server.log-source-ips-header", Kind::kString, "", ""},
    {"server.log-source-ips-regex", Kind::kString, "", ""},
    {"server.proxy-protocol-enabled", Kind::kBool, "false", ""},
    {"server.report-grpc-codes-in-instrumentation-label-enabled", Kind::kBool, "false", ""},
    {"server.throughput.latency-cutoff", Kind::kDuration, "0s", ""},
    {"server.throughput.unit", Kind::kString, "samples_processed", ""},
    {"server.tls-cipher-suites", Kind::kString, "", ""},
    {"server.tls-min-version", Kind::kString, "", ""},
    {"server.trace-request-headers", Kind::kBool, "false", ""},
    {"server.trace-request-headers-exclude-list", Kind::kString, "", ""},
});

const FlagSpec* find_flag(std::string_view name) {
  const auto found = std::find_if(kFlags.begin(), kFlags.end(),
                                  [&](const FlagSpec& flag) { return flag.name == name; });
  return found == kFlags.end() ? nullptr : &*found;
}

Result<bool> parse_bool(std::string_view text) {
  // What Go's strconv.ParseBool takes.
  for (const std::string_view yes : {"1", "t", "T", "true", "TRUE", "True"}) {
    if (text == yes) return true;
  }
  for (const std::string_view no : {"0", "f", "F", "false", "FALSE", "False"}) {
    if (text == no) return false;
  }
  return Error{ErrorCode::kInvalid, "not a boolean"};
}

Result<std::int64_t> parse_int(std::string_view text) {
  const std::optional<std::int64_t> value = parse_go_int(text, 0);
  if (!value) return Error{ErrorCode::kInvalid, "not a whole number"};
  return *value;
}

Result<double> parse_float(std::string_view text) {
  const std::optional<double> value = parse_go_float(text);
  if (!value) return Error{ErrorCode::kInvalid, "not a number"};
  return *value;
}

template <class T>
Result<void> whether(Result<T> parsed) {
  if (!parsed) return std::move(parsed).error();
  return {};
}

Result<void> check_value(const FlagSpec& flag, std::string_view text) {
  switch (flag.kind) {
    case Kind::kBool:
      return whether(parse_bool(text));
    case Kind::kInt:
      return whether(parse_int(text));
    case Kind::kFloat:
      return whether(parse_float(text));
    case Kind::kDuration:
      return whether(parse_go_duration(text));
    case Kind::kSize:
      return whether(parse_size(text));
    case Kind::kLabels:
      return whether(parse_label_flag(text));
    case Kind::kLogLevel:
      return whether(log::parse_level(text));
    case Kind::kString:
      return {};
  }
  return {};
}

Error unknown_flag(std::string_view name) {
  std::vector<std::string_view> names;
  for (const FlagSpec& flag : kFlags) names.push_back(flag.name);
  std::string text = "flag provided but not defined: -" + std::string(name);
  if (const std::string_view near = closest(name, names); !near.empty()) {
    text += "; did you mean -" + std::string(near) + "?";
  }
  return Error{ErrorCode::kInvalid, std::move(text)};
}

}  // namespace

Result<CommandLine> CommandLine::parse(std::span<const char* const> arguments) {
  CommandLine out;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    std::string_view argument = arguments[i];
    if (argument.size() < 2 || argument[0] != '-') {
      out.words_.emplace_back(argument);
      continue;
    }
    if (argument == "--") {
      for (++i; i < arguments.size(); ++i) out.words_.emplace_back(arguments[i]);
      break;
    }
    argument.remove_prefix(argument[1] == '-' ? 2 : 1);
    const std::size_t equals = argument.find('=');
    const std::string_view name = argument.substr(0, equals);
    const FlagSpec* const flag = find_flag(name);
    if (flag == nullptr) return unknown_flag(name);
    std::string value;
    if (equals != std::string_view::npos) {
      value = argument.substr(equals + 1);
    } else if (flag->kind == Kind::kBool) {
      value = "true";
    } else if (i + 1 < arguments.size()) {
      value = arguments[++i];
    } else {
      return Error{ErrorCode::kInvalid, "flag needs an argument: -" + std::string(name)};
    }
    if (Result<void> fits = check_value(*flag, value); !fits) {
      return Error{ErrorCode::kInvalid, "invalid value \"" + value + "\" for flag -" +
                                            std::string(name) + ": " + fits.error().text()};
    }
    out.values_.insert_or_assign(std::string(name), std::move(value));
  }
  return out;
}

std::string CommandLine::text(std::string_view name) const {
  const auto given = values_.find(name);
  if (given != values_.end()) return given->second;
  const FlagSpec* const flag = find_flag(name);
  TAILRACE_ASSERT(flag != nullptr, "a flag that is not in the list");
  return std::string(flag->default_text);
}

// The values were checked when they came in, the defaults are ours.
bool CommandLine::flag(std::string_view name) const { return *parse_bool(text(name)); }
std::int64_t CommandLine::integer(std::string_view name) const { return *parse_int(text(name)); }
double CommandLine::number(std::string_view name) const { return *parse_float(text(name)); }
std::int64_t CommandLine::duration_ns(std::string_view name) const {
  return *parse_go_duration(text(name));
}
Labels CommandLine::labels(std::string_view name) const {
  return given(name) ? *parse_label_flag(text(name)) : Labels();
}
std::uint64_t CommandLine::bytes(std::string_view name) const { return *parse_size(text(name)); }

std::string usage_text() {
  std::string out = "Usage of tailrace:\n";
  for (const FlagSpec& flag : kFlags) {
    out += "  -";
    out += flag.name;
    out += "\n    \t";
    out += flag.help.empty() ? "accepted for compatibility, without effect" : flag.help;
    if (!flag.default_text.empty() && flag.default_text != "false") {
      out += " (default ";
      out += flag.default_text;
      out += ")";
    }
    out += '\n';
  }
  out +=
      "\nSubcommands:\n"
      "  healthcheck [URL]\n    \tasks URL (default http://127.0.0.1:9080/ready) and exits with 0 "
      "if it answers 200\n"
      "  export [CLIENT]\n    \tpushes what the store of -config.file holds to a Loki, and exits; "
      "CLIENT is the URL or the name of a client of the file, or any push URL; not needed if the "
      "file "
      "has one client that is not the store\n";
  return out;
}

}  // namespace tailrace
