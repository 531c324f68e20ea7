#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "config/config_node.h"
#include "config/support.h"

namespace tailrace {
namespace {

using test::Yaml;

// The value that `read` makes of "v: <text>" as text, or the message.
template <class T, class Show>
std::string read_as(const std::string& text, T value, Show show) {
  const Yaml yaml("v: " + text);
  const bool good = yaml["v"].read(value);
  EXPECT_EQ(good, !yaml.errors.failed());
  return good ? show(value) : yaml.errors.problems()[0].message;
}
std::string as_string(const std::string& text) {
  return read_as(text, std::string("default"), [](const std::string& v) { return v; });
}
std::string as_bool(const std::string& text) {
  return read_as(text, false, [](bool v) { return std::string(v ? "true" : "false"); });
}
template <class Number>
std::string as_number(const std::string& text) {
  return read_as(text, Number{7}, [](Number v) { return std::to_string(v); });
}

TEST(Read, TextKeepsItsSpelling) {
  auto f = [](const std::string& text, std::string_view want) {
    EXPECT_EQ(as_string(text), want) << text;
  };
  f("plain text", "plain text");
  f("'single''s'", "single's");
  f("\"a\\tb\\u00e9\"", "a\tb\u00e9");
  for (const char* spelling :
       {"yes", "0x10", "010", "1.50", "true", "2021-01-01", "12:30", "1_000", ".inf", "="}) {
    f(spelling, spelling);
  }
  f("", "default");
  f("~", "default");
  f("''", "");
  f("!!str 5", "5");
  f("!own 5", "5");
  f("!!binary aGVsbG8=", "hello");
  f(">-\n  folded\n  text", "folded text");
  f("|\n  literal\n  text\n", "literal\ntext\n");
  f("[a]", "expected a text, found a list");
  f("{a: b}", "expected a text, found a map");
}

TEST(Read, Booleans) {
  auto f = [](const std::string& text, std::string_view want) {
    EXPECT_EQ(as_bool(text), want) << text;
  };
  for (const char* word : {"y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "true", "True", "TRUE"})
    f(word, "true");
  for (const char* word :
       {"n", "N", "no", "No", "NO", "off", "Off", "OFF", "false", "False", "FALSE"})
    f(word, "false");
  f("!!bool \"true\"", "true");
  f("yEs", "expected true or false, found the text \"yEs\"");
  f("'true'", "expected true or false, found the quoted text \"true\"");
  f("1", "expected true or false, found the number 1");
}

TEST(Read, WholeNumbers) {
  auto f = [](const std::string& text, std::string_view want) {
    EXPECT_EQ(as_number<std::int64_t>(text), want) << text;
  };
  f("42", "42");
  f("-42", "-42");
  f("+1", "1");
  f("010", "8");
  f("0o10", "8");
  f("0x1F", "31");
  f("-0b11", "-3");
  f("1_000", "1000");
  f("1e3", "1000");
  f("1.5", "1");
  f("9223372036854775807", "9223372036854775807");
  f("-9223372036854775808", "-9223372036854775808");
  f("", "7");
  f("9223372036854775808", "expected a whole number, found the number 9223372036854775808");
  f("1e300", "expected a whole number, found the number 1e300");
  f(".nan", "expected a whole number, found the number .nan");
  f("'5'", "expected a whole number, found the quoted text \"5\"");
  f("0.9", "0");
  f("0x", "expected a whole number, found the text \"0x\"");
  f("0b2", "expected a whole number, found the text \"0b2\"");
  f("yes", "expected a whole number, found the boolean yes (so YAML takes it)");
}

TEST(Read, UnsignedNumbers) {
  auto f = [](const std::string& text, std::string_view want) {
    EXPECT_EQ(as_number<std::uint64_t>(text), want) << text;
  };
  f("18446744073709551615", "18446744073709551615");
  f("5", "5");
  f("-1", "expected a whole number that is not negative, found the number -1");
}

TEST(Read, Numbers) {
  auto f = [](const std::string& text, double want) {
    const Yaml yaml("v: " + text);
    double value = 0;
    EXPECT_TRUE(yaml["v"].read(value)) << text;
    EXPECT_EQ(value, want) << text;
  };
  f("1", 1);
  f("1.5", 1.5);
  f("0.25", 0.25);  // a leading zero is no sign of an octal number here
  f(".5", 0.5);
  f("0.5", 0.5);
  f("0.001", 0.001);
  f("-0.25", -0.25);
  f("0e1", 0);
  f("0x1F", 31);
  f("-1.e+3", -1000);
  f("08", 8);
  f("18446744073709551616", 18446744073709551616.0);
  f("-.inf", -std::numeric_limits<double>::infinity());
  EXPECT_EQ(as_number<double>("text"), "expected a number, found the text \"text\"");
  EXPECT_EQ(as_number<double>("'1.5'"), "expected a number, found the quoted text \"1.5\"");
}

TEST(Read, DurationsAndSizes) {
  auto duration = [](const std::string& text) {
    return read_as(text, GoDuration{7}, [](GoDuration v) { return std::to_string(v.ns); });
  };
  EXPECT_EQ(duration("1m30s"), "90000000000");
  EXPECT_EQ(duration("'5s'"), "5000000000");
  EXPECT_EQ(duration("5"), "5");
  EXPECT_EQ(duration("0"), "0");
  EXPECT_EQ(duration(""), "7");
  EXPECT_NE(duration("'5'").find("\"5\""), std::string::npos);
  EXPECT_NE(duration("10 seconds").find("\"10 seconds\""), std::string::npos);
  EXPECT_EQ(duration("[1s]"), "expected a single value, found a list");
  auto prometheus = [](const std::string& text) {
    return read_as(text, PrometheusDuration{7},
                   [](PrometheusDuration v) { return std::to_string(v.ns); });
  };
  EXPECT_EQ(prometheus("1d"), "86400000000000");
  EXPECT_NE(prometheus("30").find("\"30\""), std::string::npos);
  auto size = [](const std::string& text) {
    return read_as(text, ByteSize{7}, [](ByteSize v) { return std::to_string(v.bytes); });
  };
  EXPECT_EQ(size("256kb"), "262144");
  EXPECT_EQ(size("100"), "100");
  EXPECT_NE(size("1.5kb").find("\"1.5kb\""), std::string::npos);
}

TEST(Read, SecretsAreNotRepeated) {
  const Yaml yaml("a: hunter2\nb: [hunter2]\n");
  Secret secret;
  EXPECT_TRUE(yaml["a"].read(secret));
  EXPECT_EQ(secret.value, "hunter2");
  EXPECT_FALSE(yaml["b"].read(secret));
  EXPECT_EQ(yaml.errors.text().find("hunter2"), std::string::npos);
}

TEST(Read, LabelsKeepSpellingAndNullIsEmpty) {
  const Yaml yaml("v: {b: true, f: 1.50, i: 0x10, o: 010, y: yes, d: 2021-01-01, nul: , 5: six}");
  Labels labels;
  EXPECT_TRUE(yaml["v"].read(labels));
  EXPECT_EQ(labels, (Labels{{"b", "true"},
                            {"f", "1.50"},
                            {"i", "0x10"},
                            {"o", "010"},
                            {"y", "yes"},
                            {"d", "2021-01-01"},
                            {"nul", ""},
                            {"5", "six"}}));
  const Yaml bad("v: {a: [1], b: x}");
  EXPECT_FALSE(bad["v"].read(labels));
  EXPECT_EQ(bad.errors.text(), "c.yaml:1:5: v.a: expected a text, found a list\n");
}

TEST(Read, Lists) {
  const Yaml yaml("a: [1, yes, ~, x]\nb: x\nc: [[1]]\n");
  std::vector<std::string> list{"default"};
  EXPECT_TRUE(yaml["missing"].read(list));
  EXPECT_EQ(list, std::vector<std::string>{"default"});
  EXPECT_TRUE(yaml["a"].read(list));
  EXPECT_EQ(list, (std::vector<std::string>{"1", "yes", "", "x"}));
  EXPECT_FALSE(yaml["b"].read(list));
  EXPECT_FALSE(yaml["c"].read(list));
  EXPECT_EQ(yaml.errors.text(),
            "c.yaml:2:4: b: expected a list, found the text \"x\"\nc.yaml:3:5: c[0]: expected a "
            "text, found a list\n");
}

TEST(ReadTyped, WantsTheRightType) {
  auto f = [](const std::string& text, std::string_view want) {
    const Yaml yaml("v: " + text);
    std::string value = "default";
    EXPECT_EQ(yaml["v"].read_typed(value) ? value : yaml.errors.problems()[0].message, want)
        << text;
  };
  f("text", "text");
  f("'12'", "12");
  f("2021-01-01", "2021-01-01");
  f("", "default");
  f("12", "expected a text (write it in quotes), found the number 12");
  f("n", "expected a text (write it in quotes), found the boolean n (so YAML takes it)");
}

TEST(ReadWeak, Converts) {
  auto text = [](const std::string& yaml_text) {
    const Yaml yaml("v: " + yaml_text);
    std::string value = "default";
    return yaml["v"].read_weak(value) ? value : "error";
  };
  EXPECT_EQ(text("10"), "10");
  EXPECT_EQ(text("0x10"), "16");
  EXPECT_EQ(text("1.50"), "1.5");
  EXPECT_EQ(text("yes"), "1");
  EXPECT_EQ(text("false"), "0");
  EXPECT_EQ(text("abc"), "abc");
  EXPECT_EQ(text(""), "default");
  EXPECT_EQ(text("[a]"), "error");
  auto boolean = [](const std::string& yaml_text) {
    const Yaml yaml("v: " + yaml_text);
    bool value = true;
    return yaml["v"].read_weak(value) ? (value ? "true" : "false") : "error";
  };
  EXPECT_STREQ(boolean("'true'"), "true");
  EXPECT_STREQ(boolean("'T'"), "true");
  EXPECT_STREQ(boolean("'0'"), "false");
  EXPECT_STREQ(boolean("off"), "false");
  EXPECT_STREQ(boolean("0"), "false");
  EXPECT_STREQ(boolean("2.5"), "true");
  EXPECT_STREQ(boolean("''"), "false");
  EXPECT_STREQ(boolean("'yes'"), "error");
  auto whole = [](const std::string& yaml_text) {
    const Yaml yaml("v: " + yaml_text);
    std::int64_t value = 7;
    return yaml["v"].read_weak(value) ? std::to_string(value) : "error";
  };
  EXPECT_EQ(whole("'1000'"), "1000");
  EXPECT_EQ(whole("'0x10'"), "16");
  EXPECT_EQ(whole("1.9"), "1");
  EXPECT_EQ(whole("true"), "1");
  EXPECT_EQ(whole("''"), "0");
  EXPECT_EQ(whole("'1.5'"), "error");
  auto number = [](const std::string& yaml_text) {
    const Yaml yaml("v: " + yaml_text);
    double value = 7;
    return yaml["v"].read_weak(value) ? std::to_string(value) : "error";
  };
  EXPECT_EQ(number("'0.5'"), "0.500000");
  EXPECT_EQ(number("1"), "1.000000");
  EXPECT_EQ(number("'x'"), "error");
}

TEST(ReadWeak, OneValueIsAList) {
  auto f = [](const std::string& text, const std::vector<std::string>& want) {
    const Yaml yaml("v: " + text);
    std::vector<std::string> value;
    EXPECT_TRUE(yaml["v"].read_weak(value)) << text;
    EXPECT_EQ(value, want) << text;
  };
  f("a", {"a"});
  f("5", {"5"});
  f("[a, 5, true]", {"a", "5", "1"});
  f("", {});
}

}  // namespace
}  // namespace tailrace
