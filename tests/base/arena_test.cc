#include "base/arena.h"

#include <gtest/gtest.h>

#include <string>

namespace tailrace {
namespace {

TEST(Arena, KeepsWhatItHandedOut) {
  Arena arena;
  std::vector<std::pair<std::string, std::string_view>> copies;
  for (std::size_t i = 0; i < 3000; ++i) {
    const std::string text(i % 97, static_cast<char>('a' + i % 26));
    copies.emplace_back(text, arena.copy(text));
  }
  for (const auto& [want, got] : copies) ASSERT_EQ(got, want);
}

TEST(Arena, ResetKeepsOneBlock) {
  Arena arena;
  for (int i = 0; i < 100; ++i) arena.allocate(1000);
  EXPECT_GE(arena.used_bytes(), 100'000U);
  arena.reset();
  EXPECT_EQ(arena.used_bytes(), 0U);
  const char* first = arena.allocate(10);
  arena.reset();
  EXPECT_EQ(arena.allocate(10), first);
}

TEST(Arena, GivesGiantBlocksBack) {
  Arena arena;
  char* giant = arena.allocate(Arena::kKeptBytesMax + 1);
  giant[Arena::kKeptBytesMax] = 'x';
  EXPECT_EQ(arena.used_bytes(), Arena::kKeptBytesMax + 1);
  arena.reset();
  EXPECT_EQ(arena.used_bytes(), 0U);
  EXPECT_NE(arena.allocate(1), nullptr);
  EXPECT_EQ(arena.used_bytes(), 1U);
}

TEST(Arena, ShrinksTheNewestAllocation) {
  Arena arena;
  char* a = arena.allocate(100);
  arena.shrink_last(100, 40);
  EXPECT_EQ(arena.used_bytes(), 40U);
  EXPECT_EQ(arena.allocate(1), a + 40);
}

TEST(Arena, EmptyTextNeedsNothing) {
  Arena arena;
  EXPECT_EQ(arena.copy(""), "");
  EXPECT_EQ(arena.used_bytes(), 0U);
}

}  // namespace
}  // namespace tailrace
