// DayDatabase: the chunks of one UTC day, in one SQLite file.
//
//   stream(id, labels, first_ns, last_ns, entries, bytes, chunks, seq)   sums over its chunks
//   chunk (id, stream_id, first_ns, last_ns, entries, bytes, stored_bytes)
//   block (id = chunk's id, index_part, text_part)   apart, so that chunk rows stay small
//
// `seq`: pushes up to this number are in chunks as far as they concern this stream and day. So if a
// crash comes between the commit here and the clearing of the inbox, recovery knows what it must
// not add again. The numbers are those of the inbox that adopted the day last: a day that was
// copied from another store brings numbers that mean nothing here.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "store/chunk.h"
#include "store/sqlite.h"

namespace tailrace {

struct DayStream {
  std::int64_t id = 0;
  std::string name;  // the labels' text
  std::int64_t first_ns = 0;
  std::int64_t last_ns = 0;
  std::uint64_t entries = 0;
  std::uint64_t bytes = 0;
  std::uint64_t chunks = 0;
  std::uint64_t seq = 0;
};

struct ChunkRow {
  std::int64_t id = 0;
  std::int64_t stream_id = 0;
  std::int64_t first_ns = 0;
  std::int64_t last_ns = 0;
  std::uint64_t entries = 0;
  std::uint64_t bytes = 0;
};

class DayDatabase {
 public:
  static std::filesystem::path path_of(const std::filesystem::path& folder, DayNumber day);
  // The day of a file's name; nothing if it is none of ours.
  static std::optional<DayNumber> day_of_file(const std::filesystem::path& file);

  // kNotFound when it is to be read and has no tables: it was begun, but there was no room for
  // more.
  static Result<DayDatabase> open(const std::filesystem::path& file, bool read_only);
  // To read what is left of a damaged one.
  static Result<DayDatabase> open_damaged(const std::filesystem::path& file);
  // Whose numbers `seq` of all streams are: Inbox::id(). 0: nobody's.
  Result<std::int64_t> inbox_id();
  // Makes them this inbox's: those of another one become 0.
  Result<void> adopt(std::int64_t inbox_id);

  Result<std::vector<DayStream>> streams();
  Result<std::optional<DayStream>> stream(std::string_view name);

  // Within a transaction of database(). Replaces the chunk `replaced`, if any, which `chunk`
  // contains. `id`: for a chunk that is to have a certain number; 0: the next one.
  Result<void> add_chunk(const StreamInfo& stream, const Chunk& chunk, std::uint64_t seq,
                         std::optional<ChunkRow> replaced, std::int64_t id = 0);
  // Within a transaction: removes chunks, oldest first, until about `stored_bytes` are gone. How
  // many went.
  Result<std::uint64_t> remove_oldest(std::uint64_t stored_bytes);

  // Chunks of a stream that touch [first_ns, last_ns], both inclusive.
  Result<std::vector<ChunkRow>> overlapping(std::int64_t stream_id, std::int64_t first_ns,
                                            std::int64_t last_ns);
  Result<std::optional<ChunkRow>> newest_chunk(std::int64_t stream_id);
  struct Parts {
    std::string index;
    std::string text;
  };
  Result<Parts> parts(std::int64_t chunk_id);

  Database& database() noexcept { return database_; }

 private:
  explicit DayDatabase(Database database) : database_(std::move(database)) {}
  Result<std::int64_t> stream_id(const StreamInfo& stream);
  Database database_;
  std::optional<Statement> find_stream_;
  std::optional<Statement> insert_chunk_;
  std::optional<Statement> insert_block_;
  std::optional<Statement> update_stream_;
  std::optional<Statement> overlapping_;
  std::optional<Statement> parts_;
};

// Goes through the chunks that touch [from_ns, to_ns) in order of time, newest or oldest first,
// with the parts of each on demand. Sees the database as it was at the start.
class ChunkCursor {
 public:
  static Result<ChunkCursor> open(DayDatabase& day, std::int64_t from_ns, std::int64_t to_ns,
                                  bool newest_first);
  // The next one; false: none is left.
  Result<bool> next(ChunkRow& row);
  // Of the current one; `text` only if asked for. Replaces the strings.
  Result<void> read_parts(const ChunkRow& row, std::string& index, std::string* text);

 private:
  ChunkCursor(Statement rows, Statement index, Statement both)
      : rows_(std::move(rows)), index_(std::move(index)), both_(std::move(both)) {}
  Statement rows_;
  Statement index_;
  Statement both_;
};

}  // namespace tailrace
