#include "store/inbox.h"

#include <zlib.h>

#include <utility>

namespace tailrace {
namespace {

std::int64_t checksum(std::string_view bytes) {
  return static_cast<std::int64_t>(::crc32_z(::crc32_z(0, nullptr, 0),
                                             reinterpret_cast<const unsigned char*>(bytes.data()),
                                             bytes.size()));
}

}  // namespace

Result<Inbox> Inbox::open(const std::filesystem::path& folder) {
  Database::Options options;
  options.page_bytes = 8192;
  TAILRACE_TRY(Database database, Database::open((folder / "inbox.db").native(), options));
  TAILRACE_CHECK(
      database.run("CREATE TABLE IF NOT EXISTS inbox(seq INTEGER PRIMARY KEY AUTOINCREMENT, "
                   "arrived_ns INTEGER NOT NULL, "
                   "checksum INTEGER NOT NULL, payload BLOB NOT NULL); PRAGMA user_version=1;"));
  return Inbox(std::move(database));
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
  TAILRACE_TRY(
      Statement all,
      database_.prepare("SELECT seq, arrived_ns, checksum, payload FROM inbox ORDER BY seq"));
  while (true) {
    TAILRACE_TRY(const bool row, all.step());
    if (!row) return {};
    Push push;
    push.seq = static_cast<std::uint64_t>(all.integer(0));
    push.arrived_ns = all.integer(1);
    push.payload = all.blob(3);
    push.damaged = checksum(push.payload) != all.integer(2);
    TAILRACE_CHECK(visit(push));
  }
}

}  // namespace tailrace
