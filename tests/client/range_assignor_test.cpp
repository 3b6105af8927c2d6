#include "broker/client/range_assignor.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace fulmar {
namespace {

using Share = std::vector<PartitionName>;

TEST(RangeAssignor, TheFirstGetOneMoreWherePartitionsDoNotDivide) {
  auto shares = assign_ranges({{"m2", {}, {"t"}}, {"m1", {}, {"t"}}}, {{"t", 5}});
  EXPECT_EQ(shares["m1"], (Share{{"t", 0}, {"t", 1}, {"t", 2}}));
  EXPECT_EQ(shares["m2"], (Share{{"t", 3}, {"t", 4}}));
}

TEST(RangeAssignor, StaticMembersComeFirstByTheirInstanceIds) {
  auto shares = assign_ranges({{"m1", {}, {"t"}}, {"m2", "z", {"t"}}, {"m3", "y", {"t"}}}, {{"t", 3}});
  EXPECT_EQ(shares["m3"], (Share{{"t", 0}}));
  EXPECT_EQ(shares["m2"], (Share{{"t", 1}}));
  EXPECT_EQ(shares["m1"], (Share{{"t", 2}}));
}

TEST(RangeAssignor, OnlySubscribersShareATopic) {
  auto shares = assign_ranges({{"m1", {}, {"t", "u"}}, {"m2", {}, {"u"}}}, {{"t", 2}, {"u", 2}});
  EXPECT_EQ(shares["m1"], (Share{{"t", 0}, {"t", 1}, {"u", 0}}));
  EXPECT_EQ(shares["m2"], (Share{{"u", 1}}));
}

TEST(RangeAssignor, MembersWithoutAShareAndTopicsThatAreNotThere) {
  auto shares = assign_ranges({{"m1", {}, {"t", "gone", "t"}}, {"m2", {}, {"t"}}, {"m3", {}, {}}}, {{"t", 1}});
  EXPECT_EQ(shares["m1"], (Share{{"t", 0}}));
  EXPECT_TRUE(shares.at("m2").empty());
  EXPECT_TRUE(shares.at("m3").empty());
}

}  // namespace
}  // namespace fulmar
