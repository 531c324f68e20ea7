// Label sets as text, as Loki's push carries them: {job="web", path="/a\"b"}.
#pragma once

#include <string_view>

#include "base/result.h"
#include "model/labels.h"

namespace tailrace {

// By Prometheus' rules: names are identifiers, or any text in quotes; strings in double or single
// quotes have Go's escapes, in backquotes none; a comma may stand at the end. kInvalid says where.
Result<Labels> parse_label_text(std::string_view text);

}  // namespace tailrace
