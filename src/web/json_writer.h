// JSON, appended to a string: quoted texts and numbers in the forms that Loki's clients read.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "model/labels.h"

namespace tailrace {

// In double quotes; what is no UTF-8 becomes U+FFFD.
void append_json_text(std::string& out, std::string_view text);
// Seconds with at most three decimals, as samples have them: 1795313430 or 1795313485.035
void append_json_seconds(std::string& out, std::int64_t timestamp_ns);
// A sample's value, as a text: "2", "NaN", "+Inf"
void append_json_value(std::string& out, double value);
// A plain number, never NaN.
void append_json_number_of(std::string& out, double value);
// {"a":"x","b":"y"}
void append_json_labels(std::string& out, const Labels& labels);

}  // namespace tailrace
