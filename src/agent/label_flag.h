// The value of -client.external-labels: a=1,b=2.
#pragma once

#include <string_view>

#include "base/result.h"
#include "model/labels.h"

namespace tailrace {

// As Promtail reads it: with one `=` the whole is one label, commas and all; with more it is a line
// of comma-separated values, of which those in double quotes may hold commas ("a=1,2",b=3).
// kInvalid: a part without `=`, or without a name before it.
Result<Labels> parse_label_flag(std::string_view text);

}  // namespace tailrace
