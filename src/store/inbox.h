// Inbox: pushes as they came, until all of their lines are in chunks. What is committed here is
// safe.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "store/sqlite.h"

namespace tailrace {

class Inbox {
 public:
  // Opens or creates. kInvalid: damaged.
  static Result<Inbox> open(const std::filesystem::path& folder, bool read_only = false);
  static std::filesystem::path path_of(const std::filesystem::path& folder);

  Database& database() noexcept { return database_; }
  // Made at random when the inbox is: tells its numbers from those of another one.
  std::int64_t id() const noexcept { return id_; }
  // Within a transaction. The push's number; numbers only grow, and are not used again.
  Result<std::uint64_t> add(std::string_view payload, std::int64_t arrived_ns);
  // Within a transaction: forgets pushes below this number.
  Result<void> remove_below(std::uint64_t seq);

  struct Push {
    std::uint64_t seq = 0;
    std::int64_t arrived_ns = 0;
    std::string_view payload;
    bool damaged = false;  // its checksum is wrong
  };
  // All pushes in order. Stops at the first error of `visit`.
  Result<void> for_each(const std::function<Result<void>(const Push&)>& visit);
  // What can be read of a damaged inbox, up to the damage.
  static void salvage(const std::filesystem::path& file,
                      const std::function<void(const Push&)>& visit);
  // Reads everything. kInvalid: damaged.
  Result<void> check();
  // Makes this empty inbox the continuation of another one: its name, and numbers above `seq`.
  Result<void> succeed(std::int64_t id, std::uint64_t seq);

 private:
  Inbox(Database database, std::int64_t id) : database_(std::move(database)), id_(id) {}
  Database database_;
  std::int64_t id_;
  std::optional<Statement> insert_;
  std::optional<Statement> remove_;
};

}  // namespace tailrace
