#include "store/chunk_maker.h"

#include <utility>

#include "telemetry/log.h"

namespace tailrace {
namespace {

// Chunks and runs below this part of a full chunk are small.
constexpr std::uint64_t kSmallPart = 4;

Result<std::optional<ChunkRow>> chunk_to_join(DayDatabase& day, const Run& run,
                                              const StoreOptions& options) {
  TAILRACE_TRY(const std::optional<DayStream> stream, day.stream(run.stream()->text));
  if (!stream) return std::optional<ChunkRow>();
  TAILRACE_TRY(std::optional<ChunkRow> newest, day.newest_chunk(stream->id));
  if (newest && newest->bytes >= options.chunk_bytes / kSmallPart) newest.reset();
  return newest;
}

}  // namespace

Result<void> unpack_chunk(DayDatabase& day, const StreamInfo& stream, const ChunkRow& row,
                          ChunkDecoder& decoder, UnpackedChunk& out) {
  TAILRACE_TRY(out.parts, day.parts(row.id));
  TAILRACE_CHECK(decoder.index(out.parts.index, stream, out.block));
  TAILRACE_TRY(const std::string_view text, decoder.text(out.parts.text));
  TAILRACE_CHECK(decoder.lines(text, out.block));
  out.metadata.clear();
  for (const std::vector<logql::MetadataView>& set : out.block.metadata_sets) {
    std::string& encoded = out.metadata.emplace_back();
    for (const auto& [name, value] : set) append_metadata_pair(encoded, name, value);
  }
  out.entries.clear();
  for (std::size_t i = 0; i < out.block.size(); ++i) {
    out.entries.push_back(
        {out.block.timestamps[i], out.block.lines[i], out.metadata[out.block.metadata[i]]});
  }
  return {};
}

MadeChunk make_chunk(RunPtr run, const std::filesystem::path& day_file,
                     const StoreOptions& options) {
  MadeChunk out;
  const RunView view = run->view();
  std::vector<StoredEntry> entries;
  ChunkDecoder decoder;
  UnpackedChunk older;
  if (!day_file.empty() && run->bytes() < options.chunk_bytes / kSmallPart) {
    Result<DayDatabase> day = DayDatabase::open(day_file, true);
    Result<std::optional<ChunkRow>> found =
        day ? chunk_to_join(*day, *run, options) : std::move(day).error();
    if (found && *found) {
      const Result<void> unpacked = unpack_chunk(*day, *run->stream(), **found, decoder, older);
      if (unpacked) {
        out.replaced = **found;
        entries = older.entries;
      }
    }
    // If that chunk cannot be read, a query will say so; this one stands beside it.
  }
  entries.reserve(entries.size() + view.entries);
  view.for_each([&](const StoredEntry& entry) { entries.push_back(entry); });
  ChunkEncoder encoder(options.compression_level);
  out.chunk = encoder.encode(*run->stream(), entries);
  out.run = std::move(run);
  return out;
}

}  // namespace tailrace
