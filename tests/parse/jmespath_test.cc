#include "parse/jmespath.h"

#include <gtest/gtest.h>

#include "parse/table.h"

namespace tailrace {
namespace {

constexpr std::string_view kJmesPath[] = {
#include "parse/tables/jmespath.inc"
};

std::string answer(std::string_view expression, std::string_view document) {
  Arena arena;
  const auto path = JmesPath::compile(expression);
  if (!path) return "bad";
  const auto result = path->evaluate(parse_json(document, arena).value(), arena);
  if (!result) return "err";
  std::string out;
  append_json(out, *result);
  return out;
}

TEST(JmesPath, AnswersAsGoJmespath) {
  for (const std::string_view row : kJmesPath) {
    SCOPED_TRACE(row);
    const std::vector<std::string> fields = test::row_fields(row);
    EXPECT_EQ(answer(fields[0], fields[1]), fields[2]);
  }
}

TEST(JmesPath, Results) {
  auto f = [](std::string_view expression, std::string_view document, std::string_view want) {
    EXPECT_EQ(answer(expression, document), want) << expression;
  };
  f("a.b", R"({"a":{"b":1}})", "1");
  f("\"a.b\"", R"({"a.b":1})", "1");
  f("missing", "{}", "null");
  f("a[?x=='y' && n > `10`].n", R"({"a":[{"x":"y","n":11},{"x":"y","n":1},{"x":"z","n":12}]})",
    "[11]");
  f("sort_by(a, &n)[*].n", R"({"a":[{"n":3},{"n":1},{"n":2}]})", "[1,2,3]");
  f("keys(@)", R"({"b":1,"a":2})", R"(["a","b"])");
  f("a.*", R"({"a":{"y":1,"x":null,"w":3}})", "[3,1]");
  f("length('h\xC3\xA9llo')", "{}", "5");
  f("to_string(@)", R"({"b":"<","a":1.50})", R"("{\"a\":1.5,\"b\":\"\\u003c\"}")");
  f("to_number('0x10')", "{}", "null");
  f("to_number('1e3')", "{}", "1000");
  f("nosuch(@)", "{}", "err");
  f("length(`1`)", "{}", "err");
}

TEST(JmesPath, Errors) {
  auto f = [](std::string_view expression, std::string_view want) {
    const auto path = JmesPath::compile(expression);
    ASSERT_FALSE(path) << expression;
    EXPECT_EQ(path.error().text(), want);
  };
  f("b[", "at 3: expected a number or \"*\", found the end in `b[`");
  f("a.", "at 3: expected a name, \"*\", \"[\" or \"{\", found the end in `a.`");
  f("", "at 1: expected an expression, found the end in ``");
  f("a = b", "at 3: \"=\" is no operator, \"==\" is in `a = b`");
  f("'open", "at 1: the ' is never closed in `'open`");
  f("a b", "at 3: expected the end, found \"b\" in `a b`");
}

TEST(JmesPath, Identifier) {
  auto f = [](std::string_view expression, std::optional<std::string_view> want) {
    EXPECT_EQ(JmesPath::compile(expression)->identifier(), want) << expression;
  };
  f("level", "level");
  f(" level ", "level");
  f("\"a.b\"", "a.b");
  f("\"\\u0061\"", "a");
  f("a.b", std::nullopt);
  f("@", std::nullopt);
  f("a[0]", std::nullopt);
}

TEST(JmesPath, DeepAndLargeExpressions) {
  EXPECT_FALSE(JmesPath::compile(std::string(100000, '(')));
  EXPECT_FALSE(JmesPath::compile(std::string(100000, '!') + "a"));
  EXPECT_FALSE(JmesPath::compile(std::string(100000, '[')));
  EXPECT_FALSE(JmesPath::compile("a" + std::string(100000, '.')));
}

TEST(JmesPath, RunawayWorkIsAnError) {
  // A filter in the condition of a filter runs for each item: a hundred to the power of the
  // nesting.
  std::string items = "`[0";
  for (int i = 1; i < 100; ++i) items += ",0";
  items += "]`";
  std::string expression = "`true`";
  for (int i = 0; i < 2; ++i) expression = items + "[?" + expression + "]";
  EXPECT_EQ(answer("length(" + expression + ")", "{}"), "100");
  for (int i = 0; i < 3; ++i) expression = items + "[?" + expression + "]";
  EXPECT_EQ(answer("length(" + expression + ")", "{}"), "err");
}

TEST(JmesPath, RandomTextsDoNoHarm) {
  const std::vector<std::string_view> words = {
      "a",  ".", "[", "]", "*",  "[?", "==", "`1`", "'x'",     "(",        ")",  "&", "|", "||",
      "&&", "!", "@", ":", "-1", ",",  "{",  "}",   "length(", "sort_by(", "\"", "`", " "};
  test::Random random(61);
  for (int i = 0; i < 30000; ++i)
    (void)answer(random.text(words, 12), R"({"a":[{"a":1},{"a":[2,3]}]})");
}

}  // namespace
}  // namespace tailrace
