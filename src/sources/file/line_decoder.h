// LineDecoder: turns lines of another character encoding into UTF-8.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "base/arena.h"
#include "base/result.h"

namespace tailrace {

// What a newline is in the bytes of a file. Where it has two, they stand at an even offset.
enum class NewlineKind : std::uint8_t {
  kByte,          // 0a
  kLittleEndian,  // 0a 00
  kBigEndian,     // 00 0a
};

class LineDecoder {
 public:
  virtual ~LineDecoder() = default;
  // The line in UTF-8, in `arena` if it had to change. Undecodable bytes become U+FFFD.
  virtual std::string_view decode(std::string_view line, Arena& arena) const = 0;
  virtual NewlineKind newline() const { return NewlineKind::kByte; }
  // The decoder for a file that begins with `bytes` (two, or fewer if it has not more yet). Lives
  // as long as this one.
  virtual const LineDecoder& for_file(std::string_view bytes) const {
    (void)bytes;
    return *this;
  }
};

// For an IANA name or one of its usual aliases, in any case; kInvalid names what is known.
Result<std::unique_ptr<LineDecoder>> make_line_decoder(std::string_view name);

}  // namespace tailrace
