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
  static Result<Inbox> open(const std::filesystem::path& folder);

  Database& database() noexcept { return database_; }
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

 private:
  explicit Inbox(Database database) : database_(std::move(database)) {}
  Database database_;
  std::optional<Statement> insert_;
  std::optional<Statement> remove_;
};

}  // namespace tailrace
