// A partition's image during a reassignment, and when that is complete.
#include "broker/cluster/reassignment.h"

#include <gtest/gtest.h>

namespace fulmar {
namespace {

ReplicaId on(int broker, std::uint64_t directory = 1) {
  return {broker, {directory, static_cast<std::uint64_t>(broker)}};
}

const PartitionImage three{{on(1), on(2), on(3)}};

TEST(Reassigned, IsTheUnionWithThePreferredLeaderFirst) {
  auto moving = reassigned(three, {on(4), on(2), on(1)});
  EXPECT_EQ(moving.replicas, (std::vector{on(4), on(2), on(1), on(3)}));
  EXPECT_EQ(moving.adding, (std::vector{on(4)}));
  EXPECT_EQ(moving.removing, (std::vector{on(3)}));
  EXPECT_EQ(replicas_before(moving), (std::vector{on(2), on(1), on(3)}));
  EXPECT_EQ(replicas_wanted(moving), (std::vector{on(4), on(2), on(1)}));
}

TEST(Reassigned, ToTheSameReplicasIsNoChangeButOfOrder) {
  auto turned = reassigned(three, {on(3), on(1), on(2)});
  EXPECT_FALSE(turned.changing());
  EXPECT_EQ(turned.replicas, (std::vector{on(3), on(1), on(2)}));
}

// A replica that was added may be a member of the group already: it stays until the group has removed it.
TEST(Reassigned, KeepsWhatASecondChangeDoesNotWantUntilThatIsOver) {
  auto second = reassigned(reassigned(three, {on(1), on(2), on(4)}), {on(1), on(5), on(2)});
  EXPECT_EQ(second.replicas, (std::vector{on(1), on(5), on(2), on(4), on(3)}));
  EXPECT_EQ(second.adding, (std::vector{on(5), on(4)}));
  EXPECT_EQ(second.removing, (std::vector{on(4), on(3)}));
  auto back = reassigned(second, replicas_before(second));
  EXPECT_EQ(replicas_wanted(back), (std::vector{on(1), on(2), on(3)}));
  EXPECT_EQ(replicas_before(back), replicas_wanted(back));
  EXPECT_TRUE(back.changing()) << "4 and 5 have to go first";
}

TEST(Reassigned, TakesAnotherDirectoryForAnotherReplica) {
  auto moving = reassigned(three, {on(1), on(2), on(3, 2)});
  EXPECT_EQ(moving.adding, (std::vector{on(3, 2)}));
  EXPECT_EQ(moving.removing, (std::vector{on(3)}));
}

TEST(Settled, WhenTheGroupRestsWithWhatIsWanted) {
  auto moving = reassigned(three, {on(4), on(2), on(1)});
  EXPECT_FALSE(settled(moving, {on(1), on(2), on(3)}, {0, 5}).has_value());
  auto ended = settled(moving, {on(1), on(2), on(4)}, {0, 9});
  ASSERT_TRUE(ended.has_value());
  EXPECT_EQ(*ended, (PartitionImage{{on(4), on(2), on(1)}, {}, {}, {0, 9}}));
  EXPECT_FALSE(settled(*ended, {on(1), on(2), on(4)}, {0, 9}).has_value()) << "nothing new";
  EXPECT_FALSE(settled(*ended, {on(1), on(2), on(4)}, {0, 8}).has_value()) << "an older word";
  EXPECT_TRUE(settled(*ended, {on(1), on(2), on(4)}, {1, 10}).has_value()) << "a later one, of a later leader";
  // Back to the first replicas, which a leader of before still tells of.
  auto back = reassigned(*ended, {on(1), on(2), on(3)});
  EXPECT_FALSE(settled(back, {on(1), on(2), on(3)}, {0, 8}).has_value()) << "they were settled before the last change";
  auto twice = settled(back, {on(1), on(2), on(3)}, {0, 10});
  ASSERT_TRUE(twice.has_value());
  // A change that is taken back before the group knows of it ends with the mark that there is.
  auto taken_back = reassigned(reassigned(*twice, {on(1), on(2), on(4)}), {on(1), on(2), on(3)});
  EXPECT_TRUE(settled(taken_back, {on(1), on(2), on(3)}, {0, 10}).has_value());
}

}  // namespace
}  // namespace fulmar
