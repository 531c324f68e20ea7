// Decompressor: a compressed stream, fed and emptied in pieces.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "base/result.h"

namespace tailrace {

enum class CompressionFormat : std::uint8_t { kGzip, kBzip2, kZlib };

class Decompressor {
 public:
  struct Progress {
    std::size_t consumed = 0;  // bytes of the input
    std::size_t produced = 0;  // bytes in `out`
  };

  static std::unique_ptr<Decompressor> make(CompressionFormat format);
  virtual ~Decompressor() = default;
  Decompressor(const Decompressor&) = delete;
  Decompressor& operator=(const Decompressor&) = delete;

  // Goes on with `input`, which may end anywhere. No progress at all: more input is needed.
  // Several gzip members or bzip2 streams in a row are one text. kInvalid: the data is damaged.
  virtual Result<Progress> run(std::string_view input, std::span<char> out) = 0;
  // Whether the input may end here: behind a whole stream.
  virtual bool at_end() const = 0;

 protected:
  Decompressor() = default;
};

}  // namespace tailrace
