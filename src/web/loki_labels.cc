// labels, values of a label, series.
#include <map>
#include <set>

#include "web/json_writer.h"
#include "web/loki_params.h"
#include "web/loki_route.h"

namespace tailrace {
namespace {

struct Asked {
  std::vector<std::string> selectors;  // a stream needs to fulfil one of them; none: all streams
  LokiParams::Range range;
  std::string label;  // for values
};

// The streams of all selectors together.
Result<std::vector<StreamPtr>> find_streams(Store& store, const Asked& asked) {
  std::map<std::string_view, StreamPtr> found;
  std::vector<std::string> selectors = asked.selectors;
  if (selectors.empty()) selectors.emplace_back();
  for (const std::string& selector : selectors) {
    TAILRACE_TRY(const std::vector<logql::Matcher> matchers, compile_selector(selector));
    TAILRACE_TRY(const std::vector<StreamPtr> streams,
                 // Both ends count, unlike in queries of lines.
                 store.streams(matchers, asked.range.start_ns, asked.range.end_ns + 1));
    for (const StreamPtr& stream : streams) found.emplace(stream->text, stream);
  }
  std::vector<StreamPtr> out;
  for (auto& [text, stream] : found) out.push_back(std::move(stream));
  return out;
}

std::string list_answer(const std::set<std::string_view>& texts) {
  std::string out = "{\"status\":\"success\",\"data\":[";
  bool first = true;
  for (const std::string_view text : texts) {
    if (!first) out += ',';
    first = false;
    append_json_text(out, text);
  }
  out += "]}";
  return out;
}

Result<std::string> label_names(Store& store, const Asked& asked, logql::QueryStop&) {
  TAILRACE_TRY(const std::vector<StreamPtr> streams, find_streams(store, asked));
  std::set<std::string_view> names;
  for (const StreamPtr& stream : streams) {
    for (const Labels::Pair& pair : stream->labels) names.insert(pair.first);
  }
  return list_answer(names);
}

Result<std::string> label_values(Store& store, const Asked& asked, logql::QueryStop&) {
  TAILRACE_TRY(const std::vector<StreamPtr> streams, find_streams(store, asked));
  std::set<std::string_view> values;
  for (const StreamPtr& stream : streams) {
    if (const std::optional<std::string_view> value = stream->labels.find(asked.label))
      values.insert(*value);
  }
  return list_answer(values);
}

Result<std::string> series(Store& store, const Asked& asked, logql::QueryStop&) {
  TAILRACE_TRY(const std::vector<StreamPtr> streams, find_streams(store, asked));
  std::string out = "{\"status\":\"success\",\"data\":[";
  for (std::size_t i = 0; i < streams.size(); ++i) {
    if (i != 0) out += ',';
    append_json_labels(out, streams[i]->labels);
  }
  out += "]}";
  return out;
}

Result<Asked> ask(const Request& request, std::int64_t now_ns, bool for_series) {
  const LokiParams params(request, now_ns);
  Asked out;
  TAILRACE_TRY(out.range, params.range());
  out.label = request.param("name");
  if (for_series) {
    out.selectors = params.all("match");
    for (std::string& selector : params.all("match[]"))
      out.selectors.push_back(std::move(selector));
  } else if (const std::string query = params.get("query"); !query.empty()) {
    out.selectors.push_back(query);
  }
  return out;
}

}  // namespace

void add_loki_labels(Router& router, StoreTasks& tasks) {
  const auto add = [&](std::string_view path, LokiRun<Asked> run, bool for_series) {
    add_store_route<Asked>(
        router, tasks, path,
        [for_series](const Request& request, std::int64_t now_ns) {
          return ask(request, now_ns, for_series);
        },
        run);
  };
  add("/loki/api/v1/labels", label_names, false);
  add("/loki/api/v1/label", label_names, false);
  add("/loki/api/v1/label/{name}/values", label_values, false);
  add("/loki/api/v1/series", series, true);
}

}  // namespace tailrace
