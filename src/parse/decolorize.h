// Takes the escape sequences of terminals (colours, cursor moves) out of a line.
#pragma once

#include <string_view>

#include "base/arena.h"

namespace tailrace {

// `line` itself if there is nothing to take out, else a copy in `arena`. Same as replacing
// Promtail's expression for the decolorize stage by nothing.
std::string_view decolorize(std::string_view line, Arena& arena);

}  // namespace tailrace
