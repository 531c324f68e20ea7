#include "pipeline/stream_table.h"

#include <gtest/gtest.h>

#include "model/interner.h"

namespace tailrace {
namespace {

TEST(StreamTable, RemembersPerStreamOverSweeps) {
  Interner interner;
  StreamTable<int> table(10);
  const LabelSet* a = interner.intern({{"x", "a"}});
  const LabelSet* b = interner.intern({{"x", "b"}});
  EXPECT_EQ(table.find(a), nullptr);
  table.add(a) = 1;
  table.add(b) = 2;
  interner.sweep();
  interner.sweep();
  EXPECT_EQ(interner.intern({{"x", "a"}}), a);
  EXPECT_EQ(*table.find(a), 1);
  EXPECT_EQ(*table.find(b), 2);
  table.erase(b);
  EXPECT_EQ(table.find(b), nullptr);
  EXPECT_EQ(*table.find(a), 1);
  EXPECT_EQ(table.size(), 1U);
}

TEST(StreamTable, ForgetsThoseUsedLongestAgo) {
  Interner interner;
  StreamTable<int> table(4);
  std::vector<const LabelSet*> sets;
  for (int i = 0; i < 4; ++i) {
    sets.push_back(interner.intern({{"i", std::to_string(i)}}));
    table.add(sets.back()) = i;
  }
  EXPECT_TRUE(table.full());
  table.find(sets[0]);
  std::vector<int> gone;
  table.evict_older_half([&](int value) { gone.push_back(value); });
  std::sort(gone.begin(), gone.end());
  EXPECT_EQ(gone, (std::vector<int>{1, 2}));
  EXPECT_FALSE(table.full());
  EXPECT_EQ(*table.find(sets[0]), 0);
  EXPECT_EQ(table.find(sets[1]), nullptr);
  EXPECT_EQ(*table.find(sets[3]), 3);
}

TEST(StreamTable, VisitsInOrderOfUse) {
  Interner interner;
  StreamTable<int> table(4);
  const LabelSet* a = interner.intern({{"x", "a"}});
  const LabelSet* b = interner.intern({{"x", "b"}});
  table.add(a) = 1;
  table.add(b) = 2;
  table.find(a);
  std::vector<int> seen;
  table.for_each([&](int value) { seen.push_back(value); });
  EXPECT_EQ(seen, (std::vector<int>{2, 1}));
}

}  // namespace
}  // namespace tailrace
