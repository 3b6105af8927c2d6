// RunningHashes: where two lives part is known to within a small share of their length, however long they are.
#include "campaign/running_hashes.h"

#include <gtest/gtest.h>

#include "runtime/base/random.h"

namespace fulmar {
namespace {

// A life of so many events, which from an event on is another than that of differing_from = max.
RunningHashes life(std::uint64_t events, std::uint64_t differing_from = ~std::uint64_t{0}) {
  RunningHashes hashes;
  std::uint64_t hash = 1;
  for (std::uint64_t i = 0; i <= events; ++i) {
    hashes.note({i, Instant{static_cast<std::int64_t>(i)}, hash});
    hash = mix64(hash + i + (i >= differing_from ? 77 : 0));
  }
  return hashes;
}

TEST(RunningHashes, KeepAFewWhateverTheLength) {
  for (std::uint64_t events : {0, 1, 2047, 2048, 2049, 4096, 100'000, 1'000'000}) {
    auto hashes = life(events);
    EXPECT_LE(hashes.hashes().size(), RunningHashes::count_max);
    EXPECT_EQ(hashes.hashes().size(), events / hashes.every() + 1) << events;
    EXPECT_LE(hashes.every(), 1 + events / (RunningHashes::count_max / 2)) << events;
    EXPECT_EQ(hashes.end().events, events);
  }
}

TEST(RunningHashes, TheSameLivesDoNotPart) {
  for (std::uint64_t events : {0, 5, 3000, 123'456}) EXPECT_EQ(Parting::of(life(events), life(events)), std::nullopt);
}

TEST(RunningHashes, LivesPartWhereTheyBeginToDiffer) {
  for (std::uint64_t events : {10, 3000, 123'456}) {
    for (std::uint64_t differing : {std::uint64_t{0}, std::uint64_t{7}, events / 2, events - 1}) {
      auto now = life(events + 50, differing), recorded = life(events);
      auto parting = Parting::of(recorded, now);
      ASSERT_TRUE(parting.has_value()) << events << " " << differing;
      EXPECT_LE(parting->after, differing);
      EXPECT_GT(parting->before, differing);
      EXPECT_LE(parting->before - parting->after, std::max(recorded.every(), now.every()));
    }
  }
}

TEST(RunningHashes, ALifeThatEndsSoonerPartsAtItsEnd) {
  auto parting = Parting::of(life(5000), life(9000));
  ASSERT_TRUE(parting.has_value());
  EXPECT_LE(parting->after, 5000u);
  EXPECT_EQ(parting->before, 5001u);
}

TEST(RunningHashes, WhatIsKeptOfALifeIsEnoughToCompare) {
  auto one = life(50'000);
  RunningHashes kept(one.every(), one.hashes(), one.end());
  EXPECT_EQ(Parting::of(kept, one), std::nullopt);
  EXPECT_EQ(Parting::of(kept, life(50'000, 20'000)), Parting::of(one, life(50'000, 20'000)));
}

}  // namespace
}  // namespace fulmar
