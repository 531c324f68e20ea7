#include "model/field.h"

#include "base/text.h"

namespace tailrace {

FieldId FieldTable::id(std::string_view name) {
  const auto known = ids_.find(name);
  if (known != ids_.end()) return known->second;
  const auto id = static_cast<FieldId>(names_.size());
  ids_.emplace(names_.emplace_back(name), id);
  return id;
}

std::optional<FieldId> FieldTable::find(std::string_view name) const {
  const auto known = ids_.find(name);
  return known == ids_.end() ? std::nullopt : std::optional(known->second);
}

std::optional<std::string_view> field_text(const FieldValue& value, Arena& arena) {
  switch (value.kind) {
    case FieldValue::Kind::kString:
      return value.text;
    case FieldValue::Kind::kNumber: {
      char* const out = arena.allocate(kDoubleTextBytesMax);
      const auto bytes = static_cast<std::size_t>(put_double(out, value.number) - out);
      arena.shrink_last(kDoubleTextBytesMax, bytes);
      return std::string_view(out, bytes);
    }
    case FieldValue::Kind::kBool:
      return value.boolean ? std::string_view("true") : std::string_view("false");
    case FieldValue::Kind::kUnset:
    case FieldValue::Kind::kRemoved:
    case FieldValue::Kind::kNull:
      break;
  }
  return std::nullopt;
}

void Fields::refill(const LabelSet* labels, FieldTable& table) {
  if (labels == labels_ && touched_.empty()) return;
  if (labels_ != nullptr && labels != labels_) {
    // Labels that were taken away since the beginning stay in the map.
    for (const auto& [name, value] : labels_->labels()) {
      if (labels->find(name)) continue;
      std::optional<FieldId> id = table.find(name);
      if (!id && table.size() < FieldTable::kNamesMax) id = table.id(name);
      if (!id || (*id < values_.size() && values_[*id].kind != FieldValue::Kind::kUnset)) continue;
      set(*id, FieldValue::of(std::string_view(value)));
    }
  }
  for (FieldId id : touched_) {
    if (const auto value = labels->find(table.name(id))) values_[id] = FieldValue::of(*value);
  }
  labels_ = labels;
}

std::optional<FieldValue> Fields::find_label(FieldId id, const FieldTable& table) const {
  if (labels_ == nullptr) return std::nullopt;
  const std::optional<std::string_view> value = labels_->find(table.name(id));
  return value ? std::optional(FieldValue::of(*value)) : std::nullopt;
}

}  // namespace tailrace
