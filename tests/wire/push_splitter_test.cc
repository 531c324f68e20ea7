#include "wire/push_splitter.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "push.pb.h"
#include "wire/snappy_gather.h"

namespace tailrace {
namespace {

// "a:xx,y b:z": streams with their lines.
logproto::PushRequest request_of(const std::string& text) {
  logproto::PushRequest out;
  std::int64_t seconds = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    const std::size_t colon = text.find(':', at);
    logproto::StreamAdapter& stream = *out.add_streams();
    stream.set_labels("{s=\"" + text.substr(at, colon - at) + "\"}");
    for (std::size_t from = colon + 1; from <= end;) {
      const std::size_t to = std::min(text.find(',', from), end);
      logproto::EntryAdapter& entry = *stream.add_entries();
      entry.mutable_timestamp()->set_seconds(--seconds);
      entry.mutable_timestamp()->set_nanos(7);
      entry.set_line(text.substr(from, to - from));
      logproto::LabelPairAdapter& pair = *entry.add_structured_metadata();
      pair.set_name("n");
      pair.set_value(std::to_string(seconds));
      from = to + 1;
    }
    at = end + 1;
  }
  return out;
}

std::string block_of(const logproto::PushRequest& request) {
  const std::string bytes = request.SerializeAsString();
  const std::array<std::string_view, 1> pieces{bytes};
  ByteBuffer out;
  snappy_compress(pieces, out);
  return std::string(out.view());
}

std::string text_of(const PushHalf& half, std::vector<std::string>& entries) {
  logproto::PushRequest request;
  const Result<std::string> bytes = snappy_uncompress(half.body.view(), 1 << 20);
  EXPECT_TRUE(bytes && request.ParseFromString(*bytes));
  std::string out;
  std::size_t count = 0;
  for (const logproto::StreamAdapter& stream : request.streams()) {
    if (!out.empty()) out += ' ';
    out += stream.labels().substr(4, stream.labels().size() - 6);
    char before = ':';
    for (const logproto::EntryAdapter& entry : stream.entries()) {
      out += std::exchange(before, ',') + entry.line();
      entries.push_back(stream.labels() + entry.SerializeAsString());
      ++count;
    }
  }
  EXPECT_EQ(half.entries, count);
  return out;
}

TEST(PushSplitter, HalvesInOrderAndKeepsEveryByteOfAnEntry) {
  auto f = [](const std::string& text, SplitBy by, const char* first, const char* second) {
    SCOPED_TRACE(text);
    const logproto::PushRequest request = request_of(text);
    const Result<PushHalves> halves = split_push(block_of(request), by);
    ASSERT_EQ(halves.has_value(), first != nullptr);
    if (!halves) return;
    std::vector<std::string> entries;
    EXPECT_EQ(text_of(halves->first, entries), first);
    EXPECT_EQ(text_of(halves->second, entries), second);
    std::vector<std::string> wanted;
    for (const logproto::StreamAdapter& stream : request.streams()) {
      for (const logproto::EntryAdapter& entry : stream.entries()) {
        wanted.push_back(stream.labels() + entry.SerializeAsString());
      }
    }
    EXPECT_EQ(entries, wanted);
  };
  f("a:1,2,3,4", SplitBy::kEntries, "a:1,2", "a:3,4");
  f("a:1,2", SplitBy::kEntries, "a:1", "a:2");
  f("a:1,2,3 b:4", SplitBy::kEntries, "a:1,2", "a:3 b:4");
  f("a:1 b:2", SplitBy::kEntries, "a:1", "b:2");
  const std::string large(300, 'x');
  f("a:" + large + ",2,3", SplitBy::kEntries, ("a:" + large).c_str(), "a:2,3");
  f("a:1,2," + large, SplitBy::kEntries, "a:1,2", ("a:" + large).c_str());
  f("a:1", SplitBy::kEntries, nullptr, nullptr);
  f("", SplitBy::kEntries, nullptr, nullptr);
  f("a:1,2 b:3 c:4", SplitBy::kStreams, "a:1,2", "b:3 c:4");
  f("a:1 b:2,3", SplitBy::kStreams, "a:1", "b:2,3");
  f("a:1,2,3", SplitBy::kStreams, nullptr, nullptr);
  f("", SplitBy::kStreams, nullptr, nullptr);
}

TEST(PushSplitter, RefusesWhatIsNoPush) {
  EXPECT_FALSE(split_push("nonsense", SplitBy::kEntries));
  const std::array<std::string_view, 1> pieces{"\xff\xff nonsense"};
  ByteBuffer block;
  snappy_compress(pieces, block);
  EXPECT_FALSE(split_push(block.view(), SplitBy::kEntries));
}

}  // namespace
}  // namespace tailrace
