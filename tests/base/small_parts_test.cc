// varint.h, hash.h, backoff.h, result.h, error.h: small enough to share a file.
#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <limits>
#include <set>
#include <string>

#include "base/backoff.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/result.h"
#include "base/varint.h"

namespace tailrace {
namespace {

std::string varint(std::uint64_t value) {
  std::array<char, kVarintBytesMax> room{};
  return {room.data(), put_varint(room.data(), value)};
}

TEST(Varint, Encodes) {
  auto f = [](std::uint64_t value, std::string_view want) {
    SCOPED_TRACE(value);
    EXPECT_EQ(varint(value), want);
    EXPECT_EQ(varint_bytes(value), want.size());
  };
  f(0, std::string_view("\0", 1));
  f(1, "\x01");
  f(127, "\x7f");
  f(128, "\x80\x01");
  f(300, "\xac\x02");
  f(16383, "\xff\x7f");
  f(16384, "\x80\x80\x01");
  f(std::numeric_limits<std::uint64_t>::max(), "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01");
}

TEST(Varint, CountsItsBytesForEveryLength) {
  for (int bits = 0; bits < 64; ++bits) {
    for (const std::uint64_t value : {std::uint64_t{1} << bits, (std::uint64_t{1} << bits) - 1}) {
      EXPECT_EQ(varint_bytes(value), varint(value).size()) << value;
    }
  }
}

TEST(Hash, DependsOnEveryByteAndLength) {
  std::set<std::uint64_t> hashes;
  std::size_t texts = 0;
  for (std::size_t length = 0; length <= 40; ++length) {
    const std::string text(length, 'a');
    hashes.insert(hash_bytes(text));
    ++texts;
    for (std::size_t i = 0; i < length; ++i) {
      std::string changed = text;
      changed[i] = 'b';
      hashes.insert(hash_bytes(changed));
      ++texts;
    }
  }
  EXPECT_EQ(hashes.size(), texts);
  EXPECT_NE(hash_bytes("abc", 1), hash_bytes("abc", 2));
  EXPECT_NE(hash_bytes(std::string_view("\0", 1)), hash_bytes(""));
}

TEST(Backoff, GrowsFromMinToMax) {
  constexpr std::int64_t kMin = 500;
  constexpr std::int64_t kMax = 5000;
  constexpr std::uint64_t kSeed = 7;
  Backoff backoff(kMin, kMax, kSeed);
  auto f = [&backoff](std::int64_t lo, std::int64_t hi) {
    const std::int64_t wait = backoff.next_ns();
    EXPECT_GE(wait, lo);
    EXPECT_LT(wait, hi);
  };
  f(500, 1000);
  f(1000, 2000);
  f(2000, 4000);
  f(4000, 5000);
  f(4000, 5001);
  backoff.reset();
  f(500, 1000);
}

TEST(Backoff, IsFixedWhereMinIsMax) {
  Backoff backoff(100, 100, 1);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(backoff.next_ns(), 100);
}

TEST(Backoff, DiffersBySeed) {
  Backoff a(1'000'000, 100'000'000, 1);
  Backoff b(1'000'000, 100'000'000, 2);
  EXPECT_NE(a.next_ns(), b.next_ns());
}

Result<int> half(int value) {
  if (value % 2 != 0) return Error{ErrorCode::kInvalid, "odd"};
  return value / 2;
}
Result<int> quarter(int value) {
  TAILRACE_TRY(const int first, half(value));
  TAILRACE_TRY(const int second, half(first));
  return second;
}
Result<void> check_even(int value) {
  TAILRACE_CHECK(half(value));
  return {};
}

TEST(Result, CarriesValueOrError) {
  EXPECT_EQ(quarter(12).value(), 3);
  EXPECT_EQ(quarter(6).error().text(), "odd");
  EXPECT_FALSE(quarter(5));
  EXPECT_TRUE(check_even(2));
  EXPECT_EQ(check_even(3).error().code(), ErrorCode::kInvalid);
  EXPECT_EQ(half(3).value_or(9), 9);
  EXPECT_EQ(half(4).value_or(9), 2);
}

TEST(Result, DiesOnTheWrongQuestion) {
  EXPECT_DEATH((void)half(3).value(), "value\\(\\) of an error");
  EXPECT_DEATH((void)half(4).error(), "error\\(\\) of a value");
  EXPECT_DEATH((void)check_even(4).error(), "error\\(\\) of a value");
}

TEST(Error, TellsWhereFromTheOutsideIn) {
  EXPECT_EQ(Error(ErrorCode::kIo, "broken").in("reading a").in("start").text(),
            "start: reading a: broken");
  EXPECT_EQ(errno_error("open p.yaml", EACCES).text(), "open p.yaml: Permission denied");
  EXPECT_EQ(errno_error("open p.yaml", EACCES).code(), ErrorCode::kIo);
  EXPECT_EQ(errno_error("open p.yaml", ENOENT).code(), ErrorCode::kNotFound);
}

}  // namespace
}  // namespace tailrace
