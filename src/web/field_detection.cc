#include "web/field_detection.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/arena.h"
#include "base/text.h"
#include "base/units.h"
#include "logql/line_pipeline.h"
#include "parse/byte_size.h"
#include "parse/go_number.h"
#include "parse/json_value.h"

namespace tailrace {
namespace {

std::string type_of(std::string_view value) {
  if (parse_go_int(value, 10)) return "int";
  if (parse_go_float(value)) return "float";
  constexpr std::string_view kBooleans[] = {"t", "T", "TRUE",  "true",  "True",
                                            "f", "F", "FALSE", "false", "False"};
  if (std::find(std::begin(kBooleans), std::end(kBooleans), value) != std::end(kBooleans))
    return "boolean";
  if (parse_go_duration(value)) return "duration";
  if (parse_bytes(value)) return "bytes";
  return "string";
}

class Detection {
 public:
  explicit Detection(std::size_t fields_max) : fields_max_(fields_max) {}

  void look_at(const logql::FoundEntry& entry) {
    arena_.reset();
    for (const logql::OwnedLabel& label : entry.labels) {
      if (label.source == logql::LabelSource::kMetadata) note(label.name, label.value, "", {});
      // What the query itself parsed.
      if (label.source == logql::LabelSource::kParsed && !label.name.starts_with("__error"))
        parsed_.emplace_back(label.name, label.value);
    }
    const std::string_view line = trim_space(entry.line);
    const std::optional<JsonValue> json =
        line.starts_with('{') ? parse_json(line, arena_) : std::nullopt;
    const bool is_json = json && json->is_object();
    for (const auto& [name, value] : parsed_) note(name, value, is_json ? "json" : "logfmt", {});
    parsed_.clear();
    if (is_json) {
      std::vector<std::string> path;
      members(*json, entry, path, "");
    } else {
      pairs(entry);
    }
  }

  std::map<std::string, DetectedField> take() { return std::move(fields_); }

 private:
  void note(const std::string& name, std::string_view value, std::string_view parser,
            std::vector<std::string> path) {
    auto found = fields_.find(name);
    if (found == fields_.end()) {
      if (fields_.size() >= fields_max_) return;
      found = fields_.emplace(name, DetectedField()).first;
      found->second.type = type_of(value);
      found->second.json_path = std::move(path);
    }
    found->second.values.emplace(value);
    if (!parser.empty()) found->second.parsers.emplace(parser);
  }

  std::string free_name(const logql::FoundEntry& entry, std::string name) const {
    const bool taken =
        std::any_of(entry.labels.begin(), entry.labels.end(), [&](const logql::OwnedLabel& label) {
          return label.name == name && label.source == logql::LabelSource::kStream;
        });
    return taken ? name + "_extracted" : name;
  }

  void members(const JsonValue& object, const logql::FoundEntry& entry,
               std::vector<std::string>& path, const std::string& prefix) {
    if (path.size() > 100) return;
    for (const JsonMember& member : object.members()) {
      path.emplace_back(member.key);
      const std::string name = prefix + std::string(logql::label_name_of(member.key, arena_));
      const JsonValue& value = member.value;
      if (value.is_object()) {
        members(value, entry, path, name + "_");
      } else if (value.is_string()) {
        note(free_name(entry, name), value.text(), "json", path);
      } else if (value.is_number() || value.is_bool()) {
        std::string text;
        append_json(text, value);
        note(free_name(entry, name), text, "json", path);
      }
      path.pop_back();
    }
  }

  void pairs(const logql::FoundEntry& entry) {
    if (!stage_) stage_ = logql::make_stage(logql::LogfmtSyntax{}).value();
    Labels stream;
    for (const logql::OwnedLabel& label : entry.labels) {
      if (label.source == logql::LabelSource::kStream) stream.set(label.name, label.value);
    }
    state_.arena.reset();
    state_.line = entry.line;
    state_.labels.begin(stream, {}, state_.arena);
    stage_->process(state_);
    for (const logql::LineLabel& label : state_.labels.all()) {
      if (label.source == logql::LabelSource::kParsed)
        note(std::string(label.name), label.value, "logfmt", {});
    }
  }

  const std::size_t fields_max_;
  std::map<std::string, DetectedField> fields_;
  std::vector<std::pair<std::string, std::string>> parsed_;
  Arena arena_;
  logql::LineStagePtr stage_;
  logql::LineState state_;
};

}  // namespace

std::map<std::string, DetectedField> detect_fields(const std::vector<logql::FoundEntry>& entries,
                                                   std::size_t fields_max) {
  Detection detection(fields_max);
  for (const logql::FoundEntry& entry : entries) detection.look_at(entry);
  return detection.take();
}

}  // namespace tailrace
