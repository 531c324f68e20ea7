// detected_labels, detected_fields, detected_field/<name>/values, patterns.
#include <algorithm>
#include <cstdint>
#include <map>
#include <set>

#include "logql/query_parser.h"
#include "parse/byte_size.h"
#include "parse/go_number.h"
#include "web/field_detection.h"
#include "web/json_writer.h"
#include "web/loki_params.h"
#include "web/loki_route.h"

namespace tailrace {
namespace {

struct Asked {
  std::string query;
  LokiParams::Range range;
  std::size_t line_limit = 100;
  std::size_t field_limit = 1000;
  std::string field;
};

bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    const char c = text[i];
    const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (dash ? c != '-' : !hex) return false;
  }
  return true;
}

// Labels that only tell things apart are no help for browsing.
bool is_worth_showing(std::string_view name, const std::set<std::string_view>& values) {
  constexpr std::string_view kAlways[] = {"cluster", "namespace", "instance", "pod",
                                          "service_name"};
  if (std::find(std::begin(kAlways), std::end(kAlways), name) != std::end(kAlways)) return true;
  return std::any_of(values.begin(), values.end(), [](std::string_view value) {
    return !parse_go_float(value) && !is_uuid(value);
  });
}

Result<std::string> detected_labels(Store& store, const Asked& asked, logql::QueryStop&) {
  TAILRACE_TRY(const std::vector<logql::Matcher> matchers, compile_selector(asked.query));
  TAILRACE_TRY(const std::vector<StreamPtr> streams,
               store.streams(matchers, asked.range.start_ns, asked.range.end_ns));
  std::map<std::string_view, std::set<std::string_view>> labels;
  for (const StreamPtr& stream : streams) {
    for (const Labels::Pair& pair : stream->labels) labels[pair.first].insert(pair.second);
  }
  std::string out = "{\"detectedLabels\":[";
  bool first = true;
  for (const auto& [name, values] : labels) {
    if (!is_worth_showing(name, values)) continue;
    if (!first) out += ',';
    first = false;
    out += "{\"label\":";
    append_json_text(out, name);
    out += ",\"cardinality\":" + std::to_string(values.size()) + "}";
  }
  out += "]}";
  return out;
}

Result<std::map<std::string, DetectedField>> fields_of(Store& store, const Asked& asked,
                                                       std::size_t fields_max,
                                                       logql::QueryStop& stop) {
  TAILRACE_TRY(const logql::LogQuery query, logql::parse_log_query(asked.query));
  const std::size_t lines = asked.line_limit;
  TAILRACE_CHECK(check_entries_limit(store, lines));
  TAILRACE_TRY(const logql::LogResult found,
               logql::run_log_query(query, {asked.range.start_ns, asked.range.end_ns, lines, true},
                                    store, stop));
  return detect_fields(found.entries, fields_max);
}

void append_texts(std::string& out, const auto& texts) {
  out += '[';
  bool first = true;
  for (const std::string& text : texts) {
    if (!first) out += ',';
    first = false;
    append_json_text(out, text);
  }
  out += ']';
}

Result<std::string> detected_fields(Store& store, const Asked& asked, logql::QueryStop& stop) {
  TAILRACE_TRY(const auto fields, fields_of(store, asked, asked.field_limit, stop));
  std::string out = "{\"fields\":[";
  bool first = true;
  for (const auto& [name, field] : fields) {
    if (!first) out += ',';
    first = false;
    out += "{\"label\":";
    append_json_text(out, name);
    out += ",\"type\":\"" + field.type +
           "\",\"cardinality\":" + std::to_string(field.values.size()) + ",\"parsers\":";
    if (field.parsers.empty()) {
      out += "null";
    } else {
      append_texts(out, field.parsers);
    }
    if (!field.json_path.empty()) {
      out += ",\"jsonPath\":";
      append_texts(out, field.json_path);
    }
    out += '}';
  }
  out += "],\"limit\":" + std::to_string(asked.field_limit) + "}";
  return out;
}

// "1.5MB": sizes are told in the unit that makes them short, so that they can stand in a query.
std::string value_text(const std::string& value) {
  const std::optional<std::uint64_t> bytes = parse_bytes(value);
  const char last = value.empty() ? '0' : value.back();
  if (!bytes || (last >= '0' && last <= '9') || last == '.' || last == ' ') return value;
  return format_bytes(*bytes);
}

Result<std::string> detected_values(Store& store, const Asked& asked, logql::QueryStop& stop) {
  // The limit is one of values: any number of fields may come before the one that is asked for.
  TAILRACE_TRY(const auto fields, fields_of(store, asked, SIZE_MAX, stop));
  std::string out = "{\"values\":[";
  const auto found = fields.find(asked.field);
  std::size_t count = 0;
  if (found != fields.end()) {
    std::set<std::string> values;
    const bool is_parsed = !found->second.parsers.empty();
    for (const std::string& value : found->second.values)
      values.insert(is_parsed ? value_text(value) : value);
    for (const std::string& value : values) {
      if (count == asked.field_limit) break;
      if (count++ != 0) out += ',';
      append_json_text(out, value);
    }
  }
  out += "],\"limit\":" + std::to_string(asked.field_limit) + "}";
  return out;
}

Result<std::string> patterns(Store&, const Asked&, logql::QueryStop&) {
  return std::string("{\"status\":\"success\",\"data\":[]}");
}

Result<Asked> ask(const Request& request, std::int64_t now_ns) {
  const LokiParams params(request, now_ns);
  Asked out;
  out.query = params.get("query");
  out.field = request.param("name");
  TAILRACE_TRY(out.range, params.range());
  TAILRACE_TRY(out.line_limit, params.count("line_limit", 100));
  // The older name counts where the newer one is absent.
  TAILRACE_TRY(const std::size_t old_limit, params.count("field_limit", 1000));
  TAILRACE_TRY(out.field_limit, params.count("limit", old_limit));
  return out;
}

}  // namespace

void add_loki_fields(Router& router, StoreTasks& tasks) {
  const auto add = [&](std::string_view path, LokiRun<Asked> run) {
    add_store_route<Asked>(router, tasks, path, ask, run);
  };
  add("/loki/api/v1/detected_labels", detected_labels);
  add("/loki/api/v1/detected_fields", detected_fields);
  add("/loki/api/v1/detected_field/{name}/values", detected_values);
  add("/loki/api/v1/patterns", patterns);
}

}  // namespace tailrace
