#include "agent/command_line.h"

#include <gtest/gtest.h>

namespace tailrace {
namespace {

Result<CommandLine> parse(std::vector<const char*> arguments) {
  return CommandLine::parse(arguments);
}

TEST(CommandLine, TakesFlagsAsGoDoes) {
  auto f = [](std::vector<const char*> arguments, std::string_view name, const std::string& want) {
    const Result<CommandLine> flags = parse(std::move(arguments));
    ASSERT_TRUE(flags) << flags.error().text();
    EXPECT_TRUE(flags->given(name));
    EXPECT_EQ(flags->text(name), want);
  };
  f({"-config.file=a.yaml"}, "config.file", "a.yaml");
  f({"--config.file=a.yaml"}, "config.file", "a.yaml");
  f({"-config.file", "a.yaml"}, "config.file", "a.yaml");
  f({"-config.file="}, "config.file", "");
  f({"-dry-run"}, "dry-run", "true");
  f({"-dry-run=false"}, "dry-run", "false");
  f({"-dry-run=1", "-client.url", "http://x/a=b"}, "client.url", "http://x/a=b");
}

TEST(CommandLine, KnowsDefaults) {
  const Result<CommandLine> flags = parse({});
  ASSERT_TRUE(flags);
  EXPECT_FALSE(flags->given("target.sync-period"));
  EXPECT_EQ(flags->duration_ns("target.sync-period"), 10'000'000'000);
  EXPECT_EQ(flags->integer("client.batch-size-bytes"), 1048576);
  EXPECT_FALSE(flags->flag("stdin"));
  EXPECT_TRUE(flags->flag("limit.readline-rate-drop"));
}

TEST(CommandLine, SaysWhatIsWrong) {
  auto f = [](std::vector<const char*> arguments, const std::string& want) {
    const Result<CommandLine> flags = parse(std::move(arguments));
    ASSERT_FALSE(flags);
    EXPECT_NE(flags.error().text().find(want), std::string::npos) << flags.error().text();
  };
  f({"-no-such-flag"}, "flag provided but not defined: -no-such-flag");
  f({"-config.fil=x"}, "did you mean -config.file?");
  f({"-config.file"}, "flag needs an argument: -config.file");
  f({"-client.batch-wait=10"}, "invalid value \"10\" for flag -client.batch-wait");
  f({"-dry-run=maybe"}, "invalid value \"maybe\" for flag -dry-run");
  f({"-max-line-size=big"}, "invalid value \"big\"");
  f({"-log.level=INFO"}, "invalid value \"INFO\" for flag -log.level");
  f({"-client.external-labels=a"}, "a must be formatted as key=value");
  f({"-client.external-labels="}, "must be formatted as key=value");
  f({"-client.external-labels==b"}, "\"\" is not a valid label name");
  f({"-client.external-labels=a=b,c=\"d"}, "a double quote");
  f({"-client.external-labels=\"a=b,c=d"}, "a double quote");
}

TEST(CommandLine, ReadsNumbersAsGoDoes) {
  const Result<CommandLine> flags = parse(
      {"-limit.readline-burst=0x10", "-client.max-retries=1_000", "-limit.readline-rate=1e3"});
  ASSERT_TRUE(flags) << flags.error().text();
  EXPECT_EQ(flags->integer("limit.readline-burst"), 16);
  EXPECT_EQ(flags->integer("client.max-retries"), 1000);
  EXPECT_EQ(flags->number("limit.readline-rate"), 1000);
}

TEST(CommandLine, ReadsLabels) {
  auto f = [](const std::string& text, const Labels& want) {
    const std::string argument = "-client.external-labels=" + text;
    const Result<CommandLine> flags = parse({argument.c_str()});
    ASSERT_TRUE(flags) << flags.error().text();
    EXPECT_EQ(flags->labels("client.external-labels"), want);
  };
  f("a=1", {{"a", "1"}});
  f("a=1,b=2", {{"a", "1"}, {"b", "2"}});
  f("a=", {{"a", ""}});
  f("a=1,2", {{"a", "1,2"}});
  f("\"a=1,2\"", {{"a", "1,2"}});
  f("\"a=1,2\",b=3=4", {{"a", "1,2"}, {"b", "3=4"}});
  f("a=1, b=2", {{" b", "2"}, {"a", "1"}});
  EXPECT_TRUE(parse({})->labels("client.external-labels").empty());
}

TEST(CommandLine, KeepsOtherWords) {
  const Result<CommandLine> flags = parse({"healthcheck", "http://x/ready"});
  ASSERT_TRUE(flags);
  EXPECT_EQ(flags->words(), (std::vector<std::string>{"healthcheck", "http://x/ready"}));
}

}  // namespace
}  // namespace tailrace
