#include "sources/syslog/syslog_source.h"

#include <gtest/gtest.h>

#include "net/dial.h"
#include "source_rig.h"
#include "support/certificates.h"
#include "support/sockets.h"

namespace tailrace {
namespace {

using Lines = std::vector<std::string>;

constexpr char kRules[] = R"(
- {source_labels: [__syslog_message_severity], target_label: severity}
- {source_labels: [__syslog_message_facility], target_label: facility}
- {source_labels: [__syslog_message_hostname], target_label: host}
- {source_labels: [__syslog_message_app_name], target_label: app}
- {source_labels: [__syslog_message_proc_id], target_label: proc}
- {source_labels: [__syslog_message_msg_id], target_label: msg}
- {source_labels: [__syslog_connection_ip_address], target_label: ip}
- {regex: __syslog_message_sd_(.*), action: labelmap, replacement: sd_$1}
)";

class SyslogRig : public SourceRig {
 public:
  explicit SyslogRig(const std::string& options, const std::string& rules = kRules) {
    const TestConfig config("listen_address: 127.0.0.1:0\n" + options);
    source = std::make_unique<SyslogSource>(context, relabel_rules(rules),
                                            read_syslog_options(config.root()));
    EXPECT_EQ(config.problems(), "");
    const Result<void> started = source->start();
    EXPECT_TRUE(started) << started.error().text();
  }
  ~SyslogRig() { end(*source); }
  std::uint16_t port() const { return source->port(); }
  double errors() { return value("promtail_syslog_target_parsing_errors_total"); }

  std::unique_ptr<SyslogSource> source;
};

constexpr char kFull[] =
    R"(<165>1 2021-03-04T05:06:07.003Z host.example.com app 111 ID47 [ex@32473 iut="3" src="App \"x\""] first message)";
constexpr char kPlain[] = "<14>1 2021-03-04T05:06:07Z h a p m - ";

std::string framed(const std::string& message) {
  return std::to_string(message.size()) + " " + message;
}

TEST(SyslogSource, TakesLinesAndCountedMessagesHoweverTheyAreCut) {
  const std::string two_lines = std::string(kPlain) + "two\nlines";
  for (const bool octets : {false, true}) {
    SyslogRig rig("labels: {job: s}\nlabel_structured_data: true\n");
    const std::string second = octets ? two_lines : std::string(kPlain) + "second";
    const std::string stream =
        octets ? framed(kFull) + framed(second) : std::string(kFull) + "\n" + second + "\n";
    std::size_t expected = 0;
    for (std::size_t cut = 0; cut <= stream.size(); cut += 13) {
      TestConnection connection(rig.port());
      connection.send(stream.substr(0, cut));
      rig.io.poll();
      connection.send(stream.substr(cut));
      expected += 2;
      ASSERT_TRUE(rig.wait_for_lines(expected));
    }
    EXPECT_EQ(rig.sink.lines[0], "first message");
    EXPECT_EQ(rig.sink.lines[1], octets ? "two\nlines" : "second");
    EXPECT_EQ(
        rig.sink.labels[0],
        R"({app="app", facility="local4", host="host.example.com", ip="127.0.0.1", job="s", msg="ID47", proc="111", )"
        R"(sd_ex_32473_iut="3", sd_ex_32473_src="App \"x\"", severity="notice"})");
    EXPECT_EQ(rig.errors(), 0);
    EXPECT_EQ(rig.value("promtail_syslog_target_entries_total"), static_cast<double>(expected));
  }
}

TEST(SyslogSource, WithoutRulesOnlyConfiguredLabelsAreLeft) {
  SyslogRig rig("labels: {job: s}\n", "");
  TestConnection connection(rig.port());
  connection.send(std::string(kFull) + "\n");
  ASSERT_TRUE(rig.wait_for_lines(1));
  EXPECT_EQ(rig.sink.labels[0], R"({job="s"})");
}

TEST(SyslogSource, BadMessagesAreCountedAndTheRestGoesOn) {
  SyslogRig rig("max_message_length: 100\n");  // of octet counting only
  TestConnection connection(rig.port());
  connection.send(std::string(kPlain) + "one\n<nonsense\n" + kPlain + std::string(2'000'000, 'x') +
                  "\n" + kPlain + "two\n" + "<14>1 2021-03-04T05:06:07Z h a - - -\n" + kPlain +
                  "three");
  connection.end_sending();
  ASSERT_TRUE(rig.wait_for_lines(3));
  EXPECT_EQ(rig.sink.lines, (Lines{"one", "two", "three"}));
  EXPECT_EQ(rig.errors(), 2);
  EXPECT_EQ(rig.value("promtail_syslog_empty_messages_total"), 1);
  ASSERT_TRUE(rig.wait_for([&] { return connection.closed_by_peer(); }));
}

// As Promtail counts: a message with a fault anywhere is an error, one without text is empty.
TEST(SyslogSource, FaultyMessagesAreNotEmptyOnes) {
  const auto f = [](const std::string& format, const std::string& message, double errors,
                    double empty) {
    SCOPED_TRACE(message);
    SyslogRig rig("syslog_format: " + format + "\n");
    TestConnection connection(rig.port());
    connection.send(message + "\n");
    connection.end_sending();
    ASSERT_TRUE(rig.wait_for([&] { return connection.closed_by_peer(); }));
    EXPECT_EQ(rig.errors(), errors);
    EXPECT_EQ(rig.value("promtail_syslog_empty_messages_total"), empty);
    EXPECT_TRUE(rig.sink.lines.empty());
  };
  f("rfc5424", "<14>1 - h a - - -", 0, 1);
  f("rfc5424", "<14>1 - h a - - - ", 0, 1);
  f("rfc5424", "<14>1", 1, 0);
  f("rfc5424", "<14>1 yesterday h a - - - x", 1, 0);
  f("rfc5424", "<14>1 - h a - - [x y=z] x", 1, 0);
  f("rfc5424", "<14>1 - h a - - [x y=\"z\"]x", 1, 0);
  f("rfc5424", "<999>1 - h a - - - x", 1, 0);
  f("rfc3164", "<14>Oct 1 22:14:15 host app: x", 1, 0);
  f("rfc3164", "<192>Oct 11 22:14:15 host app: x", 1, 0);
}

TEST(SyslogSource, ALineMayGoOnInTheNext) {
  SyslogRig rig("");
  TestConnection connection(rig.port());
  connection.send(std::string(kPlain) + "one\n  at two\n\n" + kPlain + "three\n");
  ASSERT_TRUE(rig.wait_for_lines(2));
  EXPECT_EQ(rig.sink.lines, (Lines{"one\n  at two\n", "three"}));
  EXPECT_EQ(rig.errors(), 0);
}

TEST(SyslogSource, ClosesWhatIsNoSyslog) {
  const auto f = [](const std::string& bytes, double errors) {
    SCOPED_TRACE(bytes);
    SyslogRig rig("");
    TestConnection connection(rig.port());
    connection.send(bytes);
    ASSERT_TRUE(rig.wait_for([&] { return connection.closed_by_peer(); }));
    EXPECT_EQ(rig.errors(), errors);
  };
  f("GET / HTTP/1.1\r\n\r\n", 0);
  f("99999999 <14>1 - - - - - - x", 1);
  f("0 x", 1);
}

TEST(SyslogSource, TimestampsAndFullMessages) {
  const auto f = [](const std::string& options, const std::string& message, const std::string& line,
                    std::int64_t ns) {
    SCOPED_TRACE(options + message);
    SyslogRig rig(options);
    TestConnection connection(rig.port());
    const std::int64_t before_ns = Clock::system().now_ns();
    connection.send(message + "\n");
    ASSERT_TRUE(rig.wait_for_lines(1));
    EXPECT_EQ(rig.sink.lines[0], line);
    if (ns != 0) {
      EXPECT_EQ(rig.sink.timestamps[0], ns);
    } else {
      EXPECT_GE(rig.sink.timestamps[0], before_ns);
    }
  };
  f("", kFull, "first message", 0);
  f("use_incoming_timestamp: true\n", kFull, "first message", 1614834367'003000000);
  f("use_incoming_timestamp: true\n", "<14>1 - h a p m - x", "x", 0);
  f("use_rfc5424_message: true\n", kFull, kFull, 0);
  f("syslog_format: rfc3164\n", "<34>Oct 11 22:14:15 mymachine su: failed", "failed", 0);
}

TEST(SyslogSource, AConnectionThatSaysNothingIsClosed) {
  SyslogRig rig("idle_timeout: 30ms\n");
  TestConnection connection(rig.port());
  connection.send(std::string(kPlain) + "one\n");
  ASSERT_TRUE(rig.wait_for_lines(1));
  ASSERT_TRUE(rig.wait_for([&] { return connection.closed_by_peer(); }));
}

TEST(SyslogSource, ReadsNoMoreWithoutRoom) {
  SyslogRig rig("");
  rig.sink.room = false;
  TestConnection connection(rig.port());
  connection.send(std::string(kPlain) + "one\n");
  rig.settle();
  EXPECT_TRUE(rig.sink.lines.empty());
  rig.room(true);
  ASSERT_TRUE(rig.wait_for_lines(1));
}

TEST(SyslogSource, TakesDatagramsAndCountsThoseItCannotTake) {
  SyslogRig rig("listen_protocol: udp\n");
  send_datagram(rig.port(), kFull);
  send_datagram(rig.port(), std::string(kPlain) + "a\n" + kPlain + "b\n");
  send_datagram(rig.port(), framed(std::string(kPlain) + "c"));
  send_datagram(rig.port(), "nonsense");  // not counted
  send_datagram(rig.port(), "<nonsense");
  ASSERT_TRUE(rig.wait_for_lines(4));
  ASSERT_TRUE(rig.wait_for([&] { return rig.errors() == 1; }));
  EXPECT_EQ(rig.sink.lines, (Lines{"first message", "a", "b", "c"}));
  rig.sink.room = false;
  send_datagram(rig.port(), kFull);
  ASSERT_TRUE(
      rig.wait_for([&] { return rig.value("tailrace_syslog_datagrams_dropped_total") == 1; }));
  rig.room(true);
  send_datagram(rig.port(), std::string(kPlain) + "d");
  ASSERT_TRUE(rig.wait_for_lines(5));
}

TEST(SyslogSource, HostnamesAreLookedUpAside) {
  for (const std::string protocol : {"tcp", "udp"}) {
    SCOPED_TRACE(protocol);
    SyslogRig rig("listen_protocol: " + protocol + "\n", R"(
- {source_labels: [__syslog_connection_hostname], target_label: peer}
- {target_label: here, replacement: x}
)");
    for (const std::string text : {"one", "two"}) {
      if (protocol == "udp") {
        send_datagram(rig.port(), kPlain + text);
      } else {
        TestConnection(rig.port()).send(kPlain + text + "\n");
      }
    }
    ASSERT_TRUE(rig.wait_for_lines(2));
    // What loopback is called depends on the machine; both lines must agree.
    EXPECT_EQ(rig.sink.labels[0], rig.sink.labels[1]);
  }
}

awaitable<void> send_over_tls(Executor executor, Url url, TlsClient& tls, std::string text,
                              std::string& outcome) {
  IoGuard guard(executor, 5 * kNsPerSecond);
  DialRequest request{url, {}, {}, &tls};
  Result<std::unique_ptr<ByteStream>> stream = co_await dial(executor, std::move(request), guard);
  outcome = stream ? "connected" : stream.error().text();
  if (!stream) co_return;
  const std::string_view piece = text;
  Result<void> written = co_await (*stream)->write(std::span(&piece, 1));
  if (!written) outcome = written.error().text();
  char room[16];
  // With TLS 1.3 a refused client certificate shows only here.
  Result<std::size_t> count = co_await (*stream)->read_some(room);
  if (!count) outcome = count.error().text();
}

TEST(SyslogSource, SpeaksTlsAndDemandsClientCertificates) {
  const TestCertificates files;
  const std::string server =
      "tls_config: {cert_file: " + (files / "server.pem") + ", key_file: " + (files / "server.key");
  const auto f = [&](bool demands, bool client_has_one, bool works) {
    SCOPED_TRACE(std::to_string(demands) + std::to_string(client_has_one));
    SyslogRig rig(server + (demands ? ", ca_file: " + (files / "ca.pem") : "") + "}\n");
    TlsClientOptions options;
    options.ca_file = files / "ca.pem";
    if (client_has_one) {
      options.cert_file = files / "client.pem";
      options.key_file = files / "client.key";
    }
    TlsClient tls(options);
    std::string outcome;
    const Url url = parse_url("https://127.0.0.1:" + std::to_string(rig.port())).value();
    spawn(
        rig.io.get_executor(), "client",
        send_over_tls(rig.io.get_executor(), url, tls, std::string(kPlain) + "secret\n", outcome));
    ASSERT_TRUE(rig.wait_for(
        [&] { return !rig.sink.lines.empty() || (!outcome.empty() && outcome != "connected"); }));
    EXPECT_EQ(rig.sink.lines.size(), works ? 1U : 0U) << outcome;
    rig.source->stop();
    rig.settle();
  };
  f(false, false, true);
  f(true, true, true);
  f(true, false, false);
}

TEST(SyslogSource, SaysWhenThePortIsTaken) {
  SyslogRig rig("");
  const TestConfig config("listen_address: 127.0.0.1:" + std::to_string(rig.port()) + "\n");
  SyslogSource second(rig.context, {}, read_syslog_options(config.root()));
  const Result<void> started = second.start();
  ASSERT_FALSE(started);
  EXPECT_NE(started.error().text().find("already in use"), std::string::npos)
      << started.error().text();
}

TEST(SyslogSource, StopsCleanlyWithOpenConnections) {
  SyslogRig rig("");
  TestConnection silent(rig.port());
  TestConnection busy(rig.port());
  busy.send(std::string(kPlain) + "one\n<14>1 half");
  ASSERT_TRUE(rig.wait_for_lines(1));
  EXPECT_TRUE(rig.source->ready());
  rig.source->stop();
  EXPECT_FALSE(rig.source->ready());
  ASSERT_TRUE(rig.wait_for([&] { return rig.source->settled(); }));
  EXPECT_TRUE(silent.closed_by_peer());
  EXPECT_TRUE(busy.closed_by_peer());
}

TEST(SyslogOptions, AreReadStrictly) {
  const auto f = [](const std::string& yaml, const std::string& problem) {
    SCOPED_TRACE(yaml);
    const TestConfig config(yaml);
    read_syslog_options(config.root());
    EXPECT_NE(config.problems().find(problem), std::string::npos) << config.problems();
    if (problem.empty()) {
      EXPECT_EQ(config.problems(), "");
    }
  };
  f("listen_address: ':514'\nlisten_protocol: udp\nidle_timeout: 1m\nlabels: {a: "
    "b}\nmax_message_length: 10",
    "");
  f("listen_address: ':514'\nlisten_protocol: sctp", "listen_protocol");
  f("listen_protocol: tcp", "listen_address");
  f("listen_address: ':514'\nsyslog_format: rfc1", "syslog_format");
  f("listen_address: ':514'\nidle_timeouts: 1m", "idle_timeouts");
  f("listen_address: ':514'\ntls_config: {cert_file: x}", "certificate and key files are required");
}

}  // namespace
}  // namespace tailrace
