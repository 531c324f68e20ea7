#include "logql/lexer.h"

#include <gtest/gtest.h>

namespace tailrace::logql {
namespace {

std::string shown(std::string_view query) {
  std::string out;
  for (const Token& token : tokenize(query)) {
    if (token.kind == TokenKind::kEnd) continue;
    if (!out.empty()) out += ' ';
    out += token.kind == TokenKind::kDuration ? "duration:" + token.text : token.described();
  }
  return out;
}

TEST(Lexer, Tokens) {
  auto f = [](std::string_view query, std::string_view want) {
    EXPECT_EQ(shown(query), want) << query;
  };
  f("", "");
  f(R"({job="x"})", R"(`{` `job` `=` string "x" `}`)");
  f("|= |~ != !~ =~ == >= <= | .", "`|=` `|~` `!=` `!~` `=~` `==` `>=` `<=` `|` `.`");
  f("rate(x[5m])", "`rate` `(` `x` `[` duration:5m `]` `)`");
  f("1 1.5 1e3 2E-4 10KB 1h30m 5\xc2\xb5s",
    "`1` `1.5` `1e3` `2E-4` duration:10KB duration:1h30m duration:5\xc2\xb5s");
  f("`raw\\n`", R"(string "raw\\n")");
  f("a # comment\nb", "`a` `b`");
}

TEST(Lexer, StringEscapesAreGos) {
  auto f = [](std::string_view query, std::string_view want) {
    const std::vector<Token> tokens = tokenize(query);
    EXPECT_EQ(tokens.front().kind, TokenKind::kString) << query;
    EXPECT_EQ(tokens.front().text, want) << query;
  };
  f(R"("a\tb\n\"\\")", "a\tb\n\"\\");
  f(R"("\x41\101\u00e4\U0001F600")", "AA\xc3\xa4\xf0\x9f\x98\x80");
  f(R"("\a\b\f\r\v")", "\a\b\f\r\v");
  f("\"\"", "");
}

TEST(Lexer, FaultsAreTokensWithTheirPlace) {
  auto f = [](std::string_view query, int line, int column, std::string_view part) {
    const Token token = tokenize(query).back();
    EXPECT_EQ(token.kind, TokenKind::kError) << query;
    EXPECT_NE(token.text.find(part), std::string::npos) << token.text;
    EXPECT_EQ(token.place.line, line) << query;
    EXPECT_EQ(token.place.column, column) << query;
  };
  f(R"({a="\d"})", 1, 5, "unknown escape sequence `\\d`");
  f(R"({a="b)", 1, 4, "does not end");
  f("{\n  a=`b", 2, 5, "does not end");
  f("{a='b'}", 1, 4, "unexpected character \"'\"");
  f("\"\\ud800\"", 1, 2, "unknown escape");
  f("\"\\400\"", 1, 2, "unknown escape");
  f("\"a\nb\"", 1, 1, "does not end");
}

}  // namespace
}  // namespace tailrace::logql
