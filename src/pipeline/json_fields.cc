#include "pipeline/json_fields.h"

#include <optional>

namespace tailrace {

FieldValue to_field(const JsonValue& value, Arena& arena, std::string& scratch) {
  switch (value.kind()) {
    case JsonValue::Kind::kNull:
      return FieldValue::null();
    case JsonValue::Kind::kBool:
      return FieldValue::of_bool(value.boolean());
    case JsonValue::Kind::kNumber:
      return FieldValue::of(value.number());
    case JsonValue::Kind::kString:
      return FieldValue::of(value.text());
    case JsonValue::Kind::kArray:
    case JsonValue::Kind::kObject:
      break;
  }
  scratch.clear();
  append_json(scratch, value, kJsonIteratorStyle);
  return FieldValue::of(arena.copy(scratch));
}

FieldValue to_field(const JsonField& value, Arena& arena, std::string& scratch) {
  switch (value.kind) {
    case JsonField::Kind::kAbsent:
    case JsonField::Kind::kNull:
      return FieldValue::null();
    case JsonField::Kind::kBool:
      return FieldValue::of_bool(value.boolean);
    case JsonField::Kind::kNumber:
      return FieldValue::of(value.number);
    case JsonField::Kind::kString:
      return FieldValue::of(value.text);
    case JsonField::Kind::kObject:
    case JsonField::Kind::kArray:
      break;
  }
  const std::optional<JsonValue> tree = parse_json(value.text, arena, JsonBytes::kKeep);
  return tree ? to_field(*tree, arena, scratch) : FieldValue::null();
}

}  // namespace tailrace
