#include "logql/query_template.h"

#include <cstdio>
#include <ctime>
#include <string>
#include <utility>

#include "base/clock.h"

namespace tailrace::logql {
namespace {

constexpr std::string_view kLine = "__line__";
constexpr std::string_view kTimestamp = "__timestamp__";

std::string rfc3339(std::int64_t ns) {
  std::int64_t seconds = ns / kNsPerSecond;
  std::int64_t rest = ns % kNsPerSecond;
  if (rest < 0) {
    rest += kNsPerSecond;
    --seconds;
  }
  const std::time_t time = seconds;
  std::tm parts{};
  ::gmtime_r(&time, &parts);
  char out[96];
  std::snprintf(out, sizeof out, "%04d-%02d-%02dT%02d:%02d:%02d.%09lldZ", parts.tm_year + 1900,
                parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                static_cast<long long>(rest));
  return out;
}

// A label that is not there is the empty text.
class LabelData final : public TemplateData {
 public:
  LabelData(const GoTemplate& text, LineState& state) : template_(text), state_(state) {}
  std::optional<std::string_view> field(std::size_t index) const override {
    const std::string& name = template_.fields()[index];
    if (name == kLine) return state_.line;
    if (name == kTimestamp) return state_.arena.copy(rfc3339(state_.timestamp_ns));
    return state_.labels.get(name);
  }
  void for_each(const Visit& visit) const override {
    const LineLabels& labels = state_.labels;
    for (const LineLabel& label : labels.all()) visit(label.name, label.value);
    if (labels.has_error()) visit(kErrorLabel, labels.error());
    if (!labels.error_details().empty()) visit(kErrorDetailsLabel, labels.error_details());
  }

 private:
  const GoTemplate& template_;
  LineState& state_;
};

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// The two functions that only queries have, as fields: `__line__` becomes `$.__line__`,
// `__timestamp__` a call that makes a time of one. Only in actions, and not in their strings.
std::string with_line_functions(std::string_view text) {
  std::string out;
  bool in_action = false;
  char quote = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view rest = text.substr(at);
    if (!in_action) {
      in_action = rest.starts_with("{{");
    } else if (quote != 0) {
      if (quote == '"' && rest[0] == '\\' && rest.size() > 1)
        out += text[at++];
      else if (rest[0] == quote)
        quote = 0;
    } else if (rest[0] == '"' || rest[0] == '`' || rest[0] == '\'') {
      quote = rest[0];
    } else if (rest.starts_with("}}")) {
      in_action = false;
    } else if (at == 0 || (!is_name_character(text[at - 1]) && text[at - 1] != '.')) {
      const auto is_word = [&](std::string_view word) {
        return rest.starts_with(word) &&
               (rest.size() == word.size() || !is_name_character(rest[word.size()]));
      };
      if (is_word(kLine)) {
        out += "$.__line__";
        at += kLine.size();
        continue;
      }
      if (is_word(kTimestamp)) {
        out += "(toDate \"2006-01-02T15:04:05.999999999Z07:00\" $.__timestamp__)";
        at += kTimestamp.size();
        continue;
      }
    }
    out += text[at++];
  }
  return out;
}

}  // namespace

Result<QueryTemplate> QueryTemplate::compile(std::string_view text) {
  GoTemplateOptions options;
  options.functions = TemplateFunctions::kQuery;
  TAILRACE_TRY(GoTemplate compiled, GoTemplate::compile(with_line_functions(text), options));
  return QueryTemplate(std::move(compiled));
}

std::optional<std::string_view> QueryTemplate::execute(LineState& state) {
  out_.clear();
  const Result<void> done = template_.execute(LabelData(template_, state), out_);
  if (!done) {
    state.labels.set_error("TemplateFormatErr", state.arena.copy(done.error().text()));
    return std::nullopt;
  }
  return state.arena.copy(out_);
}

}  // namespace tailrace::logql
