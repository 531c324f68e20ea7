#include "store/salvage.h"

#include <algorithm>

namespace tailrace {
namespace {

// So much is lost at most if the power goes meanwhile; the damaged file is still there.
constexpr std::uint64_t kChunksTogether = 256;

// The largest number a chunk may have: whichever of the tables still says it.
std::int64_t last_chunk_id(Database& database) {
  std::int64_t out = 0;
  for (const char* sql : {"SELECT seq FROM sqlite_sequence WHERE name='chunk'",
                          "SELECT max(id) FROM block", "SELECT max(id) FROM chunk"}) {
    const Result<std::int64_t> number = database.read_number(sql);
    if (number) out = std::max(out, *number);
  }
  return out;
}

Result<StreamPtr> check_chunk(const DayDatabase::Parts& parts, StreamCatalog& catalog,
                              ChunkDecoder& decoder, logql::EntryBlock& block) {
  TAILRACE_TRY(const std::string_view name, decoder.stream_name(parts.index));
  StreamPtr stream = catalog.of_name(name);
  if (!stream) return Error{ErrorCode::kInvalid, "damaged chunk: its stream has no name"};
  TAILRACE_CHECK(decoder.index(parts.index, *stream, block));
  TAILRACE_TRY(const std::string_view text, decoder.text(parts.text));
  TAILRACE_CHECK(decoder.lines(text, block));
  if (block.size() == 0) return Error{ErrorCode::kInvalid, "damaged chunk: it is empty"};
  return stream;
}

std::uint64_t bytes_of(const logql::EntryBlock& block) {
  std::vector<std::uint64_t> set_bytes;
  for (const std::vector<logql::MetadataView>& set : block.metadata_sets) {
    std::string encoded;
    for (const auto& [name, value] : set) append_metadata_pair(encoded, name, value);
    set_bytes.push_back(encoded.size());
  }
  std::uint64_t out = 0;
  for (std::size_t i = 0; i < block.size(); ++i)
    out += block.line_bytes[i] + set_bytes[block.metadata[i]];
  return out;
}

}  // namespace

Result<Salvaged> salvage_day(const std::filesystem::path& damaged, StreamCatalog& catalog,
                             DayDatabase& into) {
  Salvaged out;
  Result<DayDatabase> from = DayDatabase::open_damaged(damaged);
  if (!from) return out;
  const std::int64_t last = last_chunk_id(from->database());
  ChunkDecoder decoder;
  logql::EntryBlock block;
  for (std::int64_t id = 1; id <= last;) {
    TAILRACE_TRY(Transaction transaction, Transaction::begin(into.database()));
    for (std::uint64_t i = 0; i < kChunksTogether && id <= last; ++i, ++id) {
      Result<DayDatabase::Parts> parts = from->parts(id);
      if (!parts) continue;
      const Result<StreamPtr> stream = check_chunk(*parts, catalog, decoder, block);
      if (!stream) continue;
      Chunk chunk;
      chunk.first_ns = block.timestamps.front();
      chunk.last_ns = block.timestamps.back();
      chunk.entries = block.size();
      chunk.bytes = bytes_of(block);
      chunk.index = std::move(parts->index);
      chunk.text = std::move(parts->text);
      TAILRACE_CHECK(into.add_chunk(**stream, chunk, 0, std::nullopt, id));
      ++out.chunks;
      out.entries += chunk.entries;
    }
    TAILRACE_CHECK(transaction.commit());
  }
  return out;
}

}  // namespace tailrace
