// docker: lines of Docker's json-file log driver.
//
//   {"log":"hello\n","stream":"stdout","time":"2021-03-04T05:06:07.123456789Z"}
//
// Same as json (output: log, stream, timestamp: time), labels (stream), timestamp (RFC3339Nano),
// output, but in one pass over the text.
#include <array>
#include <string>
#include <utility>

#include "base/text.h"
#include "parse/go_time.h"
#include "pipeline/json_fields.h"
#include "pipeline/last_timestamps.h"
#include "pipeline/stage.h"
#include "pipeline/stage_options.h"

namespace tailrace {
namespace {

class DockerStage final : public Stage {
 public:
  explicit DockerStage(FieldTable& fields)
      : targets_{fields.id("output"), fields.id("stream"), fields.id("timestamp")} {}

  void plan(FieldsRead& later) override {
    for (std::size_t i = 0; i < targets_.size(); ++i) wanted_[i] = later.has(targets_[i]);
  }

  void accept(Entry& entry) override {
    std::array<JsonField, 3> values;
    if (!keys_.scan(entry.line, *entry.arena, values)) return pass(entry);
    for (std::size_t i = 0; i < targets_.size(); ++i) {
      if (wanted_[i]) entry.fields.set(targets_[i], to_field(values[i], *entry.arena, scratch_));
    }
    if (const auto stream = text_of(values[1], entry)) {
      if (is_valid_utf8(*stream)) entry.labels.set("stream", *stream);
    }
    last_.apply(entry, time_of(values[2], entry));
    if (const auto output = text_of(values[0], entry)) entry.line = *output;
    pass(entry);
  }

 private:
  std::optional<std::string_view> text_of(const JsonField& value, Entry& entry) {
    if (value.kind == JsonField::Kind::kString) return value.text;
    return field_text(to_field(value, *entry.arena, scratch_), *entry.arena);
  }

  std::optional<std::int64_t> time_of(const JsonField& value, Entry& entry) {
    const std::optional<std::string_view> text = text_of(value, entry);
    if (!text) return std::nullopt;
    const std::optional<GoTime> time = parse_rfc3339(*text);
    return time ? time->unix_ns() : std::nullopt;
  }

  const JsonFields keys_{{"log", "stream", "time"}};
  std::array<FieldId, 3> targets_;  // of keys_
  std::array<bool, 3> wanted_{};
  LastTimestamps last_;
  std::string scratch_;
};

}  // namespace

StagePtr make_docker_stage(ConfigNode node, PipelineContext& context) {
  StageOptions options(std::move(node), "docker", {});
  if (!options.good()) return nullptr;
  return std::make_unique<DockerStage>(context.fields);
}

}  // namespace tailrace
