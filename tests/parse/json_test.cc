#include <gtest/gtest.h>

#include <array>

#include "base/text.h"
#include "parse/json_scan.h"
#include "parse/json_value.h"
#include "parse/table.h"

namespace tailrace {
namespace {

constexpr std::string_view kJson[] = {
#include "parse/tables/json.inc"
};

std::string written(const JsonValue& value, const JsonStyle& style = {}) {
  std::string out;
  append_json(out, value, style);
  return out;
}

// A field as JSON text, "absent" if there is none.
std::string written(const JsonField& field) {
  using Kind = JsonField::Kind;
  Arena arena;
  std::string out;
  switch (field.kind) {
    case Kind::kAbsent:
      return "absent";
    case Kind::kNull:
      return "null";
    case Kind::kBool:
      return field.boolean ? "true" : "false";
    case Kind::kNumber:
      append_json_number(out, field.number);
      return out;
    case Kind::kString:
      append_json_string(out, field.text);
      return out;
    case Kind::kObject:
    case Kind::kArray:
      return written(parse_json(field.text, arena, JsonBytes::kKeep).value());
  }
  return "?";
}

TEST(JsonValue, ReadsAndWritesAsGo) {
  for (const std::string_view row : kJson) {
    SCOPED_TRACE(row);
    const std::vector<std::string> fields = test::row_fields(row);
    Arena arena;
    const auto value = parse_json(fields[0], arena);
    EXPECT_EQ(value ? written(*value) : "no", fields[2]);
  }
}

TEST(JsonFields, FindsWhatGoDecodes) {
  const JsonFields wanted({"a", "level", "b", "a", "", "c"});
  for (const std::string_view row : kJson) {
    SCOPED_TRACE(row);
    const std::vector<std::string> fields = test::row_fields(row);
    Arena arena;
    std::array<JsonField, 6> found;
    // Go's library is stricter in one thing: control characters behind an escape.
    const auto kept = parse_json(fields[0], arena, JsonBytes::kKeep);
    const bool is_object = kept && (kept->is_object() || kept->is_null());
    ASSERT_EQ(wanted.scan(fields[0], arena, found), is_object);
    if (fields[1] == "no") {
      EXPECT_TRUE(!is_object || fields[0].find('\\') != std::string::npos);
      continue;
    }
    ASSERT_TRUE(is_object);
    // Bytes that are not UTF-8 stay, so there is only our own tree to compare with.
    const JsonValue whole = is_valid_utf8(fields[0])
                                ? parse_json(fields[1], arena).value()
                                : parse_json(fields[0], arena, JsonBytes::kKeep).value();
    for (std::size_t i = 0; i < found.size(); ++i) {
      const JsonValue* want = whole.find(wanted.keys()[i]);
      EXPECT_EQ(written(found[i]), want == nullptr ? "absent" : written(*want)) << wanted.keys()[i];
    }
  }
}

TEST(JsonFields, Values) {
  auto f = [](std::string_view text, std::string_view want) {
    SCOPED_TRACE(text);
    Arena arena;
    std::array<JsonField, 1> found;
    EXPECT_EQ(JsonFields({"k"}).scan(text, arena, found) ? written(found[0]) : "malformed", want);
  };
  f(R"({"k":"v"})", R"("v")");
  f(R"( {"k" : "v" } )", R"("v")");
  f(R"({"k":1,"k":2})", "2");
  f(R"({"\u006b":true})", "true");
  f(R"({"k":12345678901234567890})", "12345678901234567000");
  f(R"({"k":{"k":[1, 2]}})", R"({"k":[1,2]})");
  f("null", "absent");
  f("{}", "absent");
  f(R"({"k":"\ud800"})", "\"\xEF\xBF\xBD\"");
  f("{\"k\":\"\xff\"}", "\"\\ufffd\"");  // kept, and escaped here
  f(R"({"k":1e-999})", "0");
  f(R"({"k":1e999})", "malformed");
  f(R"({"x":1e999})", "malformed");
  f(R"({"k":1} x)", "malformed");
  f(R"({"k":1,})", "malformed");
  f(R"({"k":01})", "malformed");
  f("{\"k\":\"\t\"}", "malformed");
  f("{\"k\":\"\\n\t\"}", "\"\\n\\t\"");  // behind an escape
  f("{\"x\":[\"\\n\t\"],\"k\":1}", "1");
  f("[1]", "malformed");
  f("", "malformed");
  f("\"k\"", "malformed");
}

TEST(JsonFields, DepthLimit) {
  auto f = [](int depth, bool want) {
    SCOPED_TRACE(depth);
    const auto inner = static_cast<std::size_t>(depth - 1);
    const std::string text = R"({"a":)" + std::string(inner, '[') + std::string(inner, ']') + "}";
    Arena arena;
    std::array<JsonField, 1> found;
    EXPECT_EQ(JsonFields({"a"}).scan(text, arena, found), want);
    EXPECT_EQ(JsonFields({"b"}).scan(text, arena, found), want);
    EXPECT_EQ(parse_json(text, arena).has_value(), want);
  };
  f(9999, true);
  f(10000, true);
  f(10001, false);
  f(200000, false);
}

TEST(JsonFields, EveryCutIsMalformed) {
  const std::string text =
      R"({"level":"info \u00e9\n","n":-1.5e3,"o":{"a":[true,false,null,""]},"t":"0123456789abcdef"})";
  const JsonFields fields({"level", "n", "o", "t"});
  std::array<JsonField, 4> found;
  for (std::size_t bytes = 0; bytes < text.size(); ++bytes) {
    Arena arena;
    const std::vector<char> exact(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(bytes));
    const std::string_view cut(exact.data(),
                               exact.size());  // so that asan sees a read behind its end
    EXPECT_FALSE(fields.scan(cut, arena, found)) << cut;
    EXPECT_FALSE(parse_json(cut, arena)) << cut;
  }
}

TEST(Json, RandomBytesDoNoHarm) {
  const std::vector<std::string_view> words = {
      "{",  "}",   "[", "]",  ",",    ":",    "\"a\"", "\"",      "\\u00e9",
      "\\", "1.5", "-", "e9", "true", "null", " ",     "{\"a\":", "\xE6\x97\xA5"};
  test::Random random(41);
  const JsonFields fields({"a"});
  std::array<JsonField, 1> found;
  Arena arena;
  for (int i = 0; i < 30000; ++i) {
    const std::string text = random.text(words, 12);
    const bool scanned = fields.scan(text, arena, found);
    const auto tree = parse_json(text, arena);
    EXPECT_EQ(scanned, tree && (tree->is_object() || tree->is_null())) << text;
    arena.reset();
  }
}

TEST(JsonValue, Numbers) {
  auto f = [](double value, std::string_view want) {
    std::string out;
    append_json_number(out, value);
    EXPECT_EQ(out, want);
  };
  f(0, "0");
  f(-0.0, "-0");
  f(1e20, "100000000000000000000");
  f(1e21, "1e+21");
  f(1.5e300, "1.5e+300");
  f(0.000001, "0.000001");
  f(0.00000012, "1.2e-7");
  f(1e-10, "1e-10");
  f(5e-324, "5e-324");
}

TEST(JsonValue, Styles) {
  Arena arena;
  const JsonValue value = parse_json(R"({"b":[1,{"x":"<&>"}],"a":{},"c":[]})", arena).value();
  EXPECT_EQ(written(value), R"({"a":{},"b":[1,{"x":"\u003c\u0026\u003e"}],"c":[]})");
  EXPECT_EQ(written(value, {.escape_html = false, .indent = {}}),
            R"({"a":{},"b":[1,{"x":"<&>"}],"c":[]})");
  EXPECT_EQ(written(value, {.escape_html = false, .indent = "  "}),
            "{\n  \"a\": {},\n  \"b\": [\n    1,\n    {\n      \"x\": \"<&>\"\n    }\n  ],\n  "
            "\"c\": []\n}");
}

TEST(JsonValue, Equality) {
  auto f = [](std::string_view a, std::string_view b, bool want) {
    Arena arena;
    EXPECT_EQ(parse_json(a, arena).value() == parse_json(b, arena).value(), want) << a << " " << b;
  };
  f(R"({"a":[1,2],"b":null})", R"({"b":null,"a":[1.0,2]})", true);
  f(R"({"a":1})", R"({"a":1,"b":2})", false);
  f("[1,2]", "[2,1]", false);
  f("0", "false", false);
  f("\"\"", "null", false);
}

}  // namespace
}  // namespace tailrace
