#include "wire/snappy_encoder.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "base/varint.h"
#include "wire/snappy_gather.h"

namespace tailrace {
namespace {

// The library is the oracle: what it uncompresses must be what went in, and the room must have
// sufficed.
void expect_round_trip(const std::string& text) {
  SnappyEncoder encoder;
  constexpr char kGuard = 0x5a;
  std::string block(kVarintBytesMax + SnappyEncoder::bytes_max(text.size()) + 1, kGuard);
  char* const start = put_varint(block.data(), text.size());
  char* const end = encoder.encode(text, start);
  ASSERT_LE(static_cast<std::size_t>(end - start), SnappyEncoder::bytes_max(text.size()));
  ASSERT_EQ(block.back(), kGuard);
  block.resize(static_cast<std::size_t>(end - block.data()));
  const Result<std::string> back = snappy_uncompress(block, text.size());
  ASSERT_TRUE(back) << back.error().text() << " for " << text.size() << " bytes";
  ASSERT_TRUE(*back == text) << text.size() << " bytes";
}

TEST(SnappyEncoder, EverySizeOfARunComesBack) {
  for (std::size_t size = 0; size < 400; ++size) expect_round_trip(std::string(size, 'a'));
  for (const std::size_t size : {1023U, 1024U, 8191U, 8192U, 65535U, 65536U})
    expect_round_trip(std::string(size, 'a'));
}

TEST(SnappyEncoder, RandomTextsOfManyShapesComeBack) {
  std::mt19937_64 random(20261122);
  SCOPED_TRACE("seed 20261122");
  for (int round = 0; round < 3000; ++round) {
    const std::size_t size = random() % (round % 50 == 0 ? 65537 : 3000);
    const std::size_t alphabet = 1 + random() % (round % 3 == 0 ? 256 : 4);
    const std::size_t period = 1 + random() % 3000;
    std::string text;
    while (text.size() < size) {
      const bool repeat = text.size() > period && random() % 3 != 0;
      if (repeat) {
        const std::size_t from = text.size() - period;
        text.append(text.substr(from, 1 + random() % 200));
      } else {
        for (std::size_t i = random() % 40; i > 0; --i)
          text += static_cast<char>(random() % alphabet);
        text += '\n';
      }
    }
    text.resize(size);
    expect_round_trip(text);
  }
}

TEST(SnappyEncoder, MatchesReachBackOverTheWholePiece) {
  std::mt19937_64 random(3);
  for (const std::size_t distance : {8U, 2047U, 2048U, 2049U, 30'000U, 65'000U}) {
    std::string text(distance, '\0');
    for (char& c : text) c = static_cast<char>(random());
    text += text.substr(0, 400);
    expect_round_trip(text);
  }
}

TEST(SnappyEncoder, LogLinesGetSmall) {
  std::string text;
  for (int i = 0; text.size() < 60'000; ++i) {
    text += "level=info ts=2026-03-01T10:00:00.000000" + std::to_string(1000 + i) +
            "Z caller=main.go:42 msg=\"request done\"\n";
  }
  SnappyEncoder encoder;
  std::string block(SnappyEncoder::bytes_max(text.size()), '\0');
  const char* const end = encoder.encode(text, block.data());
  EXPECT_LT(static_cast<std::size_t>(end - block.data()), text.size() / 6);
}

}  // namespace
}  // namespace tailrace
