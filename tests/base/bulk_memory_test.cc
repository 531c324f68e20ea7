#include "base/bulk_memory.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <thread>
#include <vector>

namespace tailrace {
namespace {

constexpr std::size_t kRegionBytes = std::size_t{4} << 20;

bool is_from_heap(const BulkBytes& bytes) { return bytes.get_deleter().granules == 0; }

TEST(BulkMemory, ComesFromTheRegionWhileThereIsRoom) {
  EXPECT_TRUE(is_from_heap(allocate_bulk(0)));
  EXPECT_TRUE(is_from_heap(allocate_bulk(kBulkGranuleBytes - 1)));
  EXPECT_TRUE(is_from_heap(allocate_bulk(kRegionBytes + 1)));
  std::vector<BulkBytes> held;
  for (int i = 0; i < 100 && (held.empty() || !is_from_heap(held.back())); ++i) {
    held.push_back(allocate_bulk(100'000));
    std::memset(held.back().get(), i, 100'000);
  }
  if (held.size() == 1) GTEST_SKIP() << "skipped: all comes from the heap here (address sanitizer)";
  EXPECT_GT(held.size(), 10U);
  ASSERT_TRUE(is_from_heap(held.back()));
  // What comes back is given out again.
  held.erase(held.begin() + 3);
  held.push_back(allocate_bulk(100'000));
  EXPECT_FALSE(is_from_heap(held.back()));
}

// No two overlap, whoever takes and frees them.
TEST(BulkMemory, IsNobodyElses) {
  const auto work = [](unsigned seed) {
    std::mt19937 random(seed);
    struct Piece {
      BulkBytes bytes;
      std::size_t size;
      char mark;
    };
    std::vector<Piece> held;
    for (int round = 0; round < 2'000; ++round) {
      if (held.size() > 8 || (!held.empty() && random() % 2 == 0)) {
        std::swap(held[random() % held.size()], held.back());
        const Piece& piece = held.back();
        ASSERT_EQ(std::count(piece.bytes.get(), piece.bytes.get() + piece.size, piece.mark),
                  static_cast<std::ptrdiff_t>(piece.size));
        held.pop_back();
      } else {
        const std::size_t size = random() % 200'000 + 1;
        const char mark = static_cast<char>(random());
        held.push_back({allocate_bulk(size), size, mark});
        std::memset(held.back().bytes.get(), mark, size);
      }
    }
  };
  std::thread other(work, 1);
  work(2);
  other.join();
}

}  // namespace
}  // namespace tailrace
