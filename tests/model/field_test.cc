#include "model/field.h"

#include <gtest/gtest.h>

#include <map>

#include "model/interner.h"

namespace tailrace {
namespace {

TEST(FieldTable, GivesEachNameOneNumber) {
  FieldTable table;
  const FieldId a = table.id("a");
  const FieldId b = table.id("b");
  EXPECT_NE(a, b);
  EXPECT_EQ(table.id("a"), a);
  EXPECT_EQ(table.name(b), "b");
  EXPECT_EQ(table.find("b"), b);
  EXPECT_EQ(table.find("c"), std::nullopt);
  EXPECT_EQ(table.size(), 2U);
}

TEST(Fields, FallBackToTheLabelsOfTheBeginning) {
  Interner interner;
  FieldTable table;
  Fields fields;
  fields.begin(interner.intern({{"job", "x"}, {"level", "label"}}));
  const FieldId job = table.id("job"), level = table.id("level"), other = table.id("other");
  EXPECT_EQ(fields.find(job, table)->text, "x");
  EXPECT_FALSE(fields.find(other, table));
  fields.set(level, FieldValue::of("field"));
  fields.remove(job);
  fields.set(other, FieldValue::null());
  EXPECT_EQ(fields.find(level, table)->text, "field");
  EXPECT_FALSE(fields.find(job, table));
  EXPECT_EQ(fields.find(other, table)->kind, FieldValue::Kind::kNull);
  fields.begin(interner.intern({{"job", "y"}}));
  EXPECT_EQ(fields.find(job, table)->text, "y");
  EXPECT_FALSE(fields.find(level, table));
  EXPECT_FALSE(fields.find(other, table));
}

TEST(Fields, ForEachShowsFieldsAndLabelsTheyDoNotHide) {
  Interner interner;
  FieldTable table;
  Fields fields;
  fields.begin(interner.intern({{"a", "label"}, {"b", "label"}, {"c", "label"}}));
  fields.set(table.id("a"), FieldValue::of("field"));
  fields.set(table.id("d"), FieldValue::of("field"));
  fields.remove(table.id("b"));
  std::map<std::string, std::string> got;
  fields.for_each(table, [&](std::string_view name, const FieldValue& value) {
    got[std::string(name)] = std::string(value.text);
  });
  EXPECT_EQ(got,
            (std::map<std::string, std::string>{{"a", "field"}, {"c", "label"}, {"d", "field"}}));
}

TEST(Fields, RefillLetsTheLabelsOfNowWin) {
  Interner interner;
  FieldTable table;
  Fields fields;
  const auto text = [&](std::string_view name) -> std::string_view {
    const auto value = fields.find(table.id(name), table);
    return value ? value->text : "-";
  };
  fields.begin(interner.intern({{"kept", "old"}, {"gone", "old"}, {"changed", "old"}}));
  fields.set(table.id("field"), FieldValue::of("set"));
  fields.set(table.id("shadowed"), FieldValue::of("set"));
  fields.remove(table.id("removed"));
  fields.refill(interner.intern({{"kept", "old"},
                                 {"changed", "new"},
                                 {"fresh", "new"},
                                 {"shadowed", "new"},
                                 {"removed", "new"}}),
                table);
  EXPECT_EQ(text("kept"), "old");
  EXPECT_EQ(text("gone"), "old") << "a label that was taken away stays in the map";
  EXPECT_EQ(text("changed"), "new");
  EXPECT_EQ(text("fresh"), "new");
  EXPECT_EQ(text("field"), "set");
  EXPECT_EQ(text("shadowed"), "new");
  EXPECT_EQ(text("removed"), "new");
  fields.begin(interner.intern({{"kept", "again"}}));
  EXPECT_EQ(text("gone"), "-");
  EXPECT_EQ(text("kept"), "again");
}

TEST(FieldText, IsPromtailsStringForm) {
  Arena arena;
  auto f = [&](const FieldValue& value, std::optional<std::string_view> want) {
    EXPECT_EQ(field_text(value, arena), want);
  };
  f(FieldValue::of("text"), "text");
  f(FieldValue::of(""), "");
  f(FieldValue::of_bool(true), "true");
  f(FieldValue::of_bool(false), "false");
  f(FieldValue::of(42.0), "42");
  f(FieldValue::of(3.14159), "3.14159");
  f(FieldValue::of(1e-7), "0.0000001");
  f(FieldValue::of(12345678901234567890.0), "12345678901234567000");
  f(FieldValue::null(), std::nullopt);
  f(FieldValue{}, std::nullopt);
}

}  // namespace
}  // namespace tailrace
