#include "sources/gelf/gelf_source.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include "source_rig.h"
#include "sources/gelf/gelf_message.h"
#include "support/sockets.h"

namespace tailrace {
namespace {

using Lines = std::vector<std::string>;

std::string zlib_text(std::string_view text) {
  std::string out(compressBound(text.size()), '\0');
  uLongf bytes = out.size();
  EXPECT_EQ(compress(reinterpret_cast<Bytef*>(out.data()), &bytes,
                     reinterpret_cast<const Bytef*>(text.data()), text.size()),
            Z_OK);
  out.resize(bytes);
  return out;
}

std::string chunk(const std::string& id, int number, int count, const std::string& data) {
  return "\x1e\x0f" + id + static_cast<char>(number) + static_cast<char>(count) + data;
}

TEST(GelfMessage, IsReadAndWrittenAnew) {
  const auto f = [](const std::string& bytes, const std::string& line, const std::string& level) {
    SCOPED_TRACE(bytes);
    Arena arena;
    const Result<GelfMessage> message = parse_gelf(bytes, arena);
    ASSERT_TRUE(message) << message.error().text();
    EXPECT_EQ(message->line, line);
    EXPECT_EQ(message->level_name(), level);
  };
  f(R"({"version": "1.1", "host": "h1", "short_message": "s", "full_message": "full\nback", "timestamp": 1600000000.5, "level": 3,
       "facility": "fac", "_z": {"b": 1, "a": [true, null]}, "_a": "<e>", "_num": 5, "unknown": 1})",
    R"({"version":"1.1","host":"h1","short_message":"s","full_message":"full\nback","timestamp":1600000000.5,"level":3,"facility":"fac",)"
    R"("_a":"\u003ce\u003e","_num":5,"_z":{"a":[true,null],"b":1}})",
    "error");
  const std::string empty = R"({"version":"","host":"","short_message":"","timestamp":0})";
  f("{}", empty, "emergency");
  f(std::string("{}\0", 3), empty, "emergency");
  f(zlib_text("{}"), empty, "emergency");
  f(R"({"level": 9})", R"({"version":"","host":"","short_message":"","timestamp":0,"level":9})",
    "");
  for (const std::string& bad :
       {std::string(), std::string("{"), std::string("[]"), std::string("null"),
        std::string(R"({"host": 1})"), std::string(R"({"level": "3"})"), std::string("\x1f\x8bzz"),
        zlib_text("{}").substr(0, 5)}) {
    Arena arena;
    EXPECT_FALSE(parse_gelf(bad, arena)) << bad;
  }
  Arena arena;
  EXPECT_EQ(parse_gelf(zlib_text(std::string(100'000'000, ' ')), arena).error().code(),
            ErrorCode::kRejected);
}

TEST(GelfMessage, TimestampsAreMultipliedAsFloats) {
  const auto f = [](double seconds, std::optional<std::int64_t> want) {
    GelfMessage message;
    message.timestamp = seconds;
    EXPECT_EQ(message.timestamp_ns(), want);
  };
  f(1600000000.25, 1600000000249999872);
  f(0, std::nullopt);
  f(1e300, std::nullopt);
  f(-1, -1'000'000'000);
}

TEST(GelfChunks, PutsMessagesTogether) {
  GelfChunks chunks;
  const auto add = [&](const std::string& datagram, std::int64_t now_ns = 0) {
    return chunks.add(datagram, now_ns).value_or("-");
  };
  EXPECT_EQ(add(chunk("AAAAAAAA", 1, 3, "b")), "-");
  EXPECT_EQ(add(chunk("BBBBBBBB", 0, 2, "x")), "-");
  EXPECT_EQ(add(chunk("AAAAAAAA", 1, 3, "b")), "-");
  EXPECT_EQ(add(chunk("AAAAAAAA", 2, 3, "c")), "-");
  EXPECT_EQ(add(chunk("AAAAAAAA", 0, 3, "a")), "abc");
  EXPECT_EQ(add(chunk("BBBBBBBB", 1, 2, "y")), "xy");
  EXPECT_EQ(add(chunk("CCCCCCCC", 0, 1, "only")), "only");
  EXPECT_EQ(chunks.errors(), 0U);
  // Too late.
  EXPECT_EQ(add(chunk("DDDDDDDD", 0, 2, "x")), "-");
  EXPECT_EQ(add(chunk("DDDDDDDD", 1, 2, "y"), GelfChunks::kTimeoutNs + 1), "-");
  EXPECT_EQ(chunks.errors(), 1U);
  std::uint64_t errors = chunks.errors();
  for (const std::string& bad :
       {chunk("EEEEEEEE", 2, 2, "x"), chunk("EEEEEEEE", 0, 0, "x"), chunk("EEEEEEEE", 0, 129, "x"),
        chunk("EEEEEEEE", 0, 2, ""), std::string("\x1e\x0f"), chunk("DDDDDDDD", 0, 3, "x")}) {
    EXPECT_EQ(add(bad, GelfChunks::kTimeoutNs + 1), "-");
    EXPECT_EQ(chunks.errors(), ++errors);
  }
}

TEST(GelfChunks, AreBounded) {
  GelfChunks chunks;
  for (int i = 0; i < 3000; ++i) chunks.add(chunk("id" + std::to_string(100000 + i), 0, 2, "x"), 0);
  EXPECT_EQ(chunks.messages(), GelfChunks::kMessagesMax);
  for (int i = 0; i < 3000; ++i)
    chunks.add(chunk("id" + std::to_string(100000 + i), 0, 2, std::string(60'000, 'x')), 0);
  EXPECT_LT(chunks.messages(), GelfChunks::kBytesMax / 60'000 + 2);
}

class GelfRig : public SourceRig {
 public:
  explicit GelfRig(const std::string& options = "")
      : source(context, relabel_rules(R"(
- {source_labels: [__gelf_message_level], target_label: level}
- {source_labels: [__gelf_message_host], target_label: host}
- {source_labels: [__gelf_message_host], regex: no, action: drop}
)"),
               read_gelf_options(
                   TestConfig("listen_address: 127.0.0.1:0\nlabels: {job: gelf}\n" + options)
                       .root())) {
    EXPECT_TRUE(source.start());
  }
  ~GelfRig() { end(source); }
  GelfSource source;
};

TEST(GelfSource, TakesDatagramsAndChunks) {
  GelfRig rig("use_incoming_timestamp: true\n");
  const std::string message =
      R"({"version":"1.1","host":"h","short_message":"s","timestamp":1600000000.25,"level":6})";
  send_datagram(rig.source.port(), message);
  send_datagram(rig.source.port(), zlib_text(message));
  send_datagram(rig.source.port(), chunk("AAAAAAAA", 1, 2, message.substr(20)));
  send_datagram(rig.source.port(), "nonsense");
  send_datagram(rig.source.port(), R"({"host":"no"})");
  send_datagram(rig.source.port(), chunk("AAAAAAAA", 0, 2, message.substr(0, 20)));
  ASSERT_TRUE(rig.wait_for_lines(3));
  EXPECT_EQ(rig.sink.lines, (Lines{message, message, message}));
  EXPECT_EQ(rig.sink.labels[2], R"({host="h", job="gelf", level="informational"})");
  EXPECT_EQ(rig.sink.timestamps[0], 1600000000249999872);
  EXPECT_EQ(rig.value("promtail_gelf_target_entries_total"), 4);
  EXPECT_EQ(rig.value("promtail_gelf_target_parsing_errors_total"), 1);
  rig.sink.room = false;
  send_datagram(rig.source.port(), message);
  ASSERT_TRUE(
      rig.wait_for([&] { return rig.value("tailrace_gelf_datagrams_dropped_total") == 1; }));
}

TEST(GelfOptions, AreReadStrictly) {
  const TestConfig config("listen_adress: ':1'\n");
  EXPECT_EQ(read_gelf_options(config.root()).listen_address, ":12201");
  EXPECT_NE(config.problems().find("listen_adress"), std::string::npos);
}

}  // namespace
}  // namespace tailrace
