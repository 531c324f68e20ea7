// Chunk: entries of one stream in order of time, compressed.
//
// Two parts, so that a query that only counts reads no lines, and one that looks for a text
// decompresses nothing else before it finds it. Both are zstd frames with a checksum: a flipped bit
// is noticed.
//
//   index:  version 1 byte | labels | entries | metadata sets
//           | times: the first, then differences | lengths of lines | numbers of metadata sets
//   text:   the lines, each followed by a line feed
//
//   Texts have their length in front; all numbers are varints, times zigzag.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "logql/scan.h"
#include "store/head.h"

namespace tailrace {

struct Chunk {
  std::string index;
  std::string text;
  std::int64_t first_ns = 0;
  std::int64_t last_ns = 0;
  std::size_t entries = 0;
  std::uint64_t bytes = 0;  // of lines and metadata, uncompressed
};

// Compresses; keeps zstd's work memory. For one thread at a time.
class ChunkEncoder {
 public:
  explicit ChunkEncoder(int level);
  ~ChunkEncoder();
  // Sorts `entries` by time, keeping the order of equal times. Not empty.
  Chunk encode(const StreamInfo& stream, std::vector<StoredEntry>& entries);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Decompresses; keeps its buffers. What it gives lives until the next call of the same kind.
class ChunkDecoder {
 public:
  ChunkDecoder();
  ~ChunkDecoder();
  // The lines in one piece. kInvalid: damaged.
  Result<std::string_view> text(std::string_view compressed);
  // The name of the stream it belongs to. Replaces what index() gave.
  Result<std::string_view> stream_name(std::string_view compressed);
  // Everything but lines into `block`, without its `stream` and `order`. kInvalid: damaged, or of
  // other labels.
  Result<void> index(std::string_view compressed, const StreamInfo& stream,
                     logql::EntryBlock& block);
  // Cuts `text` into the lines of `block`.
  Result<void> lines(std::string_view text, logql::EntryBlock& block);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tailrace
