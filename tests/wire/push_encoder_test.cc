#include "wire/push_encoder.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "push.pb.h"
#include "wire/snappy_gather.h"

namespace tailrace {
namespace {

struct TestEntry {
  std::int64_t timestamp_ns;
  std::string line;
  std::vector<std::pair<std::string, std::string>> metadata;
};

std::string encode_stream(const std::string& labels, const std::vector<TestEntry>& entries) {
  std::string body;
  for (const TestEntry& entry : entries) {
    std::vector<PushPair> pairs(entry.metadata.begin(), entry.metadata.end());
    const EncodedEntry encoded(entry.timestamp_ns, entry.line, pairs);
    std::string bytes(encoded.bytes(), '\0');
    EXPECT_EQ(encoded.write(bytes.data()), bytes.data() + bytes.size());
    body += bytes;
  }
  std::string head(stream_head_bytes(labels, body.size()), '\0');
  EXPECT_EQ(put_stream_head(head.data(), labels, body.size()), head.data() + head.size());
  return head + body;
}

// The generated classes are the oracle: they parse what we wrote, see the same values, and write
// the same bytes.
void expect_oracle_agrees(const std::string& labels, const std::vector<TestEntry>& entries) {
  const std::string bytes = encode_stream(labels, entries);
  logproto::PushRequest request;
  ASSERT_TRUE(request.ParseFromString(bytes));
  ASSERT_EQ(request.streams_size(), 1);
  EXPECT_EQ(request.streams(0).labels(), labels);
  ASSERT_EQ(static_cast<std::size_t>(request.streams(0).entries_size()), entries.size());
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const logproto::EntryAdapter& parsed = request.streams(0).entries(static_cast<int>(i));
    EXPECT_EQ(parsed.line(), entries[i].line);
    EXPECT_EQ(parsed.timestamp().seconds() * kNsPerSecond + parsed.timestamp().nanos(),
              entries[i].timestamp_ns);
    EXPECT_GE(parsed.timestamp().nanos(), 0);
    ASSERT_EQ(static_cast<std::size_t>(parsed.structured_metadata_size()),
              entries[i].metadata.size());
    for (std::size_t pair = 0; pair < entries[i].metadata.size(); ++pair) {
      EXPECT_EQ(parsed.structured_metadata(static_cast<int>(pair)).name(),
                entries[i].metadata[pair].first);
      EXPECT_EQ(parsed.structured_metadata(static_cast<int>(pair)).value(),
                entries[i].metadata[pair].second);
    }
  }
  EXPECT_TRUE(request.SerializeAsString() == bytes)
      << "other bytes than the generated classes write";
}

TEST(PushEncoder, WritesWhatTheGeneratedClassesWrite) {
  auto f = [](const std::string& labels, const std::vector<TestEntry>& entries) {
    SCOPED_TRACE(labels);
    expect_oracle_agrees(labels, entries);
  };
  f("{}", {});
  f(R"({job="a"})", {{1'600'000'000'123'456'789, "hello", {}}});
  f(R"({job="a"})", {{0, "", {}}, {kNsPerSecond, "x", {}}, {1, "", {}}});
  f(R"({job="a"})", {{-1, "before 1970", {}}, {-kNsPerSecond, "", {}}, {-1'500'000'000, "y", {}}});
  f(R"({job="a"})", {{5, "with metadata", {{"trace", "abc"}, {"", "v"}, {"n", ""}, {"", ""}}}});
  f(R"({job="a"})", {{5, std::string("\xff\x00\xfe", 3), {}}, {6, std::string(300, 'x'), {}}});
  f("{" + std::string(500, 'l') + R"(="a"})", {{5, std::string(100'000, 'z'), {}}});
}

TEST(PushEncoder, AgreesWithTheOracleOnRandomEntries) {
  std::mt19937_64 random(20261122);
  SCOPED_TRACE("seed 20261122");
  auto text = [&](std::size_t bytes_max) {
    std::string out(random() % (bytes_max + 1), '\0');
    for (char& c : out) c = static_cast<char>(random());
    return out;
  };
  for (int round = 0; round < 200; ++round) {
    std::vector<TestEntry> entries(random() % 20);
    for (TestEntry& entry : entries) {
      entry.timestamp_ns = static_cast<std::int64_t>(random() >> (random() % 60)) >> 1;
      if (random() % 4 == 0) entry.timestamp_ns = -entry.timestamp_ns / 4;
      entry.line = text(random() % 5 == 0 ? 40'000 : 200);
      for (std::size_t i = random() % 3; i > 0; --i)
        entry.metadata.emplace_back(text(20), text(200));
    }
    expect_oracle_agrees("{" + text(100) + "}", entries);  // a stream always has a name
  }
}

TEST(SnappyGather, CompressesPiecesAsOneBlock) {
  std::mt19937_64 random(7);
  for (const std::size_t pieces_count : {0U, 1U, 2U, 17U, 500U}) {
    std::vector<std::string> texts(pieces_count);
    std::string whole;
    for (std::string& text : texts) {
      text.assign(random() % 3 == 0 ? 0 : random() % 70'000,
                  static_cast<char>('a' + random() % 26));
      whole += text;
    }
    const std::vector<std::string_view> pieces(texts.begin(), texts.end());
    ByteBuffer block;
    snappy_compress(pieces, block);
    const Result<std::string> back = snappy_uncompress(block.view(), whole.size());
    ASSERT_TRUE(back) << back.error().text();
    EXPECT_TRUE(*back == whole);
  }
}

TEST(SnappyGather, RefusesWhatIsNoBlockOrTooLarge) {
  EXPECT_FALSE(snappy_uncompress("", 100));
  EXPECT_FALSE(snappy_uncompress("\xff\xff\xff\xff\xff\xff", 100));
  EXPECT_FALSE(snappy_uncompress(std::string("\x05\x00", 2), 100));
  ByteBuffer block;
  const std::string text(1000, 'x');
  const std::string_view piece = text;
  snappy_compress({&piece, 1}, block);
  EXPECT_TRUE(snappy_uncompress(block.view(), 1000));
  EXPECT_FALSE(snappy_uncompress(block.view(), 999));
}

}  // namespace
}  // namespace tailrace
