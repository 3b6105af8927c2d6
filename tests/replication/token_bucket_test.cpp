#include "broker/replication/token_bucket.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <limits>
#include <vector>

namespace fulmar {
namespace {

constexpr Instant start{5'000'000'000};

TEST(TokenBucket, HasASecondsWorthSavedUpAtFirst) {
  TokenBucket bucket(1000);
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(bucket.has_room(start)) << i;
    bucket.take(100, start);
  }
  EXPECT_EQ(bucket.room_at(), start);
  bucket.take(1, start);
  EXPECT_FALSE(bucket.has_room(start));
}

TEST(TokenBucket, SavesNoMoreThanASecondsWorth) {
  TokenBucket bucket(1000);
  bucket.take(1000, start);
  auto later = start + seconds(100);
  bucket.take(1000, later);
  EXPECT_EQ(bucket.room_at(), later);
}

TEST(TokenBucket, LetsWhatIsLargerThanTheRateGoAndHasItPaidForAfterwards) {
  TokenBucket bucket(1000);
  EXPECT_TRUE(bucket.has_room(start));
  bucket.take(4000, start);
  EXPECT_EQ(bucket.room_at(), start + seconds(3));
  EXPECT_FALSE(bucket.has_room(start + seconds(3) - nanoseconds(1)));
  EXPECT_TRUE(bucket.has_room(start + seconds(3)));
}

TEST(TokenBucket, TakingNothingCostsNothing) {
  TokenBucket bucket(1);
  bucket.take(1, start);
  auto at = bucket.room_at();
  bucket.take(0, start);
  EXPECT_EQ(bucket.room_at(), at);
}

TEST(TokenBucket, KnowsTheLargestRateAndTheSmallest) {
  TokenBucket most(std::numeric_limits<std::int64_t>::max());
  most.take(1 << 30, start);
  EXPECT_TRUE(most.has_room(start));
  TokenBucket least(1);
  least.take(std::numeric_limits<std::size_t>::max(), start);
  EXPECT_EQ(least.room_at(), Instant::max());
}

// Callers take what they need if there is room; else they do not come. In any window passes no more than the rate
// allows, plus the saved rate, plus the excess of the last amount.
RC_GTEST_PROP(TokenBucket, LetsThroughNoMoreThanTheRateInAnyWindow, ()) {
  auto rate = *rc::gen::inRange<std::int64_t>(1, 5'000'000);
  auto steps = *rc::gen::container<std::vector<std::pair<std::int64_t, std::int64_t>>>(
      rc::gen::pair(rc::gen::inRange<std::int64_t>(0, 3'000'000'000), rc::gen::inRange<std::int64_t>(0, 9'000'000)));
  TokenBucket bucket(rate);
  struct Passed {
    Instant at;
    std::int64_t bytes;
  };
  std::vector<Passed> passed;
  auto now = start;
  for (auto [pause, bytes] : steps) {
    // Often exactly when there is room, which is when most can pass.
    now = pause % 2 == 0 ? std::max(now, bucket.room_at()) : now + Duration(pause);
    if (!bucket.has_room(now)) continue;
    bucket.take(static_cast<std::size_t>(bytes), now);
    passed.push_back({now, bytes});
  }
  for (std::size_t first = 0; first < passed.size(); ++first) {
    std::int64_t before_last = 0;
    for (std::size_t last = first; last < passed.size(); ++last) {
      auto window = static_cast<__int128>((passed[last].at - passed[first].at).count());
      RC_ASSERT(static_cast<__int128>(before_last) * 1'000'000'000 <= rate * (window + 1'000'000'000));
      before_last += passed[last].bytes;
    }
  }
}

// Nobody waits longer than the amounts taken are worth, so that the rate is fully used.
RC_GTEST_PROP(TokenBucket, HasRoomAgainOnceWhatWasTakenIsPaidFor, ()) {
  auto rate = *rc::gen::inRange<std::int64_t>(1, 5'000'000);
  auto sizes = *rc::gen::container<std::vector<std::int64_t>>(rc::gen::inRange<std::int64_t>(0, 9'000'000));
  TokenBucket bucket(rate);
  bucket.take(static_cast<std::size_t>(rate), start);  // the saved rate
  __int128 bytes = 0;
  for (auto size : sizes) {
    bucket.take(static_cast<std::size_t>(size), bucket.room_at());
    bytes += size;
  }
  auto rounding = static_cast<__int128>(sizes.size() + 1);
  RC_ASSERT((bucket.room_at() - start).count() <= bytes * 1'000'000'000 / rate + rounding);
}

}  // namespace
}  // namespace fulmar
