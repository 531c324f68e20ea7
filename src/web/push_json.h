// A push as JSON, made into the bytes of a PushRequest; and bodies that are packed.
//
//   {"streams":[{"stream":{"k":"v"},"values":[["<ns>","line",{"meta":"text"}]]}]}
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace tailrace {

// kInvalid: what is wrong with it.
Result<std::string> push_from_json(std::string_view text);

// Content-Encoding "gzip" or "deflate" undone; kInvalid if it is broken or grows over `bytes_max`.
Result<std::string> unpack_body(std::string_view encoding, std::string_view body,
                                std::size_t bytes_max);

}  // namespace tailrace
