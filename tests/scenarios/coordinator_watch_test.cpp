// What the watch counts of coordinators that leave something to their successors, and what it does not.
#include "scenarios/coordinator_watch.h"

#include <gtest/gtest.h>

namespace fulmar {
namespace {

class CoordinatorWatchTest : public testing::Test {
 protected:
  void coordinates(std::int32_t broker, Epoch epoch, const AllUnderWay& all) {
    watch_.coordinates({{1, 2}, 0}, broker, epoch, all);
  }
  std::uint64_t lost() const { return marks_.count(Mark::coordinator_lost_in_rebalance); }
  std::uint64_t finished() const { return marks_.count(Mark::transaction_finished_by_another); }

  const AllUnderWay nothing_;
  const AllUnderWay rebalances_{{"g", UnderWay::rebalance}};
  const AllUnderWay ends_{{"t", UnderWay::transaction_end}};
  Marks marks_;
  CoordinatorWatch watch_{marks_};
};

TEST_F(CoordinatorWatchTest, ARebalanceThatAnotherBrokerTakesOverCounts) {
  coordinates(1, 5, rebalances_);
  coordinates(1, 5, nothing_);
  coordinates(2, 6, nothing_);
  EXPECT_EQ(lost(), 0u) << "it was over";
  coordinates(2, 6, rebalances_);
  coordinates(2, 8, nothing_);
  EXPECT_EQ(lost(), 0u) << "the same broker again";
  coordinates(2, 8, {{"g", UnderWay::rebalance}, {"h", UnderWay::rebalance}});
  coordinates(1, 9, nothing_);
  EXPECT_EQ(lost(), 2u);
  coordinates(1, 9, rebalances_);
  coordinates(2, 8, nothing_);
  EXPECT_EQ(lost(), 2u) << "a deposed coordinator";
  watch_.coordinates({{1, 2}, 1}, 2, 10, nothing_);
  EXPECT_EQ(lost(), 2u) << "of another partition";
}

TEST_F(CoordinatorWatchTest, ATransactionIsFinishedByAnotherThanTheOneThatDecidedItsEnd) {
  coordinates(1, 5, ends_);
  coordinates(1, 5, nothing_);
  EXPECT_EQ(finished(), 0u);
  coordinates(1, 5, ends_);
  coordinates(2, 6, nothing_);
  EXPECT_EQ(finished(), 0u) << "the first one finished it, before it could tell";
  coordinates(2, 6, ends_);
  coordinates(3, 7, ends_);
  coordinates(3, 7, ends_);
  EXPECT_EQ(finished(), 0u);
  coordinates(3, 7, nothing_);
  EXPECT_EQ(finished(), 1u);
  coordinates(3, 7, ends_);
  coordinates(3, 7, nothing_);
  EXPECT_EQ(finished(), 1u) << "a new one, its own";
}

TEST_F(CoordinatorWatchTest, ADecisionThatWasCommittedAfterItsCoordinatorFailedIsThatCoordinators) {
  coordinates(1, 5, nothing_);
  coordinates(2, 6, ends_);
  coordinates(2, 6, nothing_);
  EXPECT_EQ(finished(), 1u);
}

TEST_F(CoordinatorWatchTest, OneThatComesBackFinishesWhatItDecidedItself) {
  coordinates(1, 5, ends_);
  coordinates(2, 6, ends_);
  coordinates(1, 7, ends_);
  coordinates(1, 7, nothing_);
  EXPECT_EQ(finished(), 0u);
}

}  // namespace
}  // namespace fulmar
