// Snappy encoder for log lines: writes snappy's block format, which any snappy reader takes, faster
// than the library's compressor on this kind of text (see tests/bench/snappy_bench.cc for the
// ratio).
//
// Idea. Log lines share long runs: labels, hosts, paths, the beginnings of messages. So a match is
// looked for by 8 bytes at once, not 4: a hash table of 16 KiB that stays in the first-level cache
// then holds enough, false candidates are rare, and short matches that are hardly worth their tag
// are left alone. Over text that does not match the steps grow quickly.
//
// Not done: matches across pieces of the input, like the library's across its 64 KiB blocks; lazy
// matching.
//
//   block  = varint(uncompressed size) { element }*
//   literal: tag xxxxxx00, length - 1 in x or in 1..4 bytes behind, then the bytes
//   copy:    tag oooxxx01 + 1 byte (4..11 bytes from up to 2047 back), tag xxxxxx10 + 2 bytes
//   (1..64 from up to 65535)
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tailrace {

class SnappyEncoder {
 public:
  // Longest piece that encode() takes at once.
  static constexpr std::size_t kPieceBytesMax = 64 * 1024;

  // Bytes that `bytes` of input may take at most, preamble not counted.
  static constexpr std::size_t bytes_max(std::size_t bytes) noexcept {
    return bytes + bytes / 6 + 32;
  }

  // Appends the elements for `piece` (at most kPieceBytesMax bytes) at `out`, which has room for
  // bytes_max(piece.size()); returns the new end.
  char* encode(std::string_view piece, char* out) noexcept;

 private:
  static constexpr int kHashBits = 13;
  std::uint16_t
      table_[std::size_t{1} << kHashBits];  // hash of 8 bytes -> where they stood in the piece
};

}  // namespace tailrace
