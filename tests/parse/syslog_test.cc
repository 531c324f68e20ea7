#include "parse/syslog.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "parse/table.h"

namespace tailrace {
namespace {

constexpr std::string_view kRfc5424[] = {
#include "parse/tables/syslog_5424.inc"
};
constexpr std::string_view kRfc3164[] = {
#include "parse/tables/syslog_3164.inc"
};

constexpr std::int64_t kMiddleOf2024 = 1718409600'000000000;

std::string shown(const std::optional<std::string_view>& field) {
  return field ? "\"" + std::string(*field) + "\"" : "-";
}

// The fields of a message as one line, "no" if it is none.
std::string parsed(std::string_view text, SyslogFormat format) {
  Arena arena;
  SyslogMessage message;
  if (!parse_syslog(text, format, TimeZone::utc(), kMiddleOf2024, arena, message)) return "no";
  std::string out = std::to_string(message.priority.value_or(-1));
  out += message.version ? " v" + std::to_string(*message.version) : "";
  out += message.timestamp ? " " + std::to_string(message.timestamp->unix_ns().value()) : " -";
  for (const auto& field :
       {message.hostname, message.app_name, message.proc_id, message.msg_id, message.message}) {
    out += " " + shown(field);
  }
  std::ranges::sort(message.structured_data, {}, &SyslogElement::id);
  for (SyslogElement& element : message.structured_data) {
    out += " [" + std::string(element.id);
    std::ranges::sort(element.params, {}, &SyslogParam::name);
    for (const SyslogParam& param : element.params) {
      out += " " + std::string(param.name) + "=" + shown(param.value);
    }
    out += "]";
  }
  return out;
}

TEST(Syslog, Rfc5424AsGoSyslogReadsIt) {
  for (const std::string_view row : kRfc5424) {
    SCOPED_TRACE(row);
    const std::vector<std::string> fields = test::row_fields(row);
    EXPECT_EQ(parsed(fields[0], SyslogFormat::kRfc5424), fields[1]);
  }
}

TEST(Syslog, Rfc3164AsGoSyslogReadsIt) {
  for (const std::string_view row : kRfc3164) {
    SCOPED_TRACE(row);
    const std::vector<std::string> fields = test::row_fields(row);
    EXPECT_EQ(parsed(fields[0], SyslogFormat::kRfc3164), fields[1]);
  }
}

TEST(Syslog, WritesRfc5424) {
  auto f = [](std::string_view text, std::string_view want) {
    SCOPED_TRACE(text);
    Arena arena;
    SyslogMessage message;
    ASSERT_TRUE(parse_syslog(text, SyslogFormat::kRfc5424, TimeZone::utc(), 0, arena, message));
    std::string out;
    append_rfc5424(out, message);
    EXPECT_EQ(out, want);
  };
  f("<165>1 - - - - - -", "<165>1 - - - - - -");
  f("<34>1 2003-10-11T22:14:15.003000Z h a p m - hi",
    "<34>1 2003-10-11T22:14:15.003Z h a p m - hi");
  f(R"(<34>1 - h - - - [z b="\"\]\\" a="1"][a x=""] hi)",
    R"(<34>1 - h - - - [a x=""][z a="1" b="\"\]\\"] hi)");
}

TEST(Syslog, NamesOfPriority) {
  auto f = [](int priority, std::string_view facility, std::string_view severity) {
    SyslogMessage message;
    message.priority = priority;
    EXPECT_EQ(message.facility_name(), facility);
    EXPECT_EQ(message.severity_name(), severity);
  };
  f(0, "kern", "emergency");
  f(14, "user", "informational");
  f(165, "local4", "notice");
  f(191, "local7", "debug");
  EXPECT_EQ(SyslogMessage().severity_name(), "");
}

TEST(Syslog, Rfc3164YearComesFromTheClock) {
  auto f = [](std::string_view stamp, std::string_view now, std::string_view want) {
    SCOPED_TRACE(stamp);
    Arena arena;
    SyslogMessage message;
    const std::string text = "<13>" + std::string(stamp) + " host tag: x";
    ASSERT_TRUE(parse_syslog(text, SyslogFormat::kRfc3164, TimeZone::utc(),
                             parse_rfc3339(now)->unix_ns().value(), arena, message));
    EXPECT_EQ(message.timestamp->unix_ns(), parse_rfc3339(want)->unix_ns());
  };
  f("Oct 11 22:14:15", "2021-10-11T23:00:00Z", "2021-10-11T22:14:15Z");
  f("Dec 31 23:59:59", "2022-01-15T12:00:00Z", "2021-12-31T23:59:59Z");
  f("Jan  1 00:00:01", "2021-12-15T12:00:00Z", "2022-01-01T00:00:01Z");
}

// Feeds `stream` in pieces of `piece` bytes; messages joined by "|", "!" for too long, "broken" at
// the end.
std::string split(std::string_view stream, std::size_t piece,
                  SyslogFormat format = SyslogFormat::kRfc5424, std::size_t bytes_max = 20) {
  SyslogSplitter splitter(bytes_max, format, bytes_max);
  std::string buffered;
  std::string out;
  for (;;) {
    const bool at_end = stream.empty();
    buffered += stream.substr(0, piece);
    stream.remove_prefix(std::min(piece, stream.size()));
    for (;;) {
      const SyslogSplitter::Step step = splitter.next(buffered, at_end);
      if (step.status == SyslogSplitter::Status::kBroken) return out + "broken";
      if (step.status == SyslogSplitter::Status::kUnknown) return out + "unknown";
      if (step.status == SyslogSplitter::Status::kMessage) out += std::string(step.message) + "|";
      if (step.status == SyslogSplitter::Status::kTooLong) {
        out += "!";
        if (step.consumed == 0) return out;
      }
      buffered.erase(0, step.consumed);
      if (step.status == SyslogSplitter::Status::kMore) break;
    }
    if (at_end) return out;
  }
}

TEST(SyslogSplitter, Framing) {
  auto f = [](std::string_view stream, std::string_view want) {
    for (const std::size_t piece :
         {std::size_t{1}, std::size_t{2}, std::size_t{7}, stream.size() + 1}) {
      SCOPED_TRACE(std::string(stream) + " by " + std::to_string(piece));
      EXPECT_EQ(split(stream, piece), want);
    }
  };
  f("<1>a\n<2>b\n", "<1>a|<2>b|");
  f("<1>a\n<2>no newline", "<1>a|<2>no newline|");
  f("4 <1>a5 <2>bb", "<1>a|<2>bb|");
  f("4 <1>a\n5 <2>bb\n", "<1>a|<2>bb|");
  f("6 <1>a\nb", "<1>a\nb|");
  f("9 <1>cut", "broken");
  f("4 <1>a5", "<1>a|broken");
  f("4 <1>ax", "<1>a|broken");
  f("04 <1>a", "<1>a|");
  f("4<1>a", "broken");
  f("4  <1>a", "broken");
  f("99999999999999999999999 <1>a", "broken");
  f("21 <1>aaaaaaaaaaaaaaaaaa", "!");
  f("hello\n", "unknown");
  f("", "");
}

// What belongs to one message is known when it came in one piece.
TEST(SyslogSplitter, LinesThatGoOn) {
  auto f = [](std::string_view stream, std::string_view joined, std::string_view apart) {
    SCOPED_TRACE(stream);
    EXPECT_EQ(split(stream, stream.size() + 1), joined);
    EXPECT_EQ(split(stream, stream.size() + 1, SyslogFormat::kRfc3164), apart);
  };
  f("<1>a\nb\n<2>c\n", "<1>a\nb|<2>c|", "<1>a|b|<2>c|");
  f("<1>a\n\n\n<2>\n", "<1>a\n\n|<2>|", "<1>a|||<2>|");
  f("<1>a\nb", "<1>a|b|", "<1>a|b|");
  EXPECT_EQ(split("<1>a\nb\n<2>c\n", 5), "<1>a|b|<2>c|");
}

TEST(SyslogSplitter, LongLinesAreSkippedOnce) {
  const std::string text = "<1>a\n<2>" + std::string(100, 'x') + "\n<3>c\n";
  for (const std::size_t piece : {1, 5, 30, 1000})
    EXPECT_EQ(split(text, piece), "<1>a|!<3>c|") << piece;
}

TEST(Syslog, RandomBytesDoNoHarm) {
  const std::vector<std::string_view> words = {
      "<13>",  "1 ",       "- ",   "Oct 11 22:14:15 ",          "[a b=\"c\"]",
      "host ", "tag[1]: ", "\\\"", "2003-10-11T22:14:15.003Z ", "5 <1>ab",
      "\n"};
  test::Random random(5424);
  Arena arena;
  SyslogMessage message;
  for (int i = 0; i < 20000; ++i) {
    const std::string text = random.text(words, 12);
    const std::vector<char> exact(text.begin(), text.end());
    const std::string_view view(exact.data(), exact.size());
    for (const SyslogFormat format : {SyslogFormat::kRfc5424, SyslogFormat::kRfc3164}) {
      (void)parse_syslog(view, format, TimeZone::utc(), kMiddleOf2024, arena, message);
    }
    (void)split(text, 3);
    arena.reset();
  }
}

}  // namespace
}  // namespace tailrace
