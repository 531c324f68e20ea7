#include "config/expand_env.h"

#include <gtest/gtest.h>

#include <map>

namespace tailrace {
namespace {

// The expected values were recorded from the library that Promtail uses, but for what is marked as
// ours.
TEST(ExpandEnv, Expands) {
  const std::map<std::string, std::string, std::less<>> variables{
      {"APP", "web-App.x"}, {"EMPTY", ""}, {"P", "a/b/c/d.tar.gz"}, {"U", "\u00e9a\u00df"},
      {"N", "3"},           {"S", "aaa"},  {"D", "x${APP}y"},       {"BS", "a\\b"}};
  const EnvLookup lookup = [&variables](std::string_view name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  };
  auto f = [&lookup](std::string_view text, std::string_view want) {
    const Result<std::string> expanded = expand_env(text, lookup);
    ASSERT_TRUE(expanded) << expanded.error().text();
    EXPECT_EQ(*expanded, want) << text;
  };
  f("", "");
  f("a ${APP} b", "a web-App.x b");
  f("${MISSING}", "");
  f("${N}${N}", "33");
  f("${D}", "x${APP}y");
  f("\\${N}", "\\3");
  f("${1}-$2", "-$2");
  f("${\u00e9}", "");
  // Dollars.
  f("$APP", "$APP");
  f("$", "$");
  f("$$", "$");
  f("$$APP", "$APP");
  f("$${APP}", "${APP}");
  f("$$${APP}", "$web-App.x");
  f("$$$${N}", "$${N}");
  f("$$$$${N}", "$$3");
  f("$${", "${");
  // Backslashes, in text without any ${...}, too.
  f(R"(a\\b\\\\c\d\/e)", R"(a\b\\c\d/e)");
  f(R"(\\${N}\${N}\$)", R"(\3\3\$)");
  f(R"(${MISSING:-a\\b\/})", R"(a\\b\/)");
  // Defaults.
  f("${MISSING:-d}", "d");
  f("${MISSING:=d}", "d");
  f("${MISSING=d}", "d");
  f("${MISSING-d}", "d");  // ours
  f("${EMPTY-d}", "d");    // ours
  f("${EMPTY:-}", "");
  f("${APP:-d}", "web-App.x");
  f("${APP-d}", "web-App.x");  // ours
  f("${MISSING:+d}", "d");
  f("${MISSING:?d}", "d");
  f("${MISSING:-a${APP}b${N}}", "aweb-App.xb3");
  f("${MISSING:-{}}", "{}");
  f("${MISSING:-$x}", "$x");
  f("${MISSING:-$${APP}}", "$web-App.x");
  f("${MISSING:-http://x:80/a=b}", "http://x:80/a=b");
  f("${MISSING:- x }", " x ");
  f("${MISSING:-a\nb}", "a\nb");
  // Case and length.
  f("${APP^}", "Web-App.x");
  f("${APP^^}", "WEB-APP.X");
  f("${APP,}", "web-App.x");
  f("${APP,,}", "web-app.x");
  f("${U^}", "\u00c9a\u00df");
  f("${U^^}", "\u00c9A\u00df");
  f("${EMPTY^}", "");
  f("${#APP}", "9");
  f("${#U}", "5");
  f("${#MISSING}", "0");
  // Substrings.
  f("${APP:4}", "App.x");
  f("${APP:0:3}", "web");
  f("${APP:2:100}", "b-App.x");
  f("${APP:100}", "");
  f("${APP: -3}", "web-App.x");
  f("${APP:x}", "web-App.x");
  f("${APP:1:x}", "web-App.x");
  f("${APP:1:2:3}", "web-App.x");
  f("${APP:${N}}", "-App.x");
  f("${APP:1:${N}}", "eb-");
  f("${APP:5:-2}", "web-App.x");  // ours: the original crashes
  // Trimming.
  f("${APP#web-}", "App.x");
  f("${APP#x}", "web-App.x");
  f("${P#*/}", "b/c/d.tar.gz");
  f("${P##*/}", "d.tar.gz");
  f("${P%.*}", "a/b/c/d.tar");
  f("${P%%.*}", "a/b/c/d");
  f("${P%/*}", "a/b/c");
  f("${P%%/*}", "a");
  f("${P#?}", "/b/c/d.tar.gz");
  f("${P#[a]}", "/b/c/d.tar.gz");
  f("${P##a*c}", "/d.tar.gz");
  f("${P##*}", "");
  f("${P#[}", "a/b/c/d.tar.gz");
  f("${P%.???.*}", "a/b/c/d");
  f("${S#a}", "aa");
  f("${S##a}", "aa");
  f("${APP#${MISSING:-web}}", "-App.x");
  // Replacement.
  f("${APP/web/WEB}", "WEB-App.x");
  f("${APP/web/}", "-App.x");
  f("${S/a/b}", "baa");
  f("${S//a/b}", "bbb");
  f("${S//a/}", "");
  f("${S//aa/b}", "ba");
  f("${APP/#web/W}", "W-App.x");
  f("${APP/%.x/Y}", "web-AppY");
  f("${APP/#App/W}", "web-App.x");
  f("${APP/%web/Y}", "web-App.x");
  f("${APP/*/x}", "web-App.x");
  f("${APP/-/${N}}", "web3App.x");
  f("${APP/web/a/b}", "a/b-App.x");
  f("${P/a\\/b/X}", "X/c/d.tar.gz");
  f("${P//\\//_}", "a_b_c_d.tar.gz");
  f("${BS/\\\\/x}", "axb");
}

TEST(ExpandEnv, RefusesWhatMakesNoSense) {
  const EnvLookup lookup = [](std::string_view) { return std::optional<std::string>("v"); };
  auto f = [&lookup](std::string_view text) {
    const Result<std::string> expanded = expand_env(text, lookup);
    ASSERT_FALSE(expanded) << text;
    EXPECT_EQ(expanded.error().code(), ErrorCode::kInvalid);
  };
  f("${");
  f("${}");
  f("${APP");
  f("${A B}");
  f("${ APP}");
  f("${#}");
  f("${#APP:1}");
  f("${APP^^x}");
  f("${APP:}");
  f("${APP::2}");
  f("${P#}");
  f("${APP/web}");
  f("${APP/web} x/y}");
  f("${S//}");
  f("${!APP}");
  f("${A B ${N}}");
  const Result<std::string> expanded = expand_env("a: ${A}\n\nb: ${A/x}\n", lookup);
  ASSERT_FALSE(expanded);
  EXPECT_EQ(expanded.error().text().find("3:4: bad substitution ${A/x}:"), 0U)
      << expanded.error().text();
}

TEST(ExpandEnv, EndsOnDeepNesting) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += "${A:-";
  const EnvLookup nothing = [](std::string_view) { return std::optional<std::string>(); };
  EXPECT_FALSE(expand_env(text, nothing));
}

TEST(ExpandEnv, LooksIntoTheEnvironment) {
  ::setenv("TAILRACE_TEST_VARIABLE", "here", 1);
  EXPECT_EQ(expand_env("${TAILRACE_TEST_VARIABLE}", process_env).value_or(""), "here");
  ::unsetenv("TAILRACE_TEST_VARIABLE");
  EXPECT_EQ(process_env("TAILRACE_TEST_VARIABLE"), std::nullopt);
}

}  // namespace
}  // namespace tailrace
