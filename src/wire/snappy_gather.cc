#include "wire/snappy_gather.h"

#include <snappy.h>

#include "base/varint.h"
#include "wire/snappy_encoder.h"

namespace tailrace {

void snappy_compress(std::span<const std::string_view> pieces, ByteBuffer& out) {
  std::size_t bytes = 0;
  std::size_t room = kVarintBytesMax;
  for (const std::string_view piece : pieces) {
    bytes += piece.size();
    room += SnappyEncoder::bytes_max(piece.size());
  }
  SnappyEncoder encoder;
  char* const begin = out.reserve(room);
  char* end = put_varint(begin, bytes);
  for (std::string_view piece : pieces) {
    while (!piece.empty()) {
      const std::string_view part = piece.substr(0, SnappyEncoder::kPieceBytesMax);
      end = encoder.encode(part, end);
      piece.remove_prefix(part.size());
    }
  }
  out.set_size(static_cast<std::size_t>(end - begin));
}

Result<std::string> snappy_uncompress(std::string_view block, std::size_t bytes_max) {
  std::size_t bytes = 0;
  if (!snappy::GetUncompressedLength(block.data(), block.size(), &bytes)) {
    return Error{ErrorCode::kInvalid, "snappy: corrupt input"};
  }
  if (bytes > bytes_max) {
    return Error{ErrorCode::kInvalid, "uncompressed size " + std::to_string(bytes) +
                                          " is over the limit of " + std::to_string(bytes_max) +
                                          " bytes"};
  }
  std::string out(bytes, '\0');
  if (!snappy::RawUncompress(block.data(), block.size(), out.data())) {
    return Error{ErrorCode::kInvalid, "snappy: corrupt input"};
  }
  return out;
}

}  // namespace tailrace
