#include "parse/go_template.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>

#include "parse/table.h"

namespace tailrace {
namespace {

constexpr std::string_view kTemplates[] = {
#include "parse/tables/templates.inc"
};

// Dates without a place are at home where the process is; the table was written down in UTC.
const bool kIsUtc = setenv("TZ", "UTC", 1) == 0;

using Values = std::map<std::string, std::string>;

class MapData final : public TemplateData {
 public:
  MapData(const GoTemplate& made, const Values& values) : made_(made), values_(values) {}
  std::optional<std::string_view> field(std::size_t index) const override {
    const auto found = values_.find(made_.fields()[index]);
    if (found == values_.end()) return std::nullopt;
    return found->second;
  }
  void for_each(const Visit& visit) const override {
    EXPECT_TRUE(made_.uses_whole_map());
    for (const auto& [name, value] : values_) visit(name, value);
  }

 private:
  const GoTemplate& made_;
  const Values& values_;
};

// "ok: text", "err: why", "bad: why".
std::string run(std::string_view text, const Values& values,
                const GoTemplateOptions& options = {}) {
  const auto made = GoTemplate::compile(text, options);
  if (!made) return "bad: " + made.error().text();
  std::string out = "kept ";
  const Result<void> done = made->execute(MapData(*made, values), out);
  if (!done) {
    EXPECT_EQ(out, "kept ");
    return "err: " + done.error().text();
  }
  return "ok: " + out.substr(5);
}

const Values kData = {{"a", "hello"}, {"b", "World Foo"}, {"n", "42"},
                      {"f", "3.14"},  {"empty", ""},      {"d", "2021-03-04"}};

TEST(GoTemplate, WritesWhatGoWrites) {
  ASSERT_TRUE(kIsUtc);
  for (const std::string_view row : kTemplates) {
    SCOPED_TRACE(row);
    const std::vector<std::string> fields = test::row_fields(row);
    const std::string got = run(fields[0], kData);
    if (fields[1] == "ok") {
      EXPECT_EQ(got, "ok: " + fields[2]);
    } else {
      EXPECT_EQ(got.substr(0, 5), fields[1] + ": ");
    }
  }
}

TEST(GoTemplate, Errors) {
  auto f = [](std::string_view text, std::string_view want) {
    EXPECT_EQ(run(text, kData), want) << text;
  };
  f("{{ .x ", "bad: line 1: unclosed action");
  f("{{ noSuchFunc .x }}", "bad: line 1: function \"noSuchFunc\" not defined");
  f("a\n{{ genCA \"x\" 1 }}", "bad: line 2: function \"genCA\" not supported");
  f("\n\n{{ $x }}", "bad: line 3: undefined variable \"$x\"");
  f("{{ if .a }}", "bad: line 1: unexpected EOF: an {{end}} is missing");
  f("{{ ToUpper .missing }}", "err: line 1: invalid value; expected string");
  f("{{ ToUpper 1 }}", "err: line 1: wrong type for value; expected string; got int");
  f("{{ ToUpper }}", "err: line 1: wrong number of args for ToUpper: want 1 got 0");
  f("{{ fail \"no\" }}", "err: line 1: error calling fail: no");
  f("{{ .a.b }}", "err: line 1: can't evaluate field b in type string");
  f("{{ regexReplaceAll \"(\" .a \"\" }}",
    "err: line 1: error calling regexReplaceAll: error parsing regexp: missing closing ): `(`");
}

TEST(GoTemplate, UnsupportedIsACode) {
  EXPECT_EQ(GoTemplate::compile("{{ genCA \"x\" 1 }}").error().code(), ErrorCode::kUnsupported);
  EXPECT_EQ(GoTemplate::compile("{{ x }}").error().code(), ErrorCode::kInvalid);
}

TEST(GoTemplate, FieldsAreKnown) {
  auto f = [](std::string_view text, const std::vector<std::string>& fields, bool whole) {
    const auto made = GoTemplate::compile(text);
    ASSERT_TRUE(made) << text << made.error().text();
    EXPECT_EQ(made->fields(), fields) << text;
    EXPECT_EQ(made->uses_whole_map(), whole) << text;
  };
  f("plain", {}, false);
  f("{{ .a }}{{ .b | ToUpper }}{{ .a }}", {"a", "b"}, false);
  f("{{ index . \"the-name\" }}", {"the-name"}, false);
  f("{{ index $ \"the-name\" | ToUpper }}", {"the-name"}, false);
  f("{{ if .a }}{{ .b }}{{ else }}{{ .c }}{{ end }}", {"a", "b", "c"}, false);
  f("{{ with .a }}{{ . }}{{ .inner }}{{ $.b }}{{ else }}{{ .c }}{{ end }}", {"a", "b", "c"}, false);
  f("{{ range list 1 2 }}{{ .x }}{{ end }}{{ .y }}", {"y"}, false);
  f("{{ . }}", {}, true);
  f("{{ range $k, $v := . }}{{ $k }}{{ end }}", {}, true);
  f("{{ index . .key }}", {"key"}, true);
  f("{{ $x := . }}{{ $x.a }}", {}, true);
  f("{{ define \"t\" }}{{ .x }}{{ $.y }}{{ end }}{{ template \"t\" }}", {}, false);
  f("{{ template \"t\" . }}", {}, true);
}

TEST(GoTemplate, Data) {
  auto f = [](std::string_view text, std::string_view want) {
    EXPECT_EQ(run(text, kData), want) << text;
  };
  f("{{ .Value }}", "ok: <no value>");
  f("{{ .a }}-{{ index . \"n\" }}", "ok: hello-42");
  f("{{ index . .d }}", "ok: <no value>");
  f("{{ . }}", "ok: map[a:hello b:World Foo d:2021-03-04 empty: f:3.14 n:42]");
  f("{{ $_ := set . \"a\" \"new\" }}{{ .a }}", "ok: new");
  f("{{ with .a }}{{ $.n }}{{ end }}", "ok: 42");
}

TEST(GoTemplate, Dates) {
  const FakeClock clock(1614834367'123456789);  // 2021-03-04 05:06:07.123456789 UTC
  GoTemplateOptions options;
  options.clock = &clock;
  auto f = [&](std::string_view text, std::string_view want) {
    EXPECT_EQ(run(text, kData, options), want) << text;
  };
  f("{{ now.UTC }}", "ok: 2021-03-04 05:06:07.123456789 +0000 UTC");
  f("{{ now.Unix }}", "ok: 1614834367");
  f("{{ dateInZone \"2006-01-02 15:04 MST\" now \"America/New_York\" }}",
    "ok: 2021-03-04 00:06 EST");
  f("{{ dateInZone \"15:04\" \"not a time\" \"UTC\" }}", "ok: 05:06");
  f("{{ dateInZone \"2006-01-02\" 0 \"Bad/Zone\" }}", "ok: 1970-01-01");
  f("{{ htmlDateInZone now \"Asia/Tokyo\" }}", "ok: 2021-03-04");
  f("{{ ago (int64 1614834300) }}", "ok: 1m7s");
  f("{{ durationRound \"2h10m5s\" }}{{ durationRound \"2400h\" }}{{ durationRound \"-90s\" }}",
    "ok: 2h3mo1m");
  f("{{ duration \"95\" }}", "ok: 1m35s");
  f("{{ (dateModify \"-1.5h\" now).UTC.Hour }}", "ok: 3");
  f("{{ unixEpoch now }}", "ok: 1614834367");
}

TEST(GoTemplate, RandomFunctionsGiveTheRightForm) {
  auto f = [](std::string_view text, std::string_view expression) {
    const std::string call =
        "{{ regexMatch `" + std::string(expression) + "` (" + std::string(text) + ") }}";
    EXPECT_EQ(run(call, kData), "ok: true") << text;
  };
  f("randAlpha 12", "^[A-Za-z]{12}$");
  f("randNumeric 30", "^[0-9]{30}$");
  f("randAlphaNum 5", "^[A-Za-z0-9]{5}$");
  f("randAscii 50", "^[ -~]{50}$");
  f("randBytes 6", "^[A-Za-z0-9+/]{8}$");
  f("toString (randInt 5 6)", "^5$");
  f("uuidv4", "^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$");
  f("splitList \"\" (shuffle \"cab\") | sortAlpha | join \"\"", "^abc$");
  EXPECT_EQ(run("{{ randInt 6 5 }}", kData).substr(0, 4), "err:");
}

TEST(GoTemplate, Environment) {
  ASSERT_EQ(setenv("TAILRACE_TEST_VARIABLE", "v1", 1), 0);
  auto f = [](std::string_view text, std::string_view want) {
    EXPECT_EQ(run(text, kData), want) << text;
  };
  f("{{ env \"TAILRACE_TEST_VARIABLE\" }}", "ok: v1");
  f("{{ env \"TAILRACE_TEST_UNSET\" }}", "ok: ");
  f("{{ expandenv \"<$TAILRACE_TEST_VARIABLE ${TAILRACE_TEST_VARIABLE}$ $TAILRACE_TEST_UNSET>\" }}",
    "ok: <v1 v1$ >");
}

TEST(GoTemplate, RunawaysEnd) {
  GoTemplateOptions options;
  options.output_bytes_max = 100000;
  options.steps_max = 100000;
  auto f = [&](std::string_view text, std::string_view want) {
    const std::string got = run(text, kData, options);
    EXPECT_EQ(got.substr(0, 4), "err:") << text;
    EXPECT_NE(got.find(want), std::string::npos) << got;
  };
  f("{{ range until 1000000 }}x{{ end }}", "too long");
  f("{{ range 1000000000 }}{{ end }}", "too many steps");
  f("{{ repeat 1000000000 \"x\" }}", "too long");
  f("{{ seq 1 1000000000 }}", "too long");
  f("{{ untilStep 0 1000000000 1 }}", "too long");
  f("{{ indent 1000000000 \"x\" }}", "too long");
  f("{{ range 1000 }}{{ $.a | repeat 1000 }}{{ end }}", "too long");
  f("{{ range 10000 }}{{ $x := repeat 1000 $.a }}{{ end }}", "too much memory");
  f("{{ define \"r\" }}{{ template \"r\" }}{{ end }}{{ template \"r\" }}",
    "maximum template depth");
  f("{{ randAlpha 1000000000 }}", "too long");
  // A dictionary that holds itself.
  EXPECT_EQ(run("{{ $d := dict }}{{ $_ := set $d \"me\" $d }}{{ len (print $d) | lt 10 }}", kData,
                options),
            "ok: true");
  EXPECT_EQ(run("{{ $d := dict }}{{ $_ := set $d \"me\" $d }}{{ toJson $d }}", kData, options),
            "ok: ");
}

TEST(GoTemplate, DeepTemplatesAreRefused) {
  EXPECT_EQ(run("{{ " + std::string(100000, '('), kData).substr(0, 4), "bad:");
  std::string nested;
  for (int i = 0; i < 10000; ++i) nested += "{{ if .a }}";
  EXPECT_EQ(run(nested, kData), "bad: line 1: nested too deeply");
}

TEST(GoTemplate, RandomTextsDoNoHarm) {
  const std::vector<std::string_view> words = {
      "{{",    "}}",    " ",   ".a",     "$x",      ":=",   "=",      "|",     "(",
      ")",     "range", "end", "if",     "with",    "else", "define", "\"t\"", "template",
      "list",  "1",     "-",   "printf", "\"%5d\"", ",",    "break",  "dict",  "set",
      "index", "`",     "'a'", "/*",     "*/",      "add",  "slice",  "toJson"};
  test::Random random(1234);
  GoTemplateOptions options;
  options.steps_max = 10000;
  for (int i = 0; i < 30000; ++i) (void)run("{{ " + random.text(words, 14), kData, options);
}

TEST(GoTemplate, ChangedTemplatesDoNoHarm) {
  test::Random random(4321);
  GoTemplateOptions options;
  options.steps_max = 10000;
  options.output_bytes_max = 1 << 20;
  for (const std::string_view row : kTemplates) {
    std::string text = test::row_fields(row)[0];
    if (text.empty()) continue;
    for (int i = 0; i < 5; ++i) {
      text[random.below(text.size())] = "{}|(). $\"a19-"[random.below(13)];
      (void)run(text, kData, options);
    }
  }
}

}  // namespace
}  // namespace tailrace
