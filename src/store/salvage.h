// Salvage: what can still be read of a damaged day, into a new database.
#pragma once

#include <cstdint>
#include <filesystem>

#include "base/result.h"
#include "store/day_database.h"
#include "store/stream_catalog.h"

namespace tailrace {

struct Salvaged {
  std::uint64_t chunks = 0;
  std::uint64_t entries = 0;
};

// Copies the chunks of `damaged` that are sound, under the numbers that they have there. Needs
// nothing of it but the blocks, which know their stream. An error is one of `into`.
Result<Salvaged> salvage_day(const std::filesystem::path& damaged, StreamCatalog& catalog,
                             DayDatabase& into);

}  // namespace tailrace
