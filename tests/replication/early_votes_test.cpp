#include "broker/replication/early_votes.h"

#include <gtest/gtest.h>

namespace fulmar {
namespace {

constexpr Instant start{seconds(100).count()};
const ReplicaId one{1, {1, 1}}, two{2, {2, 2}}, self{3, {3, 3}};

GroupId group(std::int32_t partition) {
  return {{7, 7}, partition};
}

GroupMessage asked(std::int32_t partition, const ReplicaId& from, Epoch term) {
  return {group(partition), {from, self, term, VoteRequest{}}, {}};
}

TEST(EarlyVotes, AreHandedOverOnceTheirGroupIsOpen) {
  EarlyVotes early;
  early.keep(asked(0, one, 0), start);
  early.keep(asked(1, one, 0), start);
  early.keep(asked(1, two, 0), start);
  auto opened = early.take(group(1), start);
  ASSERT_EQ(opened.size(), 2u);
  EXPECT_EQ(opened[0].message.from, one);
  EXPECT_EQ(opened[1].message.from, two);
  ASSERT_EQ(early.take(group(0), start).size(), 1u);
  EXPECT_TRUE(early.empty());
}

TEST(EarlyVotes, KeepOnlyWhatASenderAskedLast) {
  EarlyVotes early;
  early.keep(asked(0, one, 0), start);
  early.keep(asked(0, one, 3), start);
  auto taken = early.take(group(0), start);
  ASSERT_EQ(taken.size(), 1u);
  EXPECT_EQ(taken[0].message.term, 3);
}

TEST(EarlyVotes, KeepNothingElseAndNothingForLong) {
  EarlyVotes early;
  early.keep({group(0), {one, self, 0, Heartbeat{}}, {}}, start);
  EXPECT_TRUE(early.empty());
  early.keep(asked(0, one, 0), start);
  EXPECT_TRUE(early.take(group(0), start + EarlyVotes::kept_for_max + milliseconds(1)).empty());
}

TEST(EarlyVotes, AreBounded) {
  EarlyVotes early;
  auto many = static_cast<std::int32_t>(EarlyVotes::kept_max);
  for (std::int32_t i = 0; i < many + 100; ++i) early.keep(asked(i, one, 0), start);
  std::size_t kept = 0;
  for (std::int32_t i = 0; i < many + 100; ++i) kept += early.take(group(i), start).size();
  EXPECT_EQ(kept, EarlyVotes::kept_max);
}

}  // namespace
}  // namespace fulmar
