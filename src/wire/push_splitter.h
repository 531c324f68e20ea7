// Push splitter: one push request as two, for a far end that refuses the whole of it: because it is
// too large, or because of a stream in it that it does not understand.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/byte_buffer.h"
#include "base/result.h"

namespace tailrace {

enum class SplitBy {
  kEntries,  // as near to half of the bytes as entries allow
  kStreams,  // half of the streams each
};

struct PushHalf {
  ByteBuffer body;  // snappy block of a PushRequest
  std::size_t entries = 0;
};

struct PushHalves {
  PushHalf first;  // what stood in front: pushed before the second, no stream changes its order
  PushHalf second;
};

// Splits a snappy block of a PushRequest. kInvalid: it is none, or it has a single entry (stream),
// so that there is nothing to split. Costs what decoding and encoding cost: for the rare case.
Result<PushHalves> split_push(std::string_view block, SplitBy by);

}  // namespace tailrace
