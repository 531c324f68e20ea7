#include "pipeline/metric_config.h"

#include <array>
#include <cmath>
#include <utility>

#include "base/text.h"
#include "base/units.h"
#include "parse/go_number.h"
#include "telemetry/exposition.h"

namespace tailrace {
namespace {

using Action = MetricConfig::Action;
using Kind = MetricConfig::Kind;

constexpr std::string_view kStage = "metrics";
constexpr std::string_view kDefaultPrefix = "promtail_custom_";

struct NamedAction {
  std::string_view name;
  Action action;
};
constexpr std::array kCounterActions = {NamedAction{"inc", Action::kInc},
                                        NamedAction{"add", Action::kAdd}};
constexpr std::array kGaugeActions = {
    NamedAction{"set", Action::kSet}, NamedAction{"inc", Action::kInc},
    NamedAction{"dec", Action::kDec}, NamedAction{"add", Action::kAdd},
    NamedAction{"sub", Action::kSub}};

template <class Actions>
void read_action(StageOptions& config, const Actions& actions, std::string_view kind, Action& out) {
  std::string name;
  config.read("action", name);
  std::string known;
  for (const NamedAction& each : actions) {
    if (equals_ignoring_case(each.name, name)) {
      out = each.action;
      return;
    }
    known += known.empty() ? "" : ", ";
    known += each.name;
  }
  config.fail("action", name.empty()
                            ? "the action of a " + std::string(kind) + " is required: " + known
                            : "unknown action \"" + name + "\" of a " + std::string(kind) +
                                  "; known are " + known);
}

void read_counter(StageOptions& config, MetricConfig& metric) {
  read_action(config, kCounterActions, "counter", metric.action);
  config.read("match_all", metric.match_all);
  config.read("count_entry_bytes", metric.count_entry_bytes);
  if (metric.match_all && metric.value) {
    config.fail("match_all", "`value` cannot be given together with match_all: true");
  }
  if (metric.count_entry_bytes && (!metric.match_all || metric.action != Action::kAdd)) {
    config.fail("count_entry_bytes", "count_entry_bytes needs match_all: true and action: add");
  }
}

void read_histogram(StageOptions& config, MetricConfig& metric) {
  metric.action = Action::kObserve;
  const ConfigNode buckets = config.get("buckets");
  if (buckets.empty()) {
    metric.buckets = {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};
    return;
  }
  for (const ConfigNode& item : buckets.items()) {
    double bound = 0;
    if (!item.read(bound)) {
      config.fail_at(item, "bucket bounds must be numbers");
    } else if (!metric.buckets.empty() && bound <= metric.buckets.back()) {
      config.fail_at(item, "bucket bounds must be in increasing order");
    } else if (std::isfinite(bound)) {  // the last one, +Inf, is there anyway
      metric.buckets.push_back(bound);
    }
  }
}

std::optional<Kind> kind_of(std::string_view type) {
  if (equals_ignoring_case(type, "counter")) return Kind::kCounter;
  if (equals_ignoring_case(type, "gauge")) return Kind::kGauge;
  if (equals_ignoring_case(type, "histogram")) return Kind::kHistogram;
  return std::nullopt;
}

}  // namespace

std::optional<MetricConfig> read_metric(const std::string& name, const ConfigNode& node,
                                        FieldTable& fields) {
  StageOptions options(node, kStage,
                       {"type", "description", "prefix", "source", "max_idle_duration", "config"});
  MetricConfig metric;
  std::string type, prefix, source = name;
  std::optional<std::int64_t> idle_ns;
  options.read("type", type);
  options.read("description", metric.help);
  options.read("prefix", prefix);
  options.read("source", source);
  options.read_duration("max_idle_duration", idle_ns);
  if (!options.good()) return std::nullopt;
  metric.name = escaped_metric_name((prefix.empty() ? std::string(kDefaultPrefix) : prefix) + name);
  metric.source = fields.id(source.empty() ? name : source);
  metric.idle_ns_max = idle_ns.value_or(metric.idle_ns_max);
  if (metric.idle_ns_max < kNsPerSecond) {
    options.fail("max_idle_duration", "max_idle_duration must be 1s or more");
  }
  const std::optional<Kind> kind = kind_of(type);
  if (!kind) {
    options.fail("type", type.empty() ? "the type of metric " + name +
                                            " is required: counter, gauge or histogram"
                                      : "unknown type \"" + type + "\" of metric " + name +
                                            "; known are counter, gauge and histogram");
    return std::nullopt;
  }
  metric.kind = *kind;
  StageOptions config(options.get("config"), kStage,
                      {"action", "value", "match_all", "count_entry_bytes", "buckets"});
  if (!config.good()) return std::nullopt;
  config.read("value", metric.value);
  if (metric.kind == Kind::kCounter) read_counter(config, metric);
  if (metric.kind == Kind::kGauge) read_action(config, kGaugeActions, "gauge", metric.action);
  if (metric.kind == Kind::kHistogram) read_histogram(config, metric);
  if (!options.good() || !config.good()) return std::nullopt;
  return metric;
}

std::optional<double> metric_number(const FieldValue& value) {
  switch (value.kind) {
    case FieldValue::Kind::kNumber:
      return value.number;
    case FieldValue::Kind::kBool:
      return value.boolean ? 1 : 0;
    case FieldValue::Kind::kString: {
      if (const std::optional<double> number = parse_go_float(value.text)) return number;
      // Words are no durations; seen here, they cost no error text.
      if (value.text.find_first_of("0123456789") == value.text.npos) return std::nullopt;
      const Result<std::int64_t> duration = parse_go_duration(value.text);
      if (!duration) return std::nullopt;
      return static_cast<double>(*duration) / static_cast<double>(kNsPerSecond);
    }
    case FieldValue::Kind::kUnset:
    case FieldValue::Kind::kRemoved:
    case FieldValue::Kind::kNull:
      break;
  }
  return std::nullopt;
}

}  // namespace tailrace
