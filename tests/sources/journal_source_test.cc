#include "sources/journal/journal_source.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstring>

#include "source_rig.h"
#include "support/temp_dir.h"

namespace tailrace {
namespace {

using Lines = std::vector<std::string>;

std::string binary_field(const std::string& name, const std::string& value) {
  std::string out = name + "\n";
  std::uint64_t length = value.size();
  out.append(reinterpret_cast<const char*>(&length), sizeof length);
  return out + value + "\n";
}
std::string entry_text(int number, const std::string& message, const std::string& more = "") {
  return "__CURSOR=c" + std::to_string(number) + "\n__REALTIME_TIMESTAMP=160000000000000" +
         std::to_string(number) + "\n" +
         (message.find('\n') == std::string::npos ? "MESSAGE=" + message + "\n"
                                                  : binary_field("MESSAGE", message)) +
         more + "\n";
}

TEST(JournalExport, IsCutIntoEntriesWhereverItIsCut) {
  const std::string text = "\n" + entry_text(1, "one", "PRIORITY=3\nX=a\nX=b=c\n") +
                           entry_text(2, "two\nlines\n\n=") +
                           entry_text(3, "", binary_field("E", ""));
  for (std::size_t step = 1; step <= text.size(); ++step) {
    SCOPED_TRACE(step);
    JournalExportReader reader;
    JournalEntry entry;
    Lines got;
    for (std::size_t at = 0; at < text.size(); at += step) {
      reader.add(std::string_view(text).substr(at, step));
      while (reader.next(entry)) {
        std::string line = std::string(entry.cursor) + " " + std::to_string(entry.realtime_us % 10);
        for (const auto& [name, value] : entry.fields)
          line += " " + std::string(name) + "=" + std::string(value);
        got.push_back(line);
      }
    }
    ASSERT_EQ(got, (Lines{"c1 1 MESSAGE=one PRIORITY=3 X=b=c",
                          "c2 2 MESSAGE=two\nlines\n\n=", "c3 3 MESSAGE= E="}));
  }
}

TEST(JournalExport, FieldsThatAreTooLongAreLeftOut) {
  const std::string huge(JournalExportReader::kEntryBytesMax + 10, 'x');
  const std::string text = entry_text(1, "one", "LONG=" + huge + "\nAFTER=1\n") +
                           entry_text(2, "two", binary_field("LONG", huge) + "AFTER=2\n");
  JournalExportReader reader;
  JournalEntry entry;
  Lines got;
  for (std::size_t at = 0; at < text.size(); at += 65536) {
    reader.add(std::string_view(text).substr(at, 65536));
    while (reader.next(entry))
      got.push_back(std::string(entry.find("MESSAGE")) + std::string(entry.find("AFTER")));
  }
  EXPECT_EQ(got, (Lines{"one1", "two2"}));
  EXPECT_EQ(reader.cut(), 2U);
}

TEST(JournalSource, AsksJournalctlForTheRightPart) {
  const auto f = [](const std::string& yaml, const std::string& cursor, const Lines& want) {
    const TestConfig config(yaml);
    Lines command = journalctl_command(read_journal_options(config.root()), cursor,
                                       1'700'000'000 * kNsPerSecond);
    EXPECT_EQ(config.problems(), "");
    command.erase(command.begin(), command.begin() + 6);
    EXPECT_EQ(command, want);
  };
  f("{}", "", {"--since=@1699974800"});
  f("{max_age: 1h}", "s=1;t=1;x=2", {"--since=@1699996400"});
  f("{max_age: 1h}", "no time in it", {"--since=@1699996400"});
  f("{}", "s=1;t=60a24181e4000;x=2", {"--after-cursor=s=1;t=60a24181e4000;x=2"});
  f("{path: /j, matches: '_SYSTEMD_UNIT=a.service  PRIORITY=3'}", "",
    {"--directory=/j", "--since=@1699974800", "_SYSTEMD_UNIT=a.service", "PRIORITY=3"});
}

class JournalRig : public SourceRig {
 public:
  // `script` stands for journalctl.
  JournalRig(const std::string& script, const std::string& yaml, const std::string& rules,
             std::map<std::string, std::string> saved = {})
      : SourceRig(std::move(saved)) {
    dir.write("out", "");
    program =
        dir.write("journalctl", "#!/bin/sh\necho \"$@\" >> " + (dir / "calls") + "\n" + script);
    ::chmod(program.c_str(), 0755);
    const TestConfig config(yaml);
    options = read_journal_options(config.root());
    EXPECT_EQ(config.problems(), "");
    options.journalctl = program;
    source = std::make_unique<JournalSource>(context, relabel_rules(rules), options);
    source->set_backoff(kNsPerMs);
  }
  ~JournalRig() { end(*source); }
  std::string saved() {
    source->publish();
    return positions.snapshot().positions["cursor-test"];
  }

  TempDir dir;
  std::string program;
  JournalOptions options;
  std::unique_ptr<JournalSource> source;
};

constexpr char kRules[] = R"(
- {source_labels: [__journal__systemd_unit], target_label: unit}
- {source_labels: [__journal_priority_keyword], target_label: level}
- {source_labels: [__journal__systemd_unit], regex: noise, action: drop}
)";

TEST(JournalSource, HandsOnEntriesAndKeepsTheCursor) {
  TempDir data;
  data.write("1", entry_text(1, "one", "PRIORITY=3\n_SYSTEMD_UNIT=a.service\n") +
                      entry_text(2, "no", "_SYSTEMD_UNIT=noise\n") +
                      entry_text(3, "two\nlines", "PRIORITY=x\n_SYSTEMD_UNIT=b\n"));
  JournalRig rig("cat " + (data / "1") + "\nexec sleep 600\n", "labels: {job: j}", kRules);
  rig.sink.hold = true;
  ASSERT_TRUE(rig.source->start());
  ASSERT_TRUE(rig.wait_for_lines(2));
  EXPECT_EQ(rig.sink.lines, (Lines{"one", "two\nlines"}));
  EXPECT_EQ(rig.sink.labels, (Lines{R"({job="j", level="error", unit="a.service"})",
                                    R"({job="j", level="x", unit="b"})"}));
  EXPECT_EQ(rig.sink.timestamps[0], 1600000000000001'000);
  EXPECT_EQ(rig.saved(), "");
  rig.sink.tickets.erase(rig.sink.tickets.begin());
  EXPECT_EQ(rig.saved(), "c2");
  rig.sink.deliver_all();
  EXPECT_EQ(rig.saved(), "c3");
  EXPECT_EQ(rig.value("promtail_journal_target_lines_total"), 2);
  EXPECT_TRUE(rig.source->ready());
}

TEST(JournalSource, WritesAllFieldsAsJsonAndCountsWhatIsLeftOut) {
  TempDir data;
  data.write("1",
             entry_text(1, "one", "B=<\nA=1\n") + "__CURSOR=c2\n__REALTIME_TIMESTAMP=1\nA=1\n\n");
  {
    JournalRig rig("cat " + (data / "1") + "\nexec sleep 600\n", "{json: true, labels: {job: j}}",
                   "");
    ASSERT_TRUE(rig.source->start());
    ASSERT_TRUE(rig.wait_for_lines(2));
    EXPECT_EQ(rig.sink.lines[0], R"({"A":"1","B":"\u003c","MESSAGE":"one"})");
  }
  JournalRig rig("cat " + (data / "1") + "\nexec sleep 600\n", "{}", "");
  ASSERT_TRUE(rig.source->start());
  ASSERT_TRUE(rig.wait_for([&] { return rig.saved() == "c2"; }));
  EXPECT_TRUE(rig.sink.lines.empty());
  EXPECT_EQ(rig.value("promtail_journal_target_parsing_errors_total{error=\"no_message\"}"), 1);
  EXPECT_EQ(rig.value("promtail_journal_target_parsing_errors_total{error=\"empty_labels\"}"), 1);
}

TEST(JournalSource, GoesOnWhereItWasWhenJournalctlEnds) {
  TempDir data;
  const std::string now_us = [] {
    char text[32];
    std::snprintf(text, sizeof text, "%llx",
                  static_cast<unsigned long long>(Clock::system().now_ns() / 1000));
    return std::string(text);
  }();
  const std::string first =
      "__CURSOR=i=1;t=" + now_us + "\n__REALTIME_TIMESTAMP=1\nMESSAGE=one\n\n";
  const std::string second =
      "__CURSOR=i=2;t=" + now_us + "\n__REALTIME_TIMESTAMP=2\nMESSAGE=two\n\n";
  data.write("1", first);
  data.write("2", second);
  JournalRig rig("case \"$*\" in *after-cursor=i=1*) cat " + (data / "2") +
                     "; exec sleep 600;; *) cat " + (data / "1") + ";; esac\n",
                 "labels: {job: j}", "");
  ASSERT_TRUE(rig.source->start());
  ASSERT_TRUE(rig.wait_for_lines(2));
  EXPECT_EQ(rig.sink.lines, (Lines{"one", "two"}));
  EXPECT_EQ(rig.saved(), "i=2;t=" + now_us);
}

TEST(JournalSource, ACursorThatIsRefusedIsForgotten) {
  TempDir data;
  data.write("1", entry_text(1, "one"));
  char now_us[32];
  std::snprintf(now_us, sizeof now_us, "t=%llx",
                static_cast<unsigned long long>(Clock::system().now_ns() / 1000));
  JournalRig rig(
      "case \"$*\" in *after-cursor*) echo Failed to seek to cursor >&2; exit 1;; esac\ncat " +
          (data / "1") + "\nexec sleep 600\n",
      "labels: {job: j}", "", {{"cursor-test", now_us}});
  ASSERT_TRUE(rig.source->start());
  ASSERT_TRUE(rig.wait_for_lines(1));
  EXPECT_NE(slurp(rig.dir / "calls").find("--after-cursor="), std::string::npos);
}

TEST(JournalSource, SaysWhenThereIsNoJournalctl) {
  SourceRig rig;
  JournalOptions options;
  options.journalctl = "no-such-program-anywhere";
  JournalSource source(rig.context, {}, options);
  const Result<void> started = source.start();
  ASSERT_FALSE(started);
  EXPECT_NE(started.error().text().find("journalctl"), std::string::npos) << started.error().text();
}

TEST(JournalOptions, AreReadStrictly) {
  for (const std::string yaml : {"{matches: 'A'}", "{matches: 'A=B=C'}", "{matches: '--flush=x'}",
                                 "{max_age: 7}x", "{unknown: 1}"}) {
    const TestConfig config(yaml);
    read_journal_options(config.root());
    EXPECT_NE(config.problems(), "") << yaml;
  }
}

}  // namespace
}  // namespace tailrace
