// What becomes of a push.
#pragma once

#include <string>

namespace tailrace {

struct PushResult {
  int status =
      204;  // as HTTP has it: 204 all stored, 400 some or all refused for good, 429 and 503 later
  std::string message;  // for people; "" with 204
};

}  // namespace tailrace
