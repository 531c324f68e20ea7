// eventlogmessage: the "key: value" lines of a Windows event's message become fields.
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "pipeline/stage.h"
#include "pipeline/stage_options.h"

namespace tailrace {
namespace {

struct EventOptions {
  FieldId source = 0;
  bool drop_invalid_labels = false;
  bool overwrite_existing = false;
};

bool is_name_start(char32_t c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

// Puts _ for every character that a label name cannot have.
void make_label_name(std::string_view text, std::string& out) {
  out.clear();
  for (std::size_t at = 0; at < text.size();) {
    const bool first = at == 0;
    const char32_t c = decode_utf8(text, at);
    const bool good = is_name_start(c) || (c >= '0' && c <= '9' && !first);
    out += good ? static_cast<char>(c) : '_';
  }
  if (out.empty()) out = "_";
}

class EventlogmessageStage final : public Stage {
 public:
  EventlogmessageStage(const EventOptions& options, FieldTable& fields)
      : options_(options), fields_(fields) {}

  // Which names come is not known, and whether they exist already matters.
  void plan(FieldsRead& later) override { later.add_all(); }

  void accept(Entry& entry) override {
    if (const std::optional<FieldValue> value = entry.fields.find(options_.source, fields_)) {
      if (const auto text = field_text(*value, *entry.arena)) extract(*text, entry);
    }
    pass(entry);
  }

 private:
  void extract(std::string_view message, Entry& entry) {
    for (std::size_t at = 0; at <= message.size();) {
      const std::size_t end = std::min(message.find("\r\n", at), message.size());
      extract_line(message.substr(at, end - at), entry);
      at = end + 2;
    }
  }

  void extract_line(std::string_view line, Entry& entry) {
    const std::size_t colon = line.find(':');
    if (colon == line.npos) return;
    const std::string_view key = line.substr(0, colon);
    const std::string_view value = trim_space(line.substr(colon + 1));
    if (is_label_name(key)) {
      name_ = key;
    } else {
      if (options_.drop_invalid_labels) return;
      make_label_name(key, name_);
    }
    std::optional<FieldId> target = id_of(name_);
    if (target && !options_.overwrite_existing && entry.fields.find(*target, fields_)) {
      name_ += "_extracted";
      target = id_of(name_);
    }
    if (target) entry.fields.set(*target, FieldValue::of(value));
  }

  // Names come from lines: beyond the limit those that nobody knows yet are left out.
  std::optional<FieldId> id_of(std::string_view name) {
    std::optional<FieldId> id = fields_.find(name);
    if (!id && fields_.size() < FieldTable::kNamesMax) id = fields_.id(name);
    return id;
  }

  EventOptions options_;
  FieldTable& fields_;
  std::string name_;
};

}  // namespace

StagePtr make_eventlogmessage_stage(ConfigNode node, PipelineContext& context) {
  StageOptions options(std::move(node), "eventlogmessage",
                       {"source", "drop_invalid_labels", "overwrite_existing"});
  std::string source = "message";
  EventOptions event;
  options.read("source", source);
  options.read("drop_invalid_labels", event.drop_invalid_labels);
  options.read("overwrite_existing", event.overwrite_existing);
  if (!options.good()) return nullptr;
  if (!is_label_name(source)) {
    options.fail("source", "invalid label name: " + source);
    return nullptr;
  }
  event.source = context.fields.id(source);
  return std::make_unique<EventlogmessageStage>(event, context.fields);
}

}  // namespace tailrace
