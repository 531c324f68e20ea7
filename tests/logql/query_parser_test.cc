#include "logql/query_parser.h"

#include <gtest/gtest.h>

#include "logql/line_pipeline.h"
#include "logql/metric_engine.h"

namespace tailrace::logql {
namespace {

TEST(QueryParser, TakesTheWholeLanguage) {
  auto f = [](std::string_view text, bool is_log) {
    SCOPED_TRACE(text);
    const Result<Query> query = parse_query(text);
    ASSERT_TRUE(query) << query.error().text();
    EXPECT_EQ(std::holds_alternative<LogQuery>(*query), is_log);
  };
  const bool log = true;
  const bool metric = false;
  f(R"({a="b"})", log);
  f(R"({a="b",})", log);
  f("# comment\n{a=`b`} # more", log);
  f(R"(({a="b"}))", log);
  f("{a=`b`} |= `x` or `y` != `z` |~ `a.*` !~ `b` |> `<_> c` !> `d <_>` |= ip(`10.0.0.0/8`)", log);
  f("{a=`b`} | json | JSON x=`a.b[0]`, y | logfmt --strict --keep-empty z=`q`", log);
  f("{a=`b`} | regexp `(?P<n>.)` | pattern `<x> y`", log);
  f(R"({a="b"} | unpack | decolorize | line_format "{{.x}}" | label_format a=b, c="{{.d}}")", log);
  f(R"({a="b"} | drop a, b="c", d=~"e" | keep f, g!="h")", log);
  f(R"x({a="b"} | x="y" or z>1 and (w<=5ms, v!=10KB) u==3.5 | t=ip("::1"))x", log);
  f(R"({sum="b"} | rate>5)", log);
  f(R"(rate({a="b"}[5m]))", metric);
  f(R"(RATE({a="b"} |= "x" [1h30m] offset 5m))", metric);
  f(R"(rate({a="b"}[5m] offset -1m |= "x"))", metric);
  f(R"(count_over_time(({a="b"} | json)[5m]))", metric);
  f(R"(count_over_time(({a="b"}[5m])))", metric);
  f(R"(sum_over_time({a="b"} | json | unwrap bytes(x) | __error__="" [5m]))", metric);
  f(R"(quantile_over_time(0.9, {a="b"} | unwrap duration_seconds(x) [5m]) by (c, d))", metric);
  f(R"(sum by (a) (rate({a="b"}[5m])))", metric);
  f(R"(sum(rate({a="b"}[5m])) without ())", metric);
  f(R"(topk(5, rate({a="b"}[5m])) by (x))", metric);
  f(R"(1 + 2 * 3 ^ 2)", metric);
  f(R"(rate({a="b"}[5m]) > bool 1 and on (a) rate({a="c"}[5m]))", metric);
  f(R"(rate({a="b"}[5m]) / ignoring (a) group_left (x, y) rate({a="c"}[5m]))", metric);
  f(R"(rate({a="b"}[5m]) * on (a) group_right rate({a="c"}[5m]))", metric);
  f(R"x(label_replace(rate({a="b"}[5m]), "d", "$1", "s", "(.*)"))x", metric);
  f(R"({a="b"} | json | x > 5and y <= 20or z=`q`)", log);
  f("vector(1) + vector(-2.5) + .5", metric);
  f(R"({sum="b", ip="c"} | logfmt count, min="x" | rate > 2 | dur >= -5ms | drop vector)", log);
  f("-1 + +2", metric);
}

TEST(QueryParser, ErrorsSayWhere) {
  auto f = [](std::string_view text, std::string_view want) {
    const Result<Query> query = parse_query(text);
    ASSERT_FALSE(query) << text;
    EXPECT_TRUE(query.error().text().starts_with(want)) << text << "\n" << query.error().text();
  };
  f("", "parse error : syntax error: unexpected $end");
  f("  ", "parse error at line 1, col 3: syntax error: unexpected $end");
  f("{", "parse error at line 1, col 2: syntax error: unexpected $end");
  f(R"({a=})", "parse error at line 1, col 4: syntax error: unexpected }");
  f("{a=\"b\"}\n  | json |", "parse error at line 2, col 11: syntax error: unexpected $end");
  f(R"({a="b"} | nonsense)", "parse error at line 1, col 19: syntax error: unexpected $end");
  // Columns count characters.
  f("{a=\"\u00e4\"} extra", "parse error at line 1, col 9: syntax error: unexpected IDENTIFIER");
  // Keywords are no names, functions without brackets are.
  f(R"({json="b"})", "parse error at line 1, col 2: syntax error: unexpected json, expecting");
  f(R"({a="b"} | json on)", "parse error at line 1, col 16: syntax error: unexpected on,");
  f(R"({a="b"} | x="1" or < 2)", "parse error at line 1, col 20: syntax error: unexpected <,");
  f(R"({a="b"} | json="x")", "parse error at line 1, col 15: syntax error: unexpected =,");
  f(R"({a="b"} | logfmt = "5")", "parse error at line 1, col 18: syntax error: unexpected =,");
  f(R"({a="b"} | keep a, By)", "parse error at line 1, col 19: syntax error: unexpected By,");
  f(R"(sum by (offset) (rate({a="b"}[5m])))",
    "parse error at line 1, col 9: syntax error: unexpected offset,");
  f(R"({a="b"} | logfmt --strict--keep-empty)",
    "parse error at line 1, col 18: syntax error: unexpected -,");
  f(R"({a="b"} | logfmt - -strict)", "parse error at line 1, col 18: syntax error: unexpected -,");
  f(R"(sum by (a, ) (rate({a="b"}[5m])))",
    "parse error at line 1, col 12: syntax error: unexpected ),");
  f(R"(rate({a="b"}[5min]))",
    "parse error at line 1, col 14: not a valid duration string: \"5min\"");
  f(R"(1 + rate{a="b"}[5m])",
    "parse error at line 1, col 5: syntax error: unexpected IDENTIFIER rate,");
  f(R"({a="b"} extra)", "parse error at line 1, col 9: syntax error: unexpected IDENTIFIER extra");
  f(R"({a="b"}[5m])", "parse error at line 1, col 8: syntax error: unexpected RANGE");
  f(R"(rate({a="b"}))",
    "parse error at line 1, col 13: syntax error: unexpected ), expecting RANGE");
  f(R"(rate({a="b"}[x]))", "parse error at line 1, col 14: not a valid duration string: \"x\"");
  f(R"(sum({a="b"}))", "parse error at line 1, col 12: syntax error: a log query has no values");
  f(R"({a="b"} + 1)", "parse error : unexpected type for left leg of binary operation (+)");
  f(R"(rate({a="b"}[100y]))", "parse error at line 1, col 14: this range is too long");
  f(R"(rate({a="b"}[1m] offset 100y))", "parse error at line 1, col 25: this offset is too long");
  f(R"(1 + {a="b"})", "parse error : unexpected type for right leg of binary operation (+)");
  f(R"({a="b"} | keep c != "x" or "y")",
    "parse error at line 1, col 28: syntax error: unexpected STRING");
  f(R"({a="b"} |= "x)", "parse error at line 1, col 12: this string does not end");
  f(R"({a="b"} | label_format a=b, a=c)",
    "parse error at line 1, col 29: multiple label name 'a' not allowed");
  f(R"(topk(rate({a="b"}[5m])))", "parse error : parameter required for operation topk");
  f(R"(topk(0, rate({a="b"}[5m])))", "parse error : invalid parameter topk(0,");
  f(R"(sum_over_time({a="b"}[5m]))",
    "parse error : invalid aggregation sum_over_time without unwrap");
  f(R"(count_over_time({a="b"} | unwrap x [5m]))",
    "parse error : invalid aggregation count_over_time with unwrap");
  f(R"(count_over_time({a="b"}[5m]) by (a))",
    "parse error : grouping not allowed for count_over_time aggregation");
  f(R"(sort(rate({a="b"}[5m])) by (a))", "parse error : grouping not allowed for sort aggregation");
  f(R"(1 and 2)",
    "parse error : unexpected literal for left leg of logical/set binary operation (and): 1");
  f(R"({})", "parse error : queries require at least one regexp or equality matcher");
  f(R"({a=~".*"})", "parse error : queries require at least one regexp or equality matcher");
  f(R"({a!="b"})", "parse error : queries require at least one regexp or equality matcher");
  f(R"(sum(rate({a=~".*"}[5m])))",
    "parse error : queries require at least one regexp or equality matcher");
  f(std::string(200'000, 'x'), "parse error : input size too long (200000 > 131072)");
  f(std::string(5000, '('), "parse error at line 1, col 101: the query is nested too deeply");
  std::string sums = "1";
  for (int i = 0; i < 5000; ++i) sums += "+vector(1)";
  f(sums, "parse error at line 1, col ");
}

TEST(QueryParser, StagesThatDoNotCompileAreRefused) {
  auto f = [](std::string_view text, std::string_view part) {
    const Result<LogQuery> query = parse_log_query(text);
    ASSERT_TRUE(query) << text << ": " << query.error().text();
    const Result<LinePipeline> pipeline = LinePipeline::compile(query->stages);
    ASSERT_FALSE(pipeline) << text;
    EXPECT_NE(pipeline.error().text().find(part), std::string::npos) << pipeline.error().text();
  };
  f(R"x({a="b"} |~ "(")x", "missing closing )");
  f(R"({a="b"} | regexp "x")", "at least one named capture must be supplied");
  f("{a=`b`} | regexp `(?P<a>x)(?P<a>y)`", "duplicate extracted label name 'a'");
  f(R"({a="b"} | pattern "x")", "at least one capture is required");
  f(R"({a="b"} | pattern "<a><b>")", "consecutive capture");
  f(R"({a="b"} |> "<name>")", "named captures are not allowed");
  f(R"({a="b"} | line_format "{{.x")", "invalid line template");
  f(R"({a="b"} | line_format "{{nope .x}}")", "nope");
  f(R"({a="b"} | json x="a..b")", "cannot parse expression");
  f(R"x({a="b"} | x=ip("nope"))x", "invalid pattern");
  f(R"x({a="b"} | x=~"(")x", "missing closing )");
}

TEST(QueryParser, SelectorsAlone) {
  EXPECT_TRUE(parse_selector("{}"));
  EXPECT_TRUE(parse_selector(R"({a=~".*"})"));
  EXPECT_EQ(parse_selector(R"({a="b"} |= "x")").error().text(),
            "only label matchers are supported");
  EXPECT_EQ(parse_selector(R"({a="b"} | json)").error().text(),
            "only label matchers are supported");
  EXPECT_EQ(parse_selector(R"(rate({a="b"}[5m]))").error().text(),
            "only label matchers are supported");
  EXPECT_FALSE(parse_selector("x"));
  EXPECT_FALSE(parse_log_query(R"(rate({a="b"}[5m]))"));
}

}  // namespace
}  // namespace tailrace::logql
