#include "model/held_entry.h"

#include <gtest/gtest.h>

#include <string>

#include "model/ledger.h"

namespace tailrace {
namespace {

struct HeldEntryTest : ::testing::Test {
  HeldEntryTest() {
    entry.arena = &arena;
    entry.interner = &interner;
  }
  Interner interner;
  FieldTable table;
  Arena arena;
  Entry entry;
};

TEST_F(HeldEntryTest, CopiesEverything) {
  std::string buffer = "line value meta";
  const std::string_view all = buffer;
  const FieldId text = table.id("text"), number = table.id("number"), gone = table.id("job");
  const LabelSet* base = interner.intern({{"job", "x"}, {"host", "h"}});
  entry.begin(all.substr(0, 4), 7, base, nullptr);
  entry.fields.set(text, FieldValue::of(all.substr(5, 5)));
  entry.fields.set(number, FieldValue::of(1.5));
  entry.fields.remove(gone);
  entry.metadata.emplace_back("m", all.substr(11));
  entry.labels.set("level", "info");

  HeldEntry held(entry);
  HeldEntry moved = std::move(held);
  buffer.assign(buffer.size(), '#');
  interner.sweep();
  interner.sweep();
  entry.begin("other", 8, interner.intern({}), nullptr);
  moved.restore(entry);

  EXPECT_EQ(entry.line, "line");
  EXPECT_EQ(entry.timestamp_ns, 7);
  EXPECT_EQ(entry.stream()->text(), R"({host="h", job="x", level="info"})");
  EXPECT_EQ(entry.fields.find(text, table)->text, "value");
  EXPECT_EQ(entry.fields.find(number, table)->number, 1.5);
  EXPECT_FALSE(entry.fields.find(gone, table));
  EXPECT_EQ(entry.fields.find(table.id("host"), table)->text, "h");
  EXPECT_FALSE(entry.fields.find(table.id("level"), table)) << "labels set later are no fields";
  ASSERT_EQ(entry.metadata.size(), 1U);
  EXPECT_EQ(entry.metadata[0], MetadataPair("m", "meta"));
}

TEST_F(HeldEntryTest, HoldsTheEarliestReadOfEverySource) {
  Ledger<int> file(0), other(0);
  Ticket* first = file.issue(10);
  Ticket* second = file.issue(20);
  Ticket* foreign = other.issue(5);
  const LabelSet* stream = interner.intern({});
  entry.begin("a", 0, stream, first);
  HeldEntry held(entry);
  entry.begin("b", 0, stream, second);
  entry.also.push_back(foreign);
  held.depend_on(entry);
  held.depend_on(static_cast<Ticket*>(nullptr));
  first->release();
  second->release();
  foreign->release();
  EXPECT_EQ(file.committed(), 0);
  EXPECT_EQ(other.committed(), 0);

  held.restore(entry);
  EXPECT_EQ(entry.ticket, first);
  EXPECT_EQ(entry.also, std::vector<Ticket*>{foreign});
  held.clear();
  EXPECT_TRUE(held.empty());
  EXPECT_EQ(file.committed(), 20);
  EXPECT_EQ(other.committed(), 5);
}

TEST_F(HeldEntryTest, IsReusedWithoutLeftovers) {
  const LabelSet* stream = interner.intern({{"a", "1"}});
  entry.begin("first", 1, stream, nullptr);
  entry.fields.set(table.id("x"), FieldValue::of("y"));
  entry.metadata.emplace_back("m", "v");
  HeldEntry held(entry);
  EXPECT_EQ(held.stream(), stream);
  entry.begin("second", 2, interner.intern({}), nullptr);
  held.hold(entry);
  held.line += "+";
  held.restore(entry);
  EXPECT_EQ(entry.line, "second+");
  EXPECT_EQ(entry.stream()->text(), "{}");
  EXPECT_TRUE(entry.fields.touched().empty());
  EXPECT_TRUE(entry.metadata.empty());
}

}  // namespace
}  // namespace tailrace
