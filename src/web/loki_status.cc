// ready, build information, limits, and fixed answers for what we do not have.
#include <string>

#include "base/units.h"
#include "web/json_writer.h"
#include "web/loki_api.h"

namespace tailrace {
namespace {

std::string limits(const StoreOptions& options, std::string_view version) {
  const auto yes = [](bool value) { return value ? std::string("true") : std::string("false"); };
  std::string out =
      "{\"limits\":{\"discover_log_levels\":" + yes(options.discover_log_levels) +
      ",\"discover_service_name\":[\"service\",\"app\",\"application\",\"app_name\",\"name\","
      "\"app_kubernetes_io_name\",\"container\",\"container_name\",\"k8s_container_name\","
      "\"component\","
      "\"workload\",\"job\",\"k8s_job_name\"],\"log_level_fields\":[\"level\",\"LEVEL\",\"Level\","
      "\"severity\",\"SEVERITY\",\"Severity\",\"lvl\",\"LVL\",\"Lvl\"],\"max_entries_limit_per_"
      "query\":" +
      std::to_string(options.entries_max) +
      ",\"max_query_series\":" + std::to_string(options.series_max) + ",\"max_query_length\":\"" +
      format_prometheus_duration(options.query_length_max_ns) +
      "\",\"max_query_range\":\"0s\",\"query_timeout\":\"" +
      format_prometheus_duration(options.query_timeout_ns) + "\",\"retention_period\":\"" +
      format_prometheus_duration(options.retention_ns) +
      "\",\"volume_enabled\":true,\"volume_max_series\":1000,\"metric_aggregation_enabled\":false,"
      "\"pattern_persistence_enabled\":false},\"pattern_ingester_enabled\":false,\"version\":";
  append_json_text(out, version);
  out += '}';
  return out;
}

void add_fixed(Router& router, std::string_view path, std::string body) {
  router.get(
      path, [body = std::move(body)](Request&, Response& response) { response = loki_json(body); });
}

}  // namespace

void add_loki_status(Router& router, StoreTasks& tasks, std::string_view version) {
  router.get("/ready",
             [&tasks](Request&, Response& response) {
               response.status = tasks.stopping() ? 503 : 200;
               response.body = tasks.stopping() ? "the store is stopping\n" : "ready\n";
             },
             {.open = true});
  std::string info = "{\"version\":";
  append_json_text(info, version);
  info +=
      ",\"revision\":\"\",\"branch\":\"tailrace\",\"buildUser\":\"\",\"buildDate\":\"\","
      "\"goVersion\":\"\"}";
  add_fixed(router, "/loki/api/v1/status/buildinfo", std::move(info));
  add_fixed(router, "/loki/api/v1/drilldown-limits", limits(tasks.store().options(), version));
  add_fixed(router, "/prometheus/api/v1/rules",
            "{\"status\":\"success\",\"data\":{\"groups\":[]}}");
  add_fixed(router, "/prometheus/api/v1/alerts",
            "{\"status\":\"success\",\"data\":{\"alerts\":[]}}");
}

}  // namespace tailrace
