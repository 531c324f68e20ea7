#include <gtest/gtest.h>

#include <map>

#include "logql/line_pipeline.h"
#include "logql/literal.h"
#include "logql/query_parser.h"
#include "logql/scan.h"

namespace tailrace::logql {
namespace {

using Map = std::map<std::string, std::string>;

struct Outcome {
  bool kept = false;
  std::string line;
  Map labels;
};

// The stages over one line of the stream {app="x", env="dev"}.
Outcome run(std::string_view stages, std::string_view line,
            const std::vector<MetadataView>& metadata = {}) {
  const Labels stream{{"app", "x"}, {"env", "dev"}};
  const std::string text = R"({app="x"} )" + std::string(stages);
  const Result<LogQuery> query = parse_log_query(text);
  EXPECT_TRUE(query) << text << ": " << (query ? "" : query.error().text());
  if (!query) return {};
  Result<LinePipeline> pipeline = LinePipeline::compile(query->stages);
  EXPECT_TRUE(pipeline) << text << ": " << (pipeline ? "" : pipeline.error().text());
  if (!pipeline) return {};
  LineState state;
  state.timestamp_ns = 1'600'000'000'123'456'789;
  state.line = line;
  state.labels.begin(stream, metadata, state.arena);
  Outcome out;
  out.kept = all_match(pipeline->leading_filters(), line) && pipeline->process(state);
  out.line = state.line;
  for (const LineLabel& label : state.labels.all()) out.labels.emplace(label.name, label.value);
  out.labels.erase("app");
  out.labels.erase("env");
  if (state.labels.has_error()) out.labels.emplace("__error__", state.labels.error());
  return out;
}

TEST(LinePipeline, FunctionsOfTemplates) {
  auto f = [](const std::string& text, std::string_view want) {
    SCOPED_TRACE(text);
    const Outcome got =
        run("| logfmt | line_format `" + text + "`",
            R"(a=1 f=1.5 b=5KB d=1m30s t=1700000000 u="x y&z" host="h\u00f6st" msg="Hello")");
    EXPECT_EQ(got.line, want);
    EXPECT_EQ(got.labels.count("__error__"), 0U);
  };
  f(R"({{count "l" .msg}} {{count "(?i)H|o" .msg}})", "2 2");
  f(R"({{urlencode .u}} {{urldecode "a%20b+c%C3%B6"}})", "x+y%26z a b c\xc3\xb6");
  f(R"({{bytes .b}} {{bytes "1KiB"}} {{duration .d}} {{duration_seconds "250ms"}})",
    "5000 1024 90 0.25");
  f(R"({{unixToTime .t | unixEpochMillis}} {{unixToTime "1700000000123456789" | unixEpochNanos}})",
    "1700000000000 1700000000123456789");
  f(R"({{unixToTime "19373" | unixEpoch}})", "1673827200");
  f(R"({{toDateInZone "2006-01-02 15:04" "Europe/Berlin" "2026-01-02 03:04" | unixEpoch}})",
    "1767319440");
  f(R"([{{alignLeft 7 .host}}] [{{alignRight 7 .host}}] [{{alignLeft 2 .host}}] [{{alignRight 3 .host}}])",
    "[h\u00f6st   ] [   h\u00f6st] [h\u00f6] [\u00f6st]");
  f(R"([{{alignLeft 0 .msg}}{{alignRight 0 .msg}}] {{alignLeft -1 .msg}})", "[] Hello");
  f(R"({{__timestamp__ | unixEpoch}} {{__line__ | len}} {{.nope | default "none"}})",
    "1600000000 75 none");

  // Those of Promtail's stages only are no functions here.
  for (const char* name : {"Hash", "Sha2Hash", "sha256sum", "env", "dict", "uuidv4"}) {
    const LogQuery query =
        parse_log_query("{app=\"x\"} | line_format `{{" + std::string(name) + "}}`").value();
    EXPECT_FALSE(LinePipeline::compile(query.stages)) << name;
  }
  // A call that fails leaves the line as it is, with an error.
  for (const char* text :
       {"{{bytes .msg}}", "{{duration .msg}}", "{{urldecode \"%zz\"}}", "{{unixToTime .msg}}"}) {
    const Outcome got = run("| logfmt | line_format `" + std::string(text) + "`", "msg=x");
    EXPECT_EQ(got.line, "msg=x") << text;
    EXPECT_EQ(got.labels.at("__error__"), "TemplateFormatErr") << text;
  }
}

TEST(LinePipeline, HowLabelFiltersBind) {
  auto f = [](const std::string& filters, std::string_view line, bool kept) {
    EXPECT_EQ(run("| logfmt | " + filters, line).kept, kept) << filters << " on " << line;
  };
  f(R"(a="1" and b="1" or c="1")", "c=1", true);
  f(R"(a="1" or b="1" and c="1")", "a=1", true);
  f(R"(a="1", b="1" or c="1")", "c=1", false);  // a and (b or c)
  f(R"(a="1", b="1" or c="1")", "a=1 c=1", true);
  f(R"(a="1" b="1" or c="1")", "c=1", false);
  f(R"(a="1" or b="1", c="1")", "a=1", true);  // a or (b and c)
  f(R"(a="1" or b="1", c="1")", "b=1", false);
  f(R"((a="1" or b="1"), c="1")", "a=1", false);
  std::string many = R"(a="0")";
  for (int i = 0; i < 900; ++i) many += R"( or a="1")";
  f(many, "a=1", true);
  for (int i = 0; i < 200; ++i) many += R"( or a="1")";
  EXPECT_FALSE(parse_log_query(R"({app="x"} | )" + many));
  std::string commas = R"(a="0")";
  for (int i = 0; i < 5000; ++i) commas += R"(,a="1")";
  EXPECT_FALSE(parse_log_query(R"({app="x"} | )" + commas));
}

TEST(LinePipeline, LineFiltersRightBehindStages) {
  auto f = [](std::string_view stages, std::string_view line, bool kept) {
    EXPECT_EQ(run(stages, line).kept, kept) << stages << " on " << line;
  };
  f(R"(| json != "x")", R"({"a":"x"})", false);
  f(R"(| json != "x")", R"({"a":"y"})", true);
  f(R"(| logfmt !~ "[0-9]")", "a=1", false);
  f(R"x(| logfmt != ip("10.0.0.0/8"))x", "a=10.1.1.1", false);
  f(R"(| unpack != "x" | a="1")", R"({"_entry":"y","a":"1"})", true);
  f(R"(| decolorize != "31")", "\x1b[31mred\x1b[0m", true);
  // Labels that are called like a function.
  f(R"(| logfmt | rate="1")", "rate=1", true);
  f(R"(| logfmt | ip>5)", "ip=4", false);
  f(R"(| logfmt | dur > -5ms)", "dur=-4ms", true);
  f(R"(| logfmt | dur > -5ms)", "dur=-6ms", false);
}

TEST(LinePipeline, FaultsArePassedOverAsInLoki) {
  auto f = [](std::string_view stages, std::string_view line,
              const std::map<std::string, std::string>& want) {
    SCOPED_TRACE(line);
    EXPECT_EQ(run(stages, line).labels, want);
  };
  // logfmt: behind a quote that is not closed there is nothing; other faults end at the next blank.
  f("| logfmt", R"(a=1 k="open n=2)", {{"a", "1"}});
  f("| logfmt", R"(=x a=1)", {{"a", "1"}});
  f("| logfmt", R"(k==v a=1 q=v"x b=2)", {{"a", "1"}, {"b", "2"}});
  f("| logfmt", R"("quoted" a=1)", {{"a", "1"}});
  f("| logfmt", R"(k="bad \x" a=1)", {{"a", "1"}});
  f("| logfmt", "k=\"two\nlines\" a=1", {{"k", "two\nlines"}, {"a", "1"}});
  f("| logfmt --strict", R"(a=1 k==v b=2)", {{"a", "1"}, {"__error__", "LogfmtParserErr"}});
  // json: a comma before the end is none; of an object that does not end nothing counts.
  f("| json", R"({"a":1,})", {{"a", "1"}});
  f("| json", R"({"a":1,"o":{"b":2,"c")", {{"a", "1"}, {"__error__", "JSONParserErr"}});
  f("| json", R"({"a":1,"o":{"b":2,"c":}})",
    {{"a", "1"}, {"o_b", "2"}, {"__error__", "JSONParserErr"}});
  f("| json", R"({"half":"x \ud83d y","pair":"\ud83d\ude00","word":"\\ud83d"})",
    {{"half", ""}, {"pair", "\xf0\x9f\x98\x80"}, {"word", "\\ud83d"}});
  f("| json", R"({"9":{"9a":{"9b":1}},"a":{"0":2}})", {{"_9_9a_9b", "1"}, {"a_0", "2"}});
  // A path to a broken value is an error, a path to none is not.
  f(R"(| json a, b)", R"({"a":})", {{"a", ""}, {"b", ""}, {"__error__", "JSONParserErr"}});
  f(R"(| json a="o.x", b="o.y")", R"({"o":{"x":"1","y":"op)",
    {{"a", "1"}, {"b", ""}, {"__error__", "JSONParserErr"}});
  f(R"(| json a="o.x", b="l[0]", c="l[0].x")", "{\"o\":{\"x\":1},\"l\":[\"\\t",
    {{"a", "1"}, {"b", ""}, {"c", ""}});  // broken within a list: not there
  f(R"(| json a, b)", R"({"a":["\"q\""],"b":{"c":"\"q\""}})",
    {{"a", R"([""q""])"}, {"b", R"({"c":"\"q\""})"}});
}

TEST(LinePipeline, SaysWhichStageIsWrong) {
  auto f = [](const std::string& stages, const std::string& want) {
    const Result<LogQuery> query = parse_log_query(R"({app="x"} )" + stages);
    ASSERT_TRUE(query) << stages << ": " << query.error().text();
    const Result<LinePipeline> pipeline = LinePipeline::compile(query->stages);
    ASSERT_FALSE(pipeline) << stages;
    EXPECT_EQ(pipeline.error().text().substr(0, want.size()), want);
  };
  const std::string regex = "error parsing regexp: missing closing ): `(`";
  f(R"(|~ "(")", R"(parse error : stage '|~ "("' : )" + regex);
  f(R"(| json |= "a" !~ `(`)", R"(parse error : stage '!~ "("' : )" + regex);
  f(R"(| line_format "x" |~ "a" or "(")", R"(parse error : stage '|~ "a" or "("' : )" + regex);
  f(R"x(|= ip("10.0.0"))x", R"x(parse error : stage '|= ip("10.0.0")' : )x");
  f(R"(|> "<_><_>")", R"(parse error : stage '|> "<_><_>"' : )");
  f(R"(| regexp "(")", R"(parse error : stage '| regexp "("' : )" + regex);
  f(R"(| regexp "a")",
    R"(parse error : stage '| regexp "a"' : at least one named capture must be supplied)");
  f(R"(| pattern "a")", R"(parse error : stage '| pattern "a"' : )");
  f(R"(| line_format "{{nope}}")",
    R"(parse error : stage '| line_format "{{nope}}"' : invalid line template: template: line:)");
  f(R"(| label_format a=b, c="{{")",
    R"(parse error : stage '| label_format a=b,c="{{"' : invalid template for label 'c': )");
  f(R"(| json a="b[")", R"(parse error : stage '| json a="b["' : cannot parse expression [b[]: )");
}

TEST(LinePipeline, FiltersOnStoredLinesComeFirst) {
  auto f = [](std::string_view stages, std::size_t leading) {
    const LogQuery query = parse_log_query(R"({app="x"} )" + std::string(stages)).value();
    EXPECT_EQ(LinePipeline::compile(query.stages).value().leading_filters().size(), leading)
        << stages;
  };
  f(R"(|= "a" != "b")", 2);
  f(R"(| json |= "a")", 1);
  f(R"(|= "a" | logfmt | level="x" | drop y |~ "b")", 2);
  f(R"(| label_format a="{{__line__}}" |= "b")", 1);
  f(R"(| line_format "a" |= "a")", 0);
  f(R"(|= "a" | decolorize |= "b")", 1);
  f(R"(| unpack |= "b")", 0);
  EXPECT_TRUE(run(R"(| line_format "new" |= "new")", "old").kept);
  EXPECT_FALSE(run(R"(|= "old" | line_format "new" |= "old")", "old").kept);
  EXPECT_TRUE(run(R"(| json | a="1" |= "b")", R"({"a":1,"b":2})").kept);
  EXPECT_FALSE(run(R"(| json | a="1" |= "c")", R"({"a":1,"b":2})").kept);
}

TEST(LinePipeline, Filters) {
  auto f = [](std::string_view stages, std::string_view line, bool kept) {
    EXPECT_EQ(run(stages, line).kept, kept) << stages << " on " << line;
  };
  f(R"(|= "a" or "b")", "xb", true);
  f(R"(|= "a" or "b")", "xc", false);
  f(R"(!= "a" or "b")", "xb", false);
  f(R"(!= "a" or "b")", "xc", true);
  f("|~ `(?i)TIME.?OUT`", "a timeout", true);
  f(R"(|~ "b+c")", "abbbc", true);
  f(R"(|~ "x?yz")", "yz", true);
  f(R"(|~ "ab|cd")", "cd", true);
  f(R"(|> "a <_> c")", "a b c", true);
  f(R"(|> "a <_> c")", "a b c d", false);
  f(R"(|> "a <_>")", "a ", false);
  f(R"(!> "a <_> c")", "a b c", false);
  f(R"x(|= ip("10.0.0.0/8"))x", "from 10.1.2.3 to", true);
  f(R"x(|= ip("10.0.0.0/8"))x", "from 11.1.2.3 to", false);
  f(R"x(!= ip("10.0.0.1-10.0.0.5"))x", "10.0.0.3", false);
  f(R"x(|= ip("2001:db8::/32"))x", "at 2001:db8::1 now", true);
  f(R"(| logfmt |= "x")", "a=b", false);
  f(R"(| logfmt | a="b")", "a=b", true);
  f(R"(| logfmt | a!="b")", "c=d", true);
  f(R"(| logfmt | a=~"b|c")", "a=bc", false);
  f(R"(| logfmt | n>5)", "n=6", true);
  f(R"(| logfmt | n>5)", "n=4", false);
  f(R"(| logfmt | n>5)", "m=6", false);
  f(R"(| logfmt | n>5)", "n=six", true);
  f(R"(| logfmt | d>=1.5s)", "d=1500ms", true);
  f(R"(| logfmt | s<1KB)", "s=999B", true);
  f(R"(| logfmt | s<1KB)", "s=1KiB", false);
  f(R"(| logfmt | a="1" or b="2" and c="3")", "a=1", true);
  f(R"(| logfmt | (a="1" or b="2") and c="3")", "a=1", false);
  f(R"(| logfmt | a="1", b="2")", "a=1 b=2", true);
  f(R"(| logfmt | a="1" b="2")", "a=1 b=3", false);
  f(R"x(| logfmt | i=ip("10.0.0.0/8"))x", "i=10.0.0.1", true);
  f(R"x(| logfmt | i!=ip("10.0.0.0/8"))x", "i=10.0.0.1", false);
}

TEST(LinePipeline, Parsers) {
  auto f = [](std::string_view stages, std::string_view line, const Map& want) {
    SCOPED_TRACE(std::string(stages) + " on " + std::string(line));
    EXPECT_EQ(run(stages, line).labels, want);
  };
  f("| json", R"({"a":"b","n":1.50,"t":true,"z":null,"l":[1],"o":{"p":{"q":"r"}},"9z-k":"x"})",
    {{"a", "b"}, {"n", "1.50"}, {"t", "true"}, {"o_p_q", "r"}, {"_9z_k", "x"}});
  f("| json", R"({"app":"y"})", {{"app_extracted", "y"}});
  f("| json", R"({"a":"1","a":"2"})", {{"a", "2"}});
  f("| json", R"({"a":"tab\tquote\"ä"})", {{"a", "tab\tquote\"\xc3\xa4"}});
  f("| json", R"({"a":1,"b":)", {{"a", "1"}, {"__error__", "JSONParserErr"}});
  f("| json", "no json", {{"__error__", "JSONParserErr"}});
  f("| json", "{}", {});
  f(R"(| json x="a.b[1].c", y="a", z="no", w="a[\"b\"]")", R"({"a":{"b":[0,{"c":"deep"}]}})",
    {{"x", "deep"}, {"y", R"({"b":[0,{"c":"deep"}]})"}, {"z", ""}, {"w", R"([0,{"c":"deep"}])"}});
  f(R"(| json x="a")", "no json", {{"__error__", "JSONParserErr"}});
  f("| logfmt", R"(a=b c="d e" bare f= g=h)", {{"a", "b"}, {"c", "d e"}, {"g", "h"}});
  f("| logfmt --keep-empty", "a= b", {{"a", ""}, {"b", ""}});
  f("| logfmt", R"(a=b "bad" c=d)", {{"a", "b"}, {"c", "d"}});
  f("| logfmt --strict", R"(a=b "bad" c=d)", {{"a", "b"}, {"__error__", "LogfmtParserErr"}});
  f(R"(| logfmt x="a", y="zz")", "a=b c=d", {{"x", "b"}, {"y", ""}});
  f("| regexp `(?P<one>\\w+) (?P<two>\\w+)`", "hello world", {{"one", "hello"}, {"two", "world"}});
  f("| regexp `(?P<one>x)`", "y", {});
  f(R"(| pattern "<a> - <_> <b>")", "1 - 2 3 4", {{"a", "1"}, {"b", "3 4"}});
  f(R"(| pattern "<a> - <b> x")", "1 - 2", {{"a", "1"}, {"b", "2"}});
  f("| unpack", R"({"_entry":"the line","k":"v"})", {{"k", "v"}});
  f("| unpack", R"({"k":"v"})", {});
  f("| json | drop a", R"({"a":"1","b":"2"})", {{"b", "2"}});
  f(R"(| json | drop a="2")", R"({"a":"1"})", {{"a", "1"}});
  f("| json | drop __error__", "x", {});
  f(R"(| json | keep a, b="1")", R"({"a":"1","b":"2","c":"3"})", {{"a", "1"}});
  f(R"(| json | label_format x=a, y="{{.x}}!")", R"({"a":"1"})", {{"x", "1"}, {"y", "1!"}});
  f("| json | n>5", R"({"n":"x"})", {{"n", "x"}, {"__error__", "LabelFilterErr"}});
}

TEST(LinePipeline, Lines) {
  auto f = [](std::string_view stages, std::string_view line, std::string_view want) {
    EXPECT_EQ(run(stages, line).line, want) << stages;
  };
  f(R"(| logfmt | line_format "{{.a}}-{{.missing}}-{{.app}}")", "a=b", "b--x");
  f(R"(| line_format "{{__line__ | ToUpper}}")", "abc", "ABC");
  f(R"(| line_format "{{__timestamp__ | date \"2006\"}}")", "abc", "2020");
  f(R"(| line_format "`__line__`{{\"__line__\"}}")", "abc", "`__line__`__line__");
  f("| decolorize", "\x1b[31mred\x1b[0m", "red");
  f("| unpack", R"({"_entry":"the line","k":"v"})", "the line");
}

TEST(LinePipeline, MetadataIsALabel) {
  const Outcome out = run(R"(| trace="1")", "x", {{"trace", "1"}, {"app", "other"}});
  EXPECT_TRUE(out.kept);
  EXPECT_EQ(out.labels, (Map{{"trace", "1"}, {"app_extracted", "other"}}));
}

TEST(Literal, RequiredTextOfARegex) {
  auto f = [](std::string_view regex, std::string_view want) {
    EXPECT_EQ(required_literal(regex), want) << regex;
  };
  f("abc", "abc");
  f("a.*bcd", "bcd");
  f("ab?cd", "cd");
  f("ab*", "a");
  f("ab+c", "ab");
  f("ab{2}cde", "cde");
  f("a|b", "");
  f("(a|b)cde", "cde");
  f("(abc)", "");
  f("[abc]def[^]x]g", "def");
  f("(?i)abc", "");
  f("a\\.b\\d+", "a.b");
  f("\\bword", "");
  f("\xc3\xa4?bc", "bc");
  f("^start end$", "start end");
}

// Searching a whole block must say the same as asking line by line.
TEST(Scan, SelectsLikeLineByLine) {
  EntryBlock block;
  std::string text;
  std::vector<std::string> lines;
  for (int i = 0; i < 400; ++i)
    lines.push_back(i % 7 == 0   ? ""
                    : i % 5 == 0 ? "needle " + std::to_string(i)
                                 : "hay\nneed le" + std::to_string(i % 11));
  lines.push_back("ends with nee");
  lines.push_back("dle begins");
  for (const std::string& line : lines) text += line + "\n";
  std::size_t at = 0;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    block.lines.push_back(std::string_view(text).substr(at, lines[i].size()));
    block.timestamps.push_back(static_cast<std::int64_t>(i));
    at += lines[i].size() + 1;
  }
  block.text = text;
  for (const char* needle : {"needle", "nee", "1", "\n", "e\nd", "nothing", "", " "}) {
    LineFilterSyntax syntax;
    syntax.text = needle;
    std::vector<LineFilter> filters;
    filters.push_back(LineFilter::compile(syntax).value());
    std::vector<std::uint32_t> selected;
    select_entries(block, filters, 3, 395, selected);
    std::vector<std::uint32_t> want;
    for (std::uint32_t i = 3; i < 395; ++i) {
      if (lines[i].find(needle) != std::string::npos) want.push_back(i);
    }
    EXPECT_EQ(selected, want) << needle;
  }
}

}  // namespace
}  // namespace tailrace::logql
