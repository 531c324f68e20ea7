#include "pipeline/bound_template.h"

#include <utility>

namespace tailrace {
namespace {

constexpr std::string_view kValueName = "Value";
constexpr std::string_view kEntryName = "Entry";

}  // namespace

class BoundTemplate::Data final : public TemplateData {
 public:
  Data(const BoundTemplate& bound, Entry& entry, std::optional<std::string_view> value)
      : bound_(bound), entry_(entry), value_(value) {}

  std::optional<std::string_view> field(std::size_t index) const override {
    const Name& name = bound_.names_[index];
    if (name.kind == Kind::kEntry) return entry_.line;
    if (name.kind == Kind::kValue && value_) return value_;
    const std::optional<FieldValue> value = entry_.fields.find(name.field, *bound_.fields_);
    return value ? field_text(*value, *entry_.arena) : std::nullopt;
  }

  void for_each(const Visit& visit) const override {
    entry_.fields.for_each(*bound_.fields_, [&](std::string_view name, const FieldValue& value) {
      if ((name == kValueName && value_) || (name == kEntryName && bound_.knows_entry_)) return;
      if (const auto text = field_text(value, *entry_.arena)) visit(name, *text);
    });
    if (value_) visit(kValueName, *value_);
    if (bound_.knows_entry_) visit(kEntryName, entry_.line);
  }

 private:
  const BoundTemplate& bound_;
  Entry& entry_;
  std::optional<std::string_view> value_;
};

Result<BoundTemplate> BoundTemplate::compile(std::string_view text, bool knows_entry,
                                             PipelineContext& context) {
  TAILRACE_TRY(GoTemplate compiled, GoTemplate::compile(text, {.clock = &context.clock}));
  return BoundTemplate(std::move(compiled), text, knows_entry, context.fields);
}

BoundTemplate::BoundTemplate(GoTemplate compiled, std::string_view text, bool knows_entry,
                             FieldTable& fields)
    : template_(std::move(compiled)), knows_entry_(knows_entry), fields_(&fields) {
  if (text.find("{{") == text.npos) literal_ = text;
  for (const std::string& name : template_.fields()) {
    Kind kind = Kind::kField;
    if (name == kValueName) kind = Kind::kValue;
    if (name == kEntryName && knows_entry) kind = Kind::kEntry;
    names_.push_back({kind, fields.id(name)});
  }
}

void BoundTemplate::plan(FieldsRead& later) const {
  if (template_.uses_whole_map()) later.add_all();
  for (const Name& name : names_) later.add(name.field);
}

Result<void> BoundTemplate::execute(Entry& entry, std::optional<std::string_view> value,
                                    std::string& out) const {
  if (literal_) {
    out += *literal_;
    return {};
  }
  return template_.execute(Data(*this, entry, value), out);
}

}  // namespace tailrace
