// The stages that take fields out of text: regex, json, logfmt, replace, template, eventlogmessage.
#include "pipeline/run_stage.h"

namespace tailrace {
namespace {

TEST(RegexStage, StoresNamedGroupsOfTheFirstMatch) {
  auto f = [](std::string_view options, std::string_view line, const FieldTexts& want) {
    EXPECT_EQ(fields_after("- regex: " + std::string(options), line), want) << options << line;
  };
  f(R"({expression: '(?P<a>\w+)=(?P<b>\d+)'})", "x=1 y=2", {{"a", "x"}, {"b", "1"}});
  f(R"({expression: '(\w+)=(?P<b>\d+)'})", "x=1", {{"b", "1"}});
  f(R"({expression: '^(?P<a>\w+)(?: (?P<b>\d+))?$'})", "word", {{"a", "word"}, {"b", ""}});
  f(R"({expression: '^(?P<w>[a-z]+)(?:-(?P<w>[0-9]+))?$'})", "cd", {{"w", ""}});
  f(R"({expression: '^(?P<w>[a-z]+)(?:-(?P<w>[0-9]+))?$'})", "ab-12", {{"w", "12"}});
  f(R"({expression: '(?<first>a)(?P<second>b)'})", "ab", {{"first", "a"}, {"second", "b"}});
  f(R"({expression: '^(?P<a>x)'})", "yx", {});
  f(R"({Expression: '(?P<a>.)'})", "y", {{"a", "y"}});
  f(R"({expression: '(?P<a>.)', source: nothing})", "y", {});
}

TEST(RegexStage, ReadsAFieldOrALabel) {
  EXPECT_EQ(fields_after(R"(
- regex: {expression: 'user=(?P<user>\S+)'}
- regex: {source: user, expression: '^(?P<first>[a-z]+)\.'})",
                         "user=ada.lovelace x.y"),
            (FieldTexts{{"user", "ada.lovelace"}, {"first", "ada"}}));
  EXPECT_EQ(run_stages(R"(
- regex: {source: job, expression: '(?P<short>..)'}
- labels: {short: })",
                       {"x"}),
            (RanList{{.labels = R"({job="test", short="te"})", .line = "x"}}));
}

TEST(JsonStage, StoresEveryKindOfValue) {
  auto f = [](std::string_view expression, std::string_view line, std::string_view want) {
    const FieldTexts got =
        fields_after("- json: {expressions: {v: " + std::string(expression) + "}}", line);
    EXPECT_EQ(got, (FieldTexts{{"v", std::string(want)}})) << expression << " of " << line;
  };
  f("", R"({"v":"text"})", "text");
  f("", R"({"v":""})", "");
  f("", R"({"v":42})", "42");
  f("", R"({"v":1e21})", "1000000000000000000000");
  f("", R"({"v":12345678901234567890})", "12345678901234567000");
  f("", R"({"v":true})", "true");
  f("", R"({"v":null})", "<null>");
  f("", R"({"w":1})", "<null>");
  f("", R"({"v":{"b": [1.0, "<a&b>"], "a": null}})",
    R"({"a":null,"b":[1,"\u003ca\u0026b\u003e"]})");
  f("", R"({"v":[1, 2.50, 1e3]})", "[1,2.5,1000]");
  f("", R"({"v":1,"v":2})", "2");
  f("", "null", "<null>");
  f("other", R"({"other":"x"})", "x");
  f("a.b", R"({"a":{"b":"x"}})", "x");
  f("'a[0]'", R"({"a":[7]})", "7");
  f("a.b", R"({"a":{"b":[1]}})", "[1]");
  f("a.b", R"({"v":1})", "<null>");
}

TEST(JsonStage, LeavesMalformedLinesAlone) {
  for (const std::string line :
       {"not json", "[1]", "\"s\"", "12", R"({"v":1} x)", R"({"v":1)", ""}) {
    for (const std::string expression : {"v", "v.w"}) {
      const std::string stage = "- json: {expressions: {v: " + expression + "}";
      EXPECT_EQ(fields_after(stage + "}", line), FieldTexts{}) << line;
      EXPECT_EQ(run_stages(stage + "}", {line}), (RanList{{.line = line}})) << line;
      EXPECT_EQ(run_stages(stage + ", drop_malformed: true}", {line}), RanList{}) << line;
    }
  }
}

TEST(JsonStage, DropsMalformedEvenIfNobodyReadsTheFields) {
  EXPECT_EQ(run_stages("- json: {expressions: {a: , b: c.d}, drop_malformed: true}",
                       {"x", "{}", "null", R"({"a":1})"}),
            (RanList{{.line = "{}"}, {.line = "null"}, {.line = R"({"a":1})"}}));
}

TEST(JsonStage, AMissingSourceIsNotMalformed) {
  EXPECT_EQ(run_stages("- json: {source: none, expressions: {a: }, drop_malformed: true}", {"x"}),
            (RanList{{.line = "x"}}));
  EXPECT_EQ(fields_after(R"(
- json: {expressions: {inner: payload}}
- json: {source: inner, expressions: {id: }})",
                         R"({"payload":"{\"id\":\"x\"}"})"),
            (FieldTexts{{"inner", R"({"id":"x"})"}, {"id", "x"}}));
}

TEST(JsonStage, OneFailingExpressionDoesNotStopTheOthers) {
  EXPECT_EQ(fields_after("- json: {expressions: {bad: 'length(a)', good: a}}", R"({"a":1})"),
            (FieldTexts{{"good", "1"}}));
}

TEST(LogfmtStage, StoresMappedKeys) {
  auto f = [](std::string_view mapping, std::string_view line, const FieldTexts& want) {
    EXPECT_EQ(fields_after("- logfmt: {mapping: " + std::string(mapping) + "}", line), want)
        << line;
  };
  f("{level: }", "level=info msg=ok", {{"level", "info"}});
  f("{lvl: level}", "level=info", {{"lvl", "info"}});
  f("{level: }", "no pairs here", {});
  f("{flag: , empty: }", "flag empty= x=y", {{"flag", ""}, {"empty", ""}});
  f("{a: }", "a=1 a=2", {{"a", "2"}});
  f("{a: , b: }", R"(a="quo\"ted" b=1)", {{"a", "quo\"ted"}, {"b", "1"}});
  f("{a: , b: }", "a=1 b\"c=2", {{"a", "1"}});
}

TEST(ReplaceStage, ReplacesGroupsInTheLine) {
  auto f = [](std::string_view options, std::string_view line, std::string_view want) {
    EXPECT_EQ(run_stages("- replace: " + std::string(options), {std::string(line)}),
              (RanList{{.line = std::string(want)}}))
        << options;
  };
  f(R"({expression: 'password (\S+)', replace: '****'})", "a password b password c",
    "a password **** password ****");
  f(R"({expression: '( debug)'})", "a debug b debug", "a b");
  f(R"({expression: 'debug', replace: x})", "a debug b", "a debug b");
  f(R"({expression: '(a)|(b)', replace: '[{{ .Value }}]'})", "abc", "[a][b]c");
  f(R"({expression: '((a)b)', replace: '{{ .Value | ToUpper }}'})", "xab", "xAB");
  f(R"({expression: '(x*)', replace: '-'})", "ab", "-a-b-");
  f(R"({expression: '(a)', replace: '{{ .job }}'})", "a", "test");
  f(R"({expression: '(a)', replace: '{{ fail "no" }}'})", "a", "a");
  f(R"({expression: '(a)', replace: '{{ .x'})", "a", "a");
}

TEST(ReplaceStage, StoresNamedGroupsOfTheFirstMatch) {
  EXPECT_EQ(fields_after(
                "- replace: {expression: 'token=(?P<token>\\w+)', replace: '<{{ len .Value }}>'}",
                "token=xy token=longer"),
            (FieldTexts{{"token", "<2>"}}));
}

TEST(ReplaceStage, ChangesAFieldOnly) {
  EXPECT_EQ(fields_after(R"(
- json: {expressions: {path: }}
- replace: {source: path, expression: '/(\d+)', replace: ':id'})",
                         R"({"path":"/users/12"})"),
            (FieldTexts{{"path", "/users/:id"}}));
}

TEST(ReplaceStage, WarnsAboutATemplateThatDoesNotParse) {
  EXPECT_NE(problems_of("- replace: {expression: '(a)', replace: '{{ .x'}").find("change nothing"),
            std::string::npos);
}

TEST(TemplateStage, SetsTheSource) {
  auto f = [](std::string_view text, std::string_view want) {
    const RanList out = run_stages(R"(
- regex: {expression: '^(?P<a>\w+) (?P<n>\d+)?'}
- template: {source: a, template: ')" + std::string(text) +
                                       R"('}
- output: {source: a})",
                                   {"word 12 rest"});
    ASSERT_EQ(out.size(), 1U);
    EXPECT_EQ(out[0].line, want) << text;
  };
  f("{{ .Value | ToUpper }}", "WORD");
  f("{{ .a }}-{{ .n }}-{{ .job }}", "word-12-test");
  f("{{ .Entry }}", "word 12 rest");
  f("{{ .missing }}", "<no value>");
  f("{{ if .missing }}x{{ else }}y{{ end }}", "y");
  f("{{ fail \"x\" }}", "word");
  f("", "word 12 rest");  // an empty result removes the field, so output keeps the line
}

TEST(TemplateStage, SeesTheWholeMap) {
  EXPECT_EQ(run_stages(R"(
- json: {expressions: {a: , b: , none: }}
- template: {source: all, template: '{{ range $k, $v := . }}{{ $k }}={{ $v }};{{ end }}'}
- output: {source: all})",
                       {R"({"a":"1","b":2})"}),
            (RanList{{.line = R"(Entry={"a":"1","b":2};a=1;b=2;job=test;)"}}));
}

TEST(TemplateStage, AMissingSourceHasNoValue) {
  EXPECT_EQ(fields_after("- template: {source: new, template: '[{{ .Value }}]'}", "x"),
            (FieldTexts{{"new", "[<no value>]"}}));
}

TEST(EventlogmessageStage, StoresKeysOfTheMessage) {
  auto f = [](std::string_view options, std::string_view message, const FieldTexts& want) {
    FieldTexts got =
        fields_after("- regex: {expression: '(?s)^(?P<message>.*)$'}\n- eventlogmessage: " +
                         std::string(options),
                     message);
    got.erase("message");
    EXPECT_EQ(got, want) << options << message;
  };
  f("{}", "A logon.\r\nSubject: bob \r\nAccount Name:\tadmin\r\nno colon",
    {{"Subject", "bob"}, {"Account_Name", "admin"}});
  f("{}", "a: b: c", {{"a", "b: c"}});
  f("{}", "1st: x\r\n: y\r\n\xc3\xa4: z", {{"_st", "x"}, {"_", "y"}, {"__extracted", "z"}});
  f("{drop_invalid_labels: true}", "bad key: x\r\ngood: y", {{"good", "y"}});
  f("{}", "a: 1\r\na: 2", {{"a", "1"}, {"a_extracted", "2"}});
  f("{overwrite_existing: true}", "a: 1\r\na: 2", {{"a", "2"}});
  f("{source: other}", "a: 1", {});
}

TEST(EventlogmessageStage, SeesLabelsAsExisting) {
  EXPECT_EQ(run_stages(R"(
- regex: {expression: '(?P<message>.*)'}
- eventlogmessage: {}
- labels: {job_extracted: })",
                       {"job: other"}),
            (RanList{{.labels = R"({job="test", job_extracted="other"})", .line = "job: other"}}));
}

TEST(EventlogmessageStage, BoundsTheNamesItLearns) {
  Harness harness("- regex: {expression: '(?P<message>.*)'}\n- eventlogmessage: {}");
  for (std::size_t i = 0; i < 2 * FieldTable::kNamesMax; ++i) {
    harness.line("key" + std::to_string(i) + ": x");
  }
  EXPECT_LE(harness.fields.size(), FieldTable::kNamesMax);
  EXPECT_EQ(harness.out.size(), 2 * FieldTable::kNamesMax);
}

}  // namespace
}  // namespace tailrace
