#include "store/day_database.h"

#include <charconv>
#include <ctime>
#include <utility>

#include "base/clock.h"

namespace tailrace {
namespace {

constexpr const char* kSchema =
    "BEGIN IMMEDIATE;"
    "CREATE TABLE IF NOT EXISTS stream(id INTEGER PRIMARY KEY, labels TEXT NOT NULL UNIQUE, "
    "first_ns INTEGER NOT NULL,"
    " last_ns INTEGER NOT NULL, entries INTEGER NOT NULL, bytes INTEGER NOT NULL, chunks INTEGER "
    "NOT NULL,"
    " seq INTEGER NOT NULL);"
    // AUTOINCREMENT: the id of a chunk that is gone does not come back while a reader remembers it.
    "CREATE TABLE IF NOT EXISTS chunk(id INTEGER PRIMARY KEY AUTOINCREMENT, stream_id INTEGER NOT "
    "NULL,"
    " first_ns INTEGER NOT NULL, last_ns INTEGER NOT NULL, entries INTEGER NOT NULL, bytes INTEGER "
    "NOT NULL,"
    " stored_bytes INTEGER NOT NULL);"
    "CREATE TABLE IF NOT EXISTS block(id INTEGER PRIMARY KEY, index_part BLOB NOT NULL, text_part "
    "BLOB NOT NULL);"
    "CREATE INDEX IF NOT EXISTS chunk_by_last ON chunk(last_ns);"
    "CREATE INDEX IF NOT EXISTS chunk_by_first ON chunk(first_ns);"
    "CREATE INDEX IF NOT EXISTS chunk_by_stream ON chunk(stream_id, last_ns);"
    "PRAGMA user_version=1; COMMIT;";

constexpr std::string_view kColumns = "id, stream_id, first_ns, last_ns, entries, bytes";

ChunkRow row_of(const Statement& statement) {
  ChunkRow out;
  out.id = statement.integer(0);
  out.stream_id = statement.integer(1);
  out.first_ns = statement.integer(2);
  out.last_ns = statement.integer(3);
  out.entries = static_cast<std::uint64_t>(statement.integer(4));
  out.bytes = static_cast<std::uint64_t>(statement.integer(5));
  return out;
}

DayStream stream_of(const Statement& statement) {
  DayStream out;
  out.id = statement.integer(0);
  out.name = statement.text(1);
  out.first_ns = statement.integer(2);
  out.last_ns = statement.integer(3);
  out.entries = static_cast<std::uint64_t>(statement.integer(4));
  out.bytes = static_cast<std::uint64_t>(statement.integer(5));
  out.chunks = static_cast<std::uint64_t>(statement.integer(6));
  out.seq = static_cast<std::uint64_t>(statement.integer(7));
  return out;
}
constexpr std::string_view kStreamColumns =
    "id, labels, first_ns, last_ns, entries, bytes, chunks, seq";

// Prepares once.
Result<Statement*> prepared(Database& database, std::optional<Statement>& statement,
                            std::string_view sql) {
  if (!statement) {
    TAILRACE_TRY(statement, database.prepare(sql));
  }
  return &*statement;
}

// Statements that gave rows must be reset, or they keep their transaction open.
struct ResetAtEnd {
  Statement* statement;
  ~ResetAtEnd() { statement->reset(); }
};

std::int64_t as_integer(std::uint64_t value) { return static_cast<std::int64_t>(value); }

}  // namespace

std::filesystem::path DayDatabase::path_of(const std::filesystem::path& folder, DayNumber day) {
  const std::time_t seconds = std::time_t{day} * 86'400;
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char name[32];
  std::strftime(name, sizeof name, "%Y-%m-%d.db", &parts);
  return folder / name;
}

std::optional<DayNumber> DayDatabase::day_of_file(const std::filesystem::path& file) {
  const std::string name = file.filename().native();
  std::tm parts{};
  int year = 0;
  if (name.size() != 13 || name[4] != '-' || name[7] != '-' || !name.ends_with(".db"))
    return std::nullopt;
  const auto number = [&](std::size_t at, std::size_t digits, int& out) {
    return std::from_chars(name.data() + at, name.data() + at + digits, out).ptr ==
           name.data() + at + digits;
  };
  if (!number(0, 4, year) || !number(5, 2, parts.tm_mon) || !number(8, 2, parts.tm_mday))
    return std::nullopt;
  parts.tm_year = year - 1900;
  --parts.tm_mon;
  const auto day = static_cast<DayNumber>(::timegm(&parts) / 86'400);
  // Whatever is no date gives another name.
  if (path_of({}, day) != name) return std::nullopt;
  return day;
}

Result<DayDatabase> DayDatabase::open(const std::filesystem::path& file, bool read_only) {
  Database::Options options;
  options.read_only = read_only;
  options.page_bytes = 16384;
  options.cache_kib = read_only ? 512 : 2048;
  TAILRACE_TRY(Database database, Database::open(file.native(), options));
  Result<std::int64_t> version = database.read_number("PRAGMA user_version");
  if (!version) return std::move(version).error().in(file.native());
  if (*version == 0 && read_only)
    return Error{ErrorCode::kNotFound, file.native() + ": there are no tables in it yet"};
  // Opening must not need room on the disk.
  if (*version == 0) {
    Result<void> made = database.run(kSchema);
    if (!made) return std::move(made).error().in(file.native());
  }
  return DayDatabase(std::move(database));
}

Result<DayDatabase> DayDatabase::open_damaged(const std::filesystem::path& file) {
  Database::Options options;
  options.read_only = true;
  options.damaged = true;
  TAILRACE_TRY(Database database, Database::open(file.native(), options));
  return DayDatabase(std::move(database));
}

Result<std::int64_t> DayDatabase::inbox_id() {
  return database_.read_number("PRAGMA application_id");
}

Result<void> DayDatabase::adopt(std::int64_t inbox_id) {
  TAILRACE_TRY(const std::int64_t owner, this->inbox_id());
  if (owner == inbox_id) return {};
  const std::string sql =
      "UPDATE stream SET seq=0; PRAGMA application_id=" + std::to_string(inbox_id);
  TAILRACE_TRY(Transaction transaction, Transaction::begin(database_));
  TAILRACE_CHECK(database_.run(sql.c_str()));
  return transaction.commit();
}

Result<std::vector<DayStream>> DayDatabase::streams() {
  std::vector<DayStream> out;
  TAILRACE_TRY(Statement all,
               database_.prepare("SELECT " + std::string(kStreamColumns) + " FROM stream"));
  while (true) {
    TAILRACE_TRY(const bool row, all.step());
    if (!row) return out;
    out.push_back(stream_of(all));
  }
}

Result<std::optional<DayStream>> DayDatabase::stream(std::string_view name) {
  TAILRACE_TRY(Statement * find,
               prepared(database_, find_stream_,
                        "SELECT " + std::string(kStreamColumns) + " FROM stream WHERE labels=?"));
  const ResetAtEnd reset{find};
  find->bind_text(1, name);
  TAILRACE_TRY(const bool row, find->step());
  if (!row) return std::optional<DayStream>();
  return std::optional<DayStream>(stream_of(*find));
}

Result<std::int64_t> DayDatabase::stream_id(const StreamInfo& stream_info) {
  TAILRACE_TRY(const std::optional<DayStream> found, stream(stream_info.text));
  if (found) return found->id;
  TAILRACE_TRY(Statement insert,
               database_.prepare(
                   "INSERT INTO stream(labels, first_ns, last_ns, entries, bytes, chunks, seq) "
                   "VALUES(?, 9223372036854775807, -9223372036854775808, 0, 0, 0, 0)"));
  insert.bind_text(1, stream_info.text);
  TAILRACE_CHECK(insert.run());
  return database_.last_insert_id();
}

Result<void> DayDatabase::add_chunk(const StreamInfo& stream, const Chunk& chunk, std::uint64_t seq,
                                    std::optional<ChunkRow> replaced, std::int64_t id) {
  TAILRACE_TRY(const std::int64_t of_stream, stream_id(stream));
  if (replaced) {
    for (const char* sql : {"DELETE FROM block WHERE id=?", "DELETE FROM chunk WHERE id=?"}) {
      TAILRACE_TRY(Statement remove, database_.prepare(sql));
      remove.bind(1, replaced->id);
      TAILRACE_CHECK(remove.run());
    }
    // It may have gone since: to make room, or because the day had to be made anew.
    if (database_.changes() == 0) replaced.reset();
  }
  TAILRACE_TRY(Statement * insert,
               prepared(database_, insert_chunk_,
                        "INSERT INTO chunk(stream_id, first_ns, last_ns, entries, bytes, "
                        "stored_bytes, id) VALUES(?, ?, ?, ?, ?, ?, nullif(?, 0))"));
  insert->bind(1, of_stream);
  insert->bind(2, chunk.first_ns);
  insert->bind(3, chunk.last_ns);
  insert->bind(4, as_integer(chunk.entries));
  insert->bind(5, as_integer(chunk.bytes));
  insert->bind(6, as_integer(chunk.index.size() + chunk.text.size()));
  insert->bind(7, id);
  TAILRACE_CHECK(insert->run());
  const std::int64_t chunk_id = database_.last_insert_id();
  TAILRACE_TRY(Statement * block,
               prepared(database_, insert_block_,
                        "INSERT INTO block(id, index_part, text_part) VALUES(?, ?, ?)"));
  block->bind(1, chunk_id);
  block->bind_blob(2, chunk.index);
  block->bind_blob(3, chunk.text);
  TAILRACE_CHECK(block->run());
  TAILRACE_TRY(Statement * update,
               prepared(database_, update_stream_,
                        "UPDATE stream SET first_ns=min(first_ns, ?2), last_ns=max(last_ns, ?3), "
                        "entries=entries+?4,"
                        " bytes=bytes+?5, chunks=chunks+?6, seq=max(seq, ?7) WHERE id=?1"));
  const ChunkRow before = replaced.value_or(ChunkRow());
  update->bind(1, of_stream);
  update->bind(2, chunk.first_ns);
  update->bind(3, chunk.last_ns);
  update->bind(4, as_integer(chunk.entries - before.entries));
  update->bind(5, as_integer(chunk.bytes - before.bytes));
  update->bind(6, replaced ? 0 : 1);
  update->bind(7, as_integer(seq));
  return update->run();
}

Result<std::uint64_t> DayDatabase::remove_oldest(std::uint64_t stored_bytes) {
  TAILRACE_TRY(Statement oldest,
               database_.prepare("SELECT last_ns, stored_bytes FROM chunk ORDER BY last_ns"));
  std::uint64_t sum = 0;
  std::optional<std::int64_t> edge_ns;
  while (sum < stored_bytes) {
    TAILRACE_TRY(const bool row, oldest.step());
    if (!row) break;
    edge_ns = oldest.integer(0);
    sum += static_cast<std::uint64_t>(oldest.integer(1));
  }
  oldest.reset();
  if (!edge_ns) return std::uint64_t{0};
  const std::string edge = std::to_string(*edge_ns);
  TAILRACE_CHECK(database_.run(
      ("DELETE FROM block WHERE id IN (SELECT id FROM chunk WHERE last_ns<=" + edge + ")")
          .c_str()));
  TAILRACE_CHECK(database_.run(("DELETE FROM chunk WHERE last_ns<=" + edge).c_str()));
  const auto removed = static_cast<std::uint64_t>(database_.changes());
  TAILRACE_CHECK(
      database_.run("UPDATE stream SET (first_ns, last_ns, entries, bytes, chunks) = (SELECT "
                    "ifnull(min(first_ns), "
                    "9223372036854775807), ifnull(max(last_ns), -9223372036854775808), "
                    "ifnull(sum(entries), 0), ifnull(sum(bytes), "
                    "0), count(*) FROM chunk WHERE stream_id=stream.id)"));
  return removed;
}

Result<std::vector<ChunkRow>> DayDatabase::overlapping(std::int64_t stream_id,
                                                       std::int64_t first_ns,
                                                       std::int64_t last_ns) {
  std::vector<ChunkRow> out;
  TAILRACE_TRY(Statement * find,
               prepared(database_, overlapping_,
                        "SELECT " + std::string(kColumns) +
                            " FROM chunk WHERE stream_id=? AND last_ns>=? AND first_ns<=?"));
  const ResetAtEnd reset{find};
  find->bind(1, stream_id);
  find->bind(2, first_ns);
  find->bind(3, last_ns);
  while (true) {
    TAILRACE_TRY(const bool row, find->step());
    if (!row) return out;
    out.push_back(row_of(*find));
  }
}

Result<std::optional<ChunkRow>> DayDatabase::newest_chunk(std::int64_t stream_id) {
  TAILRACE_TRY(
      Statement find,
      database_.prepare("SELECT " + std::string(kColumns) +
                        " FROM chunk WHERE stream_id=? ORDER BY last_ns DESC, id DESC LIMIT 1"));
  find.bind(1, stream_id);
  TAILRACE_TRY(const bool row, find.step());
  if (!row) return std::optional<ChunkRow>();
  return std::optional<ChunkRow>(row_of(find));
}

Result<DayDatabase::Parts> DayDatabase::parts(std::int64_t chunk_id) {
  TAILRACE_TRY(Statement * find,
               prepared(database_, parts_, "SELECT index_part, text_part FROM block WHERE id=?"));
  const ResetAtEnd reset{find};
  find->bind(1, chunk_id);
  TAILRACE_TRY(const bool row, find->step());
  if (!row) return Error{ErrorCode::kInvalid, "damaged database: a chunk has no block"};
  return Parts{std::string(find->blob(0)), std::string(find->blob(1))};
}

Result<ChunkCursor> ChunkCursor::open(DayDatabase& day, std::int64_t from_ns, std::int64_t to_ns,
                                      bool newest_first) {
  // One view of the database for all statements: readers never see half of a flush.
  TAILRACE_CHECK(day.database().run("BEGIN"));
  // The unary plus keeps SQLite from using the other index, whose order would need a sort of
  // everything.
  const std::string rows = "SELECT " + std::string(kColumns) + " FROM chunk WHERE " +
                           (newest_first ? "last_ns>=?1 AND +first_ns<?2 ORDER BY last_ns DESC"
                                         : "first_ns<?2 AND +last_ns>=?1 ORDER BY first_ns");
  TAILRACE_TRY(Statement all, day.database().prepare(rows));
  all.bind(1, from_ns);
  all.bind(2, to_ns);
  TAILRACE_TRY(Statement index, day.database().prepare("SELECT index_part FROM block WHERE id=?"));
  TAILRACE_TRY(Statement both,
               day.database().prepare("SELECT index_part, text_part FROM block WHERE id=?"));
  return ChunkCursor(std::move(all), std::move(index), std::move(both));
}

Result<bool> ChunkCursor::next(ChunkRow& row) {
  TAILRACE_TRY(const bool there, rows_.step());
  if (there) row = row_of(rows_);
  return there;
}

Result<void> ChunkCursor::read_parts(const ChunkRow& row, std::string& index, std::string* text) {
  Statement& statement = text ? both_ : index_;
  const ResetAtEnd reset{&statement};
  statement.bind(1, row.id);
  TAILRACE_TRY(const bool there, statement.step());
  if (!there) return Error{ErrorCode::kInvalid, "damaged database: a chunk has no block"};
  index = statement.blob(0);
  if (text) *text = statement.blob(1);
  return {};
}

}  // namespace tailrace
