// LineDecoder: turns lines of another character encoding into UTF-8.
#pragma once

#include <string_view>

#include "base/arena.h"

namespace tailrace {

class LineDecoder {
 public:
  virtual ~LineDecoder() = default;
  // The line in UTF-8, in `arena` if it had to change. Undecodable bytes become U+FFFD.
  virtual std::string_view decode(std::string_view line, Arena& arena) = 0;
};

}  // namespace tailrace
