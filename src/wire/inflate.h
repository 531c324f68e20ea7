// Whole bodies that came compressed, with a limit on what they grow to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tailrace {

enum class DeflateFormat : std::uint8_t {
  kGzip,
  kZlib,
  kDeflate,  // HTTP's: zlib, or bare as many send it
};

// kInvalid if `bytes` is damaged or cut off; kRejected if it would grow beyond `bytes_max`. Several
// gzip members in a row are one text.
Result<std::string> inflate_all(std::string_view bytes, DeflateFormat format,
                                std::size_t bytes_max);

}  // namespace tailrace
