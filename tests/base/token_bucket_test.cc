#include "base/token_bucket.h"

#include <gtest/gtest.h>

namespace tailrace {
namespace {

TEST(TokenBucket, FillsWithTheRateUpToTheBurst) {
  const TokenBucket::Limit limit{.rate = 10, .burst = 2};
  TokenBucket bucket;
  EXPECT_TRUE(bucket.try_take(limit, 0));
  EXPECT_TRUE(bucket.try_take(limit, 0));
  EXPECT_FALSE(bucket.try_take(limit, 0));
  EXPECT_FALSE(bucket.try_take(limit, 99 * kNsPerMs));
  EXPECT_TRUE(bucket.try_take(limit, 100 * kNsPerMs));
  EXPECT_TRUE(bucket.try_take(limit, 100 * kNsPerSecond));
  EXPECT_TRUE(bucket.try_take(limit, 100 * kNsPerSecond));
  EXPECT_FALSE(bucket.try_take(limit, 100 * kNsPerSecond));
}

TEST(TokenBucket, DebtIsPaidByTime) {
  const TokenBucket::Limit limit{.rate = 10, .burst = 1};
  TokenBucket bucket;
  bucket.take(limit, 0);
  EXPECT_EQ(bucket.paid_at_ns(limit), 0);
  bucket.take(limit, 0);
  bucket.take(limit, 0);
  EXPECT_EQ(bucket.paid_at_ns(limit), 200 * kNsPerMs);
  const TokenBucket::Limit slow{.rate = 1e-9, .burst = 1};
  bucket.take(slow, 0);
  EXPECT_EQ(bucket.paid_at_ns(slow), 86'400 * kNsPerSecond);
}

}  // namespace
}  // namespace tailrace
