#include <gtest/gtest.h>

#include <map>

#include "logql/line_filter.h"
#include "logql/matcher.h"
#include "logql/parser.h"

namespace tailrace::logql {
namespace {

using LabelMap = std::map<std::string, std::string>;

bool selects(std::string_view selector, const LabelMap& labels, std::string_view line) {
  const auto syntax = parse_match_selector(selector);
  if (!syntax) {
    ADD_FAILURE() << selector << ": " << syntax.error().text();
    return false;
  }
  const auto matchers = compile_matchers(syntax->matchers);
  const auto filters = compile_line_filters(syntax->filters);
  if (!matchers || !filters) {
    ADD_FAILURE() << selector;
    return false;
  }
  for (const Matcher& matcher : *matchers) {
    const auto found = labels.find(matcher.name());
    if (!matcher.matches(found == labels.end() ? std::string_view{} : found->second)) return false;
  }
  return all_match(*filters, line);
}

TEST(Selector, MatchesLabels) {
  const LabelMap nginx{{"app", "nginx"}, {"empty", ""}};
  auto f = [&](std::string_view selector, bool want) {
    EXPECT_EQ(selects(selector, nginx, "line"), want) << selector;
  };
  f(R"({app="nginx"})", true);
  f(R"({app="ngin"})", false);
  f(R"({app!="nginx"})", false);
  f(R"({app=~"ng.*"})", true);
  f(R"({app=~"gin"})", false);
  f(R"({app=~"nginx"})", true);
  f(R"({app=~"a|nginx"})", true);
  f(R"({app!~"ng.*"})", false);
  f(R"({app!~"nginx"})", false);
  f(R"({ app = "nginx" , missing = "" })", true);
  f(R"({missing!="x"})", true);
  f(R"({missing=~".+"})", false);
  f(R"({empty="", app="nginx"})", true);
  f(R"({app="nginx", app!="nginx"})", false);
}

TEST(Selector, MatchesLines) {
  auto f = [&](std::string_view filters, std::string_view line, bool want) {
    EXPECT_EQ(selects("{a=\"b\"}" + std::string(filters), {{"a", "b"}}, line), want)
        << filters << " on " << line;
  };
  constexpr std::string_view kChain = R"( |= "err" != "ignore" |~ "code=\\d+" !~ "code=2\\d\\d")";
  f(kChain, "err code=500", true);
  f(kChain, "err code=200", false);
  f(kChain, "err ignore code=500", false);
  f(kChain, "err nocode", false);
  f(kChain, "code=500", false);
  f(R"(|= "")", "", true);
  f(R"(|= "x")", "", false);
  f(R"(|~ "plain")", "a plain text", true);
  f(R"(!~ "plain")", "a plain text", false);
  f(R"(|~ "^{")", "{\"a\":1}", true);
  f(R"(|~ "(?i)ERROR")", "an error", true);
  f(R"(|= "1.5")", "1x5", false);
  f(R"(|~ "1.5")", "1x5", true);
}

TEST(Selector, ErrorsSayWhere) {
  auto f = [](std::string_view selector, std::string_view place, std::string_view part) {
    const auto syntax = parse_match_selector(selector);
    ASSERT_FALSE(syntax) << selector;
    EXPECT_TRUE(syntax.error().text().starts_with(place)) << syntax.error().text();
    EXPECT_NE(syntax.error().text().find(part), std::string::npos) << syntax.error().text();
  };
  f("", "1:1:", "expected `{`");
  f("{}", "1:2:", "at least one matcher");
  f("{a=}", "1:4:", "expected a string in double quotes behind `=`, found `}`");
  f("{a}", "1:3:", "=, !=, =~ or !~");
  f("{=\"b\"}", "1:2:", "a label name");
  f("{a=\"b\"", "1:7:", "`}`");
  f("{a=\"b\",}", "1:8:", "a label name");
  f("{a=\"b\"} | json", "1:9:", "line filter");
  f("{a=\"b\"} |= x", "1:12:", "a string");
  f("{a=\"b\"}\n  |~ \"\\d\"", "2:7:", "unknown escape");
  f("{a=`b`}", "1:4:", "backquotes");
  f("{a=\"b\"} trailing", "1:9:", "found `trailing`");
  f("rate({a=\"b\"}[5m])", "1:1:", "expected `{`");
}

TEST(Selector, BadRegexesSayWhere) {
  const auto labels = parse_match_selector(R"({a="b", c=~"(x"})");
  ASSERT_TRUE(labels);
  const auto matchers = compile_matchers(labels->matchers);
  ASSERT_FALSE(matchers);
  EXPECT_TRUE(matchers.error().text().starts_with("1:12: ")) << matchers.error().text();
  const auto lines = parse_match_selector(R"({a="b"} |~ "[")");
  ASSERT_TRUE(lines);
  EXPECT_FALSE(compile_line_filters(lines->filters));
}

TEST(Parser, TakesRawStringsWhereTheyAreAllowed) {
  Parser parser("{a=`\\d`} |= `x`");
  const auto selector = parser.selector();
  ASSERT_TRUE(selector);
  EXPECT_EQ(selector->matchers[0].value, "\\d");
  EXPECT_EQ(selector->filters[0].text, "x");
}

}  // namespace
}  // namespace tailrace::logql
