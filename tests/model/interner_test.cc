#include "model/interner.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>

namespace tailrace {
namespace {

TEST(Interner, EqualSetsAreOneObject) {
  Interner interner;
  const LabelSet* one = interner.intern({{"a", "1"}, {"b", "2"}});
  EXPECT_EQ(interner.intern({{"b", "2"}, {"a", "1"}}), one);
  EXPECT_NE(interner.intern({{"a", "1"}}), one);
  EXPECT_NE(interner.intern({{"a", "12"}, {"b", ""}}), interner.intern({{"a", "1"}, {"b", "2"}}));
  EXPECT_EQ(one->text(), R"({a="1", b="2"})");
}

TEST(Interner, TenantIsNotInTheText) {
  Interner interner;
  const LabelSet* set = interner.intern({{"a", "1"}, {std::string(kTenantLabel), "team"}});
  EXPECT_EQ(set->text(), R"({a="1"})");
  EXPECT_EQ(set->tenant(), "team");
  EXPECT_EQ(interner.intern({{"a", "1"}})->tenant(), "");
}

TEST(Interner, DeriveAppliesEditsInOrder) {
  Interner interner;
  const LabelSet* base = interner.intern({{"a", "1"}, {"b", "2"}});
  auto f = [&](std::vector<LabelEdit> edits, std::string_view want) {
    const LabelSet* set = interner.derive(base, edits);
    EXPECT_EQ(set->text(), want);
    EXPECT_EQ(interner.derive(base, edits), set);
    EXPECT_EQ(interner.intern(set->labels()), set);
  };
  f({{"c", "3"}}, R"({a="1", b="2", c="3"})");
  f({{"a", "9"}}, R"({a="9", b="2"})");
  f({{"a", {}, true}}, R"({b="2"})");
  f({{"a", ""}}, R"({a="", b="2"})");
  f({{"a", "9"}, {"a", {}, true}}, R"({b="2"})");
  f({{"a", {}, true}, {"a", "9"}}, R"({a="9", b="2"})");
  f({{"a", "1"}}, R"({a="1", b="2"})");
  f({{"zz", {}, true}}, R"({a="1", b="2"})");
  EXPECT_EQ(interner.derive(base, std::vector<LabelEdit>{{"a", "1"}}), base);
}

TEST(Interner, DeriveTellsBoundariesApart) {
  Interner interner;
  const LabelSet* base = interner.intern({});
  const std::vector<LabelEdit> one{{"ab", "c"}}, two{{"a", "bc"}}, three{{"a", "b"}, {"c", ""}};
  EXPECT_NE(interner.derive(base, one), interner.derive(base, two));
  EXPECT_NE(interner.derive(base, one), interner.derive(base, three));
}

TEST(Interner, SweepKeepsWhatIsReferredToOrAskedFor) {
  Interner interner;
  const LabelSetRef held(interner.intern({{"held", "1"}}));
  const LabelSet* asked = interner.intern({{"asked", "1"}});
  interner.intern({{"forgotten", "1"}});
  interner.sweep();  // all three were asked for since the beginning
  EXPECT_EQ(interner.size(), 3U);
  EXPECT_EQ(interner.intern({{"asked", "1"}}), asked);
  interner.sweep();
  EXPECT_EQ(interner.size(), 2U);
  EXPECT_EQ(interner.intern({{"held", "1"}}), held.get());
}

TEST(Interner, SweepKeepsBothEndsOfAnEditInUse) {
  Interner interner;
  const std::vector<LabelEdit> edits{{"level", "info"}};
  const LabelSet* base = interner.intern({{"job", "x"}});
  const LabelSet* derived = interner.derive(base, edits);
  for (int round = 0; round < 3; ++round) {
    interner.sweep();
    EXPECT_EQ(interner.derive(base, edits), derived);  // asks for neither set by itself
  }
  EXPECT_EQ(interner.size(), 2U);
  interner.sweep();
  interner.sweep();
  EXPECT_EQ(interner.size(), 0U);
}

TEST(Interner, SweepBecomesDueByCountAndByBytes) {
  Interner many;
  for (std::size_t i = 0; i <= Interner::kSetsMax; ++i) many.intern({{"i", std::to_string(i)}});
  EXPECT_TRUE(many.sweep_due());
  many.sweep();
  many.sweep();
  EXPECT_FALSE(many.sweep_due());
  EXPECT_EQ(many.size(), 0U);

  Interner large;
  for (std::size_t i = 0; i < 20; ++i) {
    large.intern({{"i", std::string(Interner::kBytesMax / 32, static_cast<char>('a' + i))}});
  }
  EXPECT_TRUE(large.sweep_due());
}

TEST(Interner, AgreesWithAMapUnderRandomEditsAndSweeps) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  Interner interner;
  const std::vector<std::string> names{"a", "b", "c", "longer_name_of_a_label", "d"};
  const LabelSet* base = interner.intern({{"job", "test"}});
  LabelSetRef keep(base);
  for (int round = 0; round < 20000; ++round) {
    std::map<std::string, std::string> want{{"job", "test"}};
    std::vector<std::string> values;
    values.reserve(4);
    std::vector<LabelEdit> edits;
    for (unsigned i = random() % 4; i > 0; --i) {
      const std::string& name = names[random() % names.size()];
      const bool removed = random() % 4 == 0;
      values.push_back(std::string(random() % 20, static_cast<char>('a' + random() % 3)));
      edits.push_back({name, removed ? std::string_view{} : values.back(), removed});
      if (removed) {
        want.erase(name);
      } else {
        want[name] = values.back();
      }
    }
    const LabelSet* got = interner.derive(base, edits);
    ASSERT_EQ((std::map<std::string, std::string>(got->labels().begin(), got->labels().end())),
              want);
    ASSERT_EQ(interner.intern(got->labels()), got);
    if (random() % 500 == 0) interner.sweep();
  }
}

}  // namespace
}  // namespace tailrace
