// TextSource: what a parsing stage parses, a field or the line.
#pragma once

#include <optional>
#include <string_view>

#include "pipeline/stage.h"
#include "pipeline/stage_options.h"

namespace tailrace {

class TextSource {
 public:
  // Reads the option `source`; absent means the line, an empty name is a problem.
  static TextSource read(StageOptions& options, FieldTable& fields) {
    std::optional<std::string> name;
    options.read("source", name);
    if (name && name->empty())
      options.fail("source", "source cannot be empty; leave it out for the line");
    TextSource source(fields);
    if (name) source.field_ = fields.id(*name);
    return source;
  }

  // The text; nothing if the field is missing or null.
  std::optional<std::string_view> text(Entry& entry) const {
    if (!field_) return entry.line;
    const std::optional<FieldValue> value = entry.fields.find(*field_, *fields_);
    return value ? field_text(*value, *entry.arena) : std::nullopt;
  }
  void plan(FieldsRead& later) const {
    if (field_) later.add(*field_);
  }
  // Null: the line.
  std::optional<FieldId> field() const noexcept { return field_; }

 private:
  explicit TextSource(const FieldTable& fields) : fields_(&fields) {}
  const FieldTable* fields_;
  std::optional<FieldId> field_;
};

}  // namespace tailrace
