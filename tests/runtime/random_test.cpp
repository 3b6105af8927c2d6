#include "runtime/base/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <set>

#include "runtime/base/time.h"

namespace fulmar {
namespace {

TEST(Random, IsTheSameEverywhere) {
  Random random(42);
  EXPECT_EQ(random.next(), Random(42).next());
  Random streams(7);
  auto a = streams.split("disk").next();
  streams.next();
  EXPECT_EQ(streams.split("disk").next(), a) << "what was drawn before does not matter";
  EXPECT_NE(streams.split("network").next(), a);
  EXPECT_NE(streams.split(std::uint64_t{1}).next(), streams.split(std::uint64_t{2}).next());
}

TEST(Random, KeepsToItsBoundsAndReachesThem) {
  Random random(1);
  std::set<std::int64_t> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(random.between(-2, 2));
  EXPECT_EQ(seen, (std::set<std::int64_t>{-2, -1, 0, 1, 2}));
}

TEST(Random, ShufflesWithoutLosingAnything) {
  std::array<int, 50> items{};
  for (int i = 0; i < 50; ++i) items[static_cast<std::size_t>(i)] = i;
  auto shuffled = items;
  Random random(3);
  random.shuffle(std::span<int>(shuffled));
  EXPECT_NE(shuffled, items);
  std::sort(shuffled.begin(), shuffled.end());
  EXPECT_EQ(shuffled, items);
}

TEST(Time, SaturatesInsteadOfOverflowing) {
  EXPECT_EQ(Instant{5} + Duration::max(), Instant::max());
  EXPECT_TRUE((Deadline{Instant{5} + Duration::max()}.is_never()));
  EXPECT_EQ(Instant{10} - Duration(4), Instant{6});
}

}  // namespace
}  // namespace fulmar
