#include "store/inbox.h"

#include <zlib.h>

#include <string>
#include <utility>

namespace tailrace {
namespace {

std::int64_t checksum(std::string_view bytes) {
  return static_cast<std::int64_t>(::crc32_z(::crc32_z(0, nullptr, 0),
                                             reinterpret_cast<const unsigned char*>(bytes.data()),
                                             bytes.size()));
}

Result<void> each_push(Database& database,
                       const std::function<Result<void>(const Inbox::Push&)>& visit) {
  TAILRACE_TRY(
      Statement all,
      database.prepare("SELECT seq, arrived_ns, checksum, payload FROM inbox ORDER BY seq"));
  while (true) {
    TAILRACE_TRY(const bool row, all.step());
    if (!row) return {};
    Inbox::Push push;
    push.seq = static_cast<std::uint64_t>(all.integer(0));
    push.arrived_ns = all.integer(1);
    push.payload = all.blob(3);
    push.damaged = checksum(push.payload) != all.integer(2);
    TAILRACE_CHECK(visit(push));
  }
}

}  // namespace

std::filesystem::path Inbox::path_of(const std::filesystem::path& folder) {
  return folder / "inbox.db";
}

Result<Inbox> Inbox::open(const std::filesystem::path& folder, bool read_only) {
  Database::Options options;
  options.read_only = read_only;
  options.page_bytes = 8192;
  TAILRACE_TRY(Database database, Database::open(path_of(folder).native(), options));
  TAILRACE_TRY(std::int64_t id, database.read_number("PRAGMA application_id"));
  if (!read_only && id == 0) {
    // Any number but 0 that fits into 31 bits.
    TAILRACE_TRY(id, database.read_number("SELECT abs(random() % 2147483646) + 1"));
    const std::string sql =
        "CREATE TABLE IF NOT EXISTS inbox(seq INTEGER PRIMARY KEY AUTOINCREMENT, "
        "arrived_ns INTEGER NOT NULL, "
        "checksum INTEGER NOT NULL, payload BLOB NOT NULL); PRAGMA user_version=1; "
        "PRAGMA application_id=" +
        std::to_string(id);
    TAILRACE_TRY(Transaction transaction, Transaction::begin(database));
    TAILRACE_CHECK(database.run(sql.c_str()));
    TAILRACE_CHECK(transaction.commit());
  }
  return Inbox(std::move(database), id);
}

Result<std::uint64_t> Inbox::add(std::string_view payload, std::int64_t arrived_ns) {
  if (!insert_) {
    TAILRACE_TRY(insert_, database_.prepare(
                              "INSERT INTO inbox(arrived_ns, checksum, payload) VALUES(?, ?, ?)"));
  }
  insert_->bind(1, arrived_ns);
  insert_->bind(2, checksum(payload));
  insert_->bind_blob(3, payload);
  TAILRACE_CHECK(insert_->run());
  return static_cast<std::uint64_t>(database_.last_insert_id());
}

Result<void> Inbox::remove_below(std::uint64_t seq) {
  if (!remove_) {
    TAILRACE_TRY(remove_, database_.prepare("DELETE FROM inbox WHERE seq<?"));
  }
  remove_->bind(1, static_cast<std::int64_t>(seq));
  return remove_->run();
}

Result<void> Inbox::for_each(const std::function<Result<void>(const Push&)>& visit) {
  return each_push(database_, visit);
}

void Inbox::salvage(const std::filesystem::path& file,
                    const std::function<void(const Push&)>& visit) {
  Database::Options options;
  options.read_only = true;
  options.damaged = true;
  Result<Database> database = Database::open(file.native(), options);
  if (!database) return;
  (void)each_push(*database, [&](const Push& push) -> Result<void> {
    visit(push);
    return {};
  });
}

Result<void> Inbox::check() {
  TAILRACE_TRY(Statement check, database_.prepare("PRAGMA quick_check(1)"));
  TAILRACE_TRY(const bool row, check.step());
  if (row && check.text(0) != "ok")
    return Error{ErrorCode::kInvalid, "damaged database: " + std::string(check.text(0))};
  return {};
}

Result<void> Inbox::succeed(std::int64_t id, std::uint64_t seq) {
  const std::string sql = "PRAGMA application_id=" + std::to_string(id) +
                          "; INSERT INTO sqlite_sequence VALUES('inbox'," + std::to_string(seq) +
                          ")";
  TAILRACE_TRY(Transaction transaction, Transaction::begin(database_));
  TAILRACE_CHECK(database_.run(sql.c_str()));
  TAILRACE_CHECK(transaction.commit());
  id_ = id;
  return {};
}

}  // namespace tailrace
