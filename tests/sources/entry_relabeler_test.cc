#include "sources/entry_relabeler.h"

#include <gtest/gtest.h>

#include "source_rig.h"

namespace tailrace {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

std::string stream_of(EntryRelabeler& relabeler, const Pairs& labels) {
  relabeler.begin();
  for (const auto& [name, value] : labels) relabeler.set(name, value);
  const LabelSet* const stream = relabeler.stream();
  return stream == nullptr ? "dropped" : stream->text();
}

TEST(EntryRelabeler, RelabelsAndDropsInternalLabels) {
  using Fixed = EntryRelabeler::Fixed;
  const auto f = [](const std::string& rules, Fixed mode, const Labels& fixed, const Pairs& labels,
                    const std::string& want) {
    SCOPED_TRACE(rules);
    Interner interner;
    EntryRelabeler relabeler(relabel_rules(rules), fixed, mode, interner);
    EXPECT_EQ(stream_of(relabeler, labels), want);
    EXPECT_EQ(stream_of(relabeler, labels), want);
    EXPECT_EQ(relabeler.remembered(), 1U);
  };
  f("", Fixed::kRelabeled, {{"job", "x"}}, {{"__a", "1"}, {"b", "2"}, {"job", "mine"}},
    R"({b="2", job="x"})");
  f("", Fixed::kAddedAfter, {{"job", "x"}, {"other", "y"}}, {{"job", "mine"}},
    R"({job="mine", other="y"})");
  f("- {source_labels: [__a], target_label: a}", Fixed::kRelabeled, {},
    {{"__a", "1"}, {"__a", "2"}}, R"({a="2"})");
  f("- {source_labels: [job], regex: x, action: drop}", Fixed::kRelabeled, {{"job", "x"}}, {},
    "dropped");
  f("- {source_labels: [job], regex: x, action: drop}", Fixed::kAddedAfter, {{"job", "x"}}, {},
    R"({job="x"})");
  f("- {regex: __m_(.*), action: labelmap}", Fixed::kRelabeled, {},
    {{"__m_a", "1"}, {"__n_a", "2"}}, R"({a="1"})");
  f("- {source_labels: [__a], target_label: __b, action: keepequal}", Fixed::kRelabeled, {},
    {{"__a", "1"}, {"__b", "1"}}, "{}");
}

TEST(EntryRelabeler, RemembersByWhatCanMatterWithinBounds) {
  Interner interner;
  EntryRelabeler relabeler(relabel_rules("- {source_labels: [__host], target_label: host}"), {},
                           EntryRelabeler::Fixed::kRelabeled, interner);
  EXPECT_FALSE(relabeler.reads("__pid"));
  EXPECT_TRUE(relabeler.reads("pid"));
  for (int i = 0; i < 100; ++i)
    stream_of(relabeler, {{"__host", "h"}, {"__pid", std::to_string(i)}});
  EXPECT_EQ(relabeler.remembered(), 1U);
  for (std::size_t i = 0; i < 3 * EntryRelabeler::kRememberedMax; ++i) {
    ASSERT_EQ(stream_of(relabeler, {{"__host", std::to_string(i)}}),
              "{host=\"" + std::to_string(i) + "\"}");
    ASSERT_LE(relabeler.remembered(), EntryRelabeler::kRememberedMax);
    if (interner.sweep_due()) interner.sweep();
  }
  const std::string huge(EntryRelabeler::kKeyBytesMax, 'x');
  EXPECT_EQ(stream_of(relabeler, {{"__host", huge}}), "{host=\"" + huge + "\"}");
}

}  // namespace
}  // namespace tailrace
