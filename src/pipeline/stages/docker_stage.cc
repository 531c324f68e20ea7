// docker: lines of Docker's json-file log driver.
//
//   {"log":"hello\n","stream":"stdout","time":"2021-03-04T05:06:07.123456789Z"}
//
// Same as a nested pipeline of json (output: log, stream, timestamp: time), labels (stream),
// timestamp (RFC3339Nano) and output, but in one pass over the text. As in every nested pipeline
// the fields take the labels of this moment first; a line that is no JSON goes on with the fields
// it has.
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
      : fields_(fields),
        targets_{fields.id("output"), fields.id("stream"), fields.id("timestamp")} {}

  void plan(FieldsRead& later) override {
    for (std::size_t i = 0; i < targets_.size(); ++i) {
      wanted_[i] = later.has(targets_[i]);
      later.add(targets_[i]);  // for lines that are no JSON
    }
  }

  void accept(Entry& entry) override {
    entry.fields.refill(entry.stream(), fields_);
    std::array<JsonField, 3> values;
    Texts texts;
    if (keys_.scan(entry.line, *entry.arena, values)) {
      for (std::size_t i = 0; i < targets_.size(); ++i) {
        if (wanted_[i]) entry.fields.set(targets_[i], to_field(values[i], *entry.arena, scratch_));
        texts[i] = text_of(values[i], entry);
      }
    } else {
      for (std::size_t i = 0; i < targets_.size(); ++i) texts[i] = known_text(targets_[i], entry);
    }
    use(texts, entry);
    pass(entry);
  }

 private:
  using Texts = std::array<std::optional<std::string_view>, 3>;  // output, stream, timestamp

  void use(const Texts& texts, Entry& entry) {
    const auto& [output, stream, time] = texts;
    if (stream && is_valid_utf8(*stream)) entry.labels.set("stream", *stream);
    const std::optional<GoTime> parsed = time ? parse_rfc3339(*time) : std::nullopt;
    last_.apply(entry, parsed ? parsed->unix_ns() : std::nullopt);
    if (output) entry.line = *output;
  }

  std::optional<std::string_view> known_text(FieldId field, Entry& entry) const {
    const std::optional<FieldValue> value = entry.fields.find(field, fields_);
    return value ? field_text(*value, *entry.arena) : std::nullopt;
  }

  std::optional<std::string_view> text_of(const JsonField& value, Entry& entry) {
    if (value.kind == JsonField::Kind::kString) return value.text;
    return field_text(to_field(value, *entry.arena, scratch_), *entry.arena);
  }

  FieldTable& fields_;
  const JsonFields keys_{{"log", "stream", "time"}};
  std::array<FieldId, 3> targets_;  // of keys_
  std::array<bool, 3> wanted_{};
  LastTimestamps last_;
  std::string scratch_;
};

}  // namespace

StagePtr make_docker_stage(ConfigNode node, PipelineContext& context) {
  warn_of_options(node, "docker");
  return std::make_unique<DockerStage>(context.fields);
}

}  // namespace tailrace
