#include "store/sqlite.h"

#include <sqlite3.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace tailrace {
namespace {

bool passes_by_itself(int system) {
  return system == ENOSPC || system == EDQUOT || system == EMFILE || system == ENFILE ||
         system == EIO;
}

Error sqlite_error(sqlite3* database, int code, std::string_view what) {
  const int extended = database ? sqlite3_extended_errcode(database) : code;
  std::string text(what);
  text += ": ";
  text += database ? sqlite3_errmsg(database) : sqlite3_errstr(code);
  text += " (" + std::to_string(extended) + ")";
  const int system = database ? sqlite3_system_errno(database) : 0;
  const int primary = code & 0xff;
  if (system != 0 && (primary == SQLITE_CANTOPEN || primary == SQLITE_IOERR))
    text += ": " + std::system_category().message(system);
  switch (primary) {
    case SQLITE_IOERR:
      if (extended == SQLITE_IOERR_READ || extended == SQLITE_IOERR_DATA ||
          extended == SQLITE_IOERR_CORRUPTFS)
        return Error{ErrorCode::kIo, std::move(text)};
      return Error{ErrorCode::kUnavailable, std::move(text)};
    case SQLITE_CANTOPEN:
      if (!passes_by_itself(system)) return Error{ErrorCode::kIo, std::move(text)};
      [[fallthrough]];
    case SQLITE_FULL:
      return Error{ErrorCode::kUnavailable, std::move(text)};
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return Error{ErrorCode::kInvalid, std::move(text)};
    case SQLITE_BUSY:
      return Error{ErrorCode::kTimeout, std::move(text)};
    default:
      return Error{ErrorCode::kIo, std::move(text)};
  }
}

}  // namespace

void Statement::Close::operator()(sqlite3_stmt* statement) const noexcept {
  sqlite3_finalize(statement);
}
void Database::Close::operator()(sqlite3* database) const noexcept { sqlite3_close_v2(database); }

void Statement::bind(int index, std::int64_t value) {
  sqlite3_bind_int64(statement_.get(), index, value);
}
void Statement::bind_text(int index, std::string_view text) {
  sqlite3_bind_text64(statement_.get(), index, text.data() ? text.data() : "", text.size(),
                      SQLITE_STATIC, SQLITE_UTF8);
}
void Statement::bind_blob(int index, std::string_view bytes) {
  sqlite3_bind_blob64(statement_.get(), index, bytes.data() ? bytes.data() : "", bytes.size(),
                      SQLITE_STATIC);
}

Result<bool> Statement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return sqlite_error(sqlite3_db_handle(statement_.get()), code, "sqlite");
}

Result<void> Statement::run() {
  const Result<bool> row = step();
  reset();
  if (!row) return row.error();
  return {};
}

void Statement::reset() {
  sqlite3_reset(statement_.get());
  sqlite3_clear_bindings(statement_.get());
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}
std::string_view Statement::text(int column) const {
  const auto* const text =
      reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  return {text ? text : "",
          static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}
std::string_view Statement::blob(int column) const {
  const auto* const bytes = static_cast<const char*>(sqlite3_column_blob(statement_.get(), column));
  return {bytes ? bytes : "",
          static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

Result<Database> Database::open(const std::string& path, const Options& options) {
  Database out;
  sqlite3* database = nullptr;
  const int flags =
      SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
      (options.read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  const int code = sqlite3_open_v2(path.c_str(), &database, flags, nullptr);
  out.database_.reset(database);
  if (code != SQLITE_OK) return sqlite_error(database, code, "open " + path);
  sqlite3_busy_timeout(database, 5000);
  std::string setup = options.damaged ? "PRAGMA writable_schema=1;" : "";
  setup += "PRAGMA cache_size=-" + std::to_string(options.cache_kib) + ";";
  if (!options.read_only) {
    // Setting auto_vacuum writes, even if it is set: opening must not need room on the disk.
    Result<std::int64_t> pages = out.read_number("PRAGMA page_count");
    if (!pages) return std::move(pages).error().in(path);
    if (*pages == 0)
      setup += "PRAGMA page_size=" + std::to_string(options.page_bytes) +
               ";PRAGMA auto_vacuum=INCREMENTAL;";
    setup +=
        "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;"
        "PRAGMA journal_size_limit=16777216;PRAGMA wal_autocheckpoint=" +
        std::to_string((8 << 20) / options.page_bytes) + ";PRAGMA temp_store=MEMORY;";
  }
  Result<void> ready = out.run(setup.c_str());
  if (!ready) return std::move(ready).error().in(path);
  return out;
}

Result<void> Database::run(const char* sql) {
  const int code = sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return sqlite_error(database_.get(), code, "sqlite");
  return {};
}

Result<Statement> Database::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v2(database_.get(), sql.data(), static_cast<int>(sql.size()),
                                      &statement, nullptr);
  Statement out;
  out.statement_.reset(statement);
  if (code != SQLITE_OK) return sqlite_error(database_.get(), code, "sqlite");
  return out;
}

Result<std::int64_t> Database::read_number(std::string_view sql) {
  TAILRACE_TRY(Statement statement, prepare(sql));
  TAILRACE_TRY(const bool row, statement.step());
  return row ? statement.integer(0) : std::int64_t{0};
}

std::int64_t Database::last_insert_id() const { return sqlite3_last_insert_rowid(database_.get()); }
std::int64_t Database::changes() const { return sqlite3_changes64(database_.get()); }

Result<Transaction> Transaction::begin(Database& database) {
  TAILRACE_CHECK(database.run("BEGIN IMMEDIATE"));
  return Transaction(&database);
}

Transaction::~Transaction() {
  if (database_) (void)database_->run("ROLLBACK");
}

Result<void> Transaction::commit() {
  TAILRACE_CHECK(database_->run("COMMIT"));
  database_ = nullptr;
  return {};
}

}  // namespace tailrace
