// Snappy over pieces: compresses what lies in several places as one block, without putting it
// together first. Block format (not the framed stream format), as Loki's push endpoint wants it.
// Compression is our own (snappy_encoder.h), the inverse, which takes bytes from strangers, is the
// library's.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/byte_buffer.h"
#include "base/result.h"

namespace tailrace {

// Compresses the concatenation of `pieces` into `out`, replacing its content but keeping its room.
void snappy_compress(std::span<const std::string_view> pieces, ByteBuffer& out);

// The inverse; kInvalid if `block` is no snappy block or would grow over `bytes_max`.
Result<std::string> snappy_uncompress(std::string_view block, std::size_t bytes_max);

}  // namespace tailrace
