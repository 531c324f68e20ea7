// ChunkMaker: makes a chunk of a sealed run, on a worker.
//
// Slow streams would leave many small chunks behind; so a small run is joined with the stream's
// newest chunk if that is small too, and replaces it.
#pragma once

#include <optional>

#include "base/result.h"
#include "store/chunk.h"
#include "store/day_database.h"
#include "store/head.h"
#include "store/store_options.h"

namespace tailrace {

struct MadeChunk {
  RunPtr run;
  Chunk chunk;
  std::optional<ChunkRow> replaced;
};

// `day_file`: of the run's day, to look for a chunk to join with; empty: do not.
MadeChunk make_chunk(RunPtr run, const std::filesystem::path& day_file,
                     const StoreOptions& options);

// All entries of a stored chunk, in order. Views live in `decoder` and `block`; metadata in
// `metadata`.
struct UnpackedChunk {
  DayDatabase::Parts parts;
  logql::EntryBlock block;
  std::vector<std::string> metadata;  // encoded, by number of the block's sets
  std::vector<StoredEntry> entries;
};
Result<void> unpack_chunk(DayDatabase& day, const StreamInfo& stream, const ChunkRow& row,
                          ChunkDecoder& decoder, UnpackedChunk& out);

}  // namespace tailrace
