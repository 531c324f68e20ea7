// A push as JSON, made into the bytes of a PushRequest.
//
//   {"streams":[{"stream":{"k":"v"},"values":[["<ns>","line",{"meta":"text"}]]}]}
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace tailrace {

// kInvalid: what is wrong with it.
Result<std::string> push_from_json(std::string_view text);

}  // namespace tailrace
