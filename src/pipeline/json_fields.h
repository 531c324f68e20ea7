// From JSON values to fields, by the rules of the json stage.
#pragma once

#include <string>

#include "base/arena.h"
#include "model/field.h"
#include "parse/json_scan.h"
#include "parse/json_value.h"

namespace tailrace {

// Objects and arrays become JSON text without spaces, in `arena`; `scratch` is room to write it.
FieldValue to_field(const JsonValue& value, Arena& arena, std::string& scratch);
// Absent is null too.
FieldValue to_field(const JsonField& value, Arena& arena, std::string& scratch);

}  // namespace tailrace
