// What is told of a cluster between two looks.
#include "broker/client/cluster_activity.h"

#include <gtest/gtest.h>

namespace fulmar {
namespace {

ClusterLook look_at(Instant at, std::map<PartitionName, std::int64_t> bytes, std::map<PartitionName, Offset> ends) {
  ClusterLook look;
  look.at = at;
  look.bytes = std::move(bytes);
  look.ends = std::move(ends);
  auto& topic = look.status.metadata.topics.emplace_back();
  topic.name = "t";
  for (std::int32_t index = 0; index < 4; ++index) {
    auto& partition = topic.partitions.emplace_back();
    partition.index = index;
    partition.leader_id = 1 + index % 2;
  }
  look.status.brokers = {{1, SocketAddress{"a", 1}, {}, 2}, {2, SocketAddress{"b", 1}, {}, 2}, {3, {}, {}, 0}};
  look.brokers[1] = {milliseconds(4), 700};
  look.brokers[2] = {};
  return look;
}

TEST(ClusterActivity, RatesAreWhatHasGrownInTheTimeBetween) {
  const Instant begun = Instant{} + seconds(100);
  auto before = look_at(begun, {{{"t", 0}, 100}, {{"t", 1}, 100}, {{"t", 2}, 500}}, {{{"t", 0}, 10}, {{"t", 1}, 10}});
  auto now = look_at(begun + seconds(4), {{{"t", 0}, 500}, {{"t", 1}, 900}, {{"t", 2}, 200}, {{"t", 3}, 77}},
                     {{{"t", 0}, 50}, {{"t", 2}, 7}});
  auto activity = activity_between(before, now);
  ASSERT_EQ(activity.partitions.size(), 2u) << "one has become smaller, one was not there";
  EXPECT_EQ(activity.partitions[0].name, PartitionName("t", 1));
  EXPECT_EQ(activity.partitions[0].leader, 2);
  EXPECT_DOUBLE_EQ(activity.partitions[0].bytes_per_second, 200);
  EXPECT_FALSE(activity.partitions[0].records_per_second);
  EXPECT_EQ(activity.partitions[0].bytes, 900);
  EXPECT_DOUBLE_EQ(activity.partitions[1].bytes_per_second, 100);
  EXPECT_DOUBLE_EQ(activity.partitions[1].records_per_second.value_or(-1), 10);
  EXPECT_DOUBLE_EQ(activity.bytes_per_second, 300);
  ASSERT_EQ(activity.brokers.size(), 3u);
  EXPECT_DOUBLE_EQ(activity.brokers[0].bytes_per_second, 100);
  EXPECT_EQ(activity.brokers[0].log_bytes, 700);
  EXPECT_EQ(activity.brokers[0].answered_in, milliseconds(4));
  EXPECT_TRUE(activity.brokers[1].alive);
  EXPECT_FALSE(activity.brokers[1].answered_in) << "it is silent";
  EXPECT_FALSE(activity.brokers[2].alive);
}

TEST(ClusterActivity, TheGroupWithTheLargestLagComesFirst) {
  const Instant begun = Instant{} + seconds(100);
  auto before = look_at(begun, {}, {});
  before.groups = {{"a", {"Stable", 1, 5, 100}}, {"c", {"Stable", 1, 5, 100}}};
  auto now = look_at(begun + seconds(2), {}, {});
  now.groups = {{"a", {"Stable", 1, 5, 150}},
                {"b", {"Empty", 0, 9, 20}},
                {"c", {"Stable", 1, std::nullopt, 40}},
                {"d", {"Stable", 2, 5, 0}}};
  auto activity = activity_between(before, now);
  ASSERT_EQ(activity.groups.size(), 4u);
  EXPECT_EQ(activity.groups[0].name, "b");
  EXPECT_FALSE(activity.groups[0].committed_per_second) << "it is new";
  EXPECT_EQ(activity.groups[1].name, "a");
  EXPECT_DOUBLE_EQ(activity.groups[1].committed_per_second.value_or(-1), 25);
  EXPECT_EQ(activity.groups[2].name, "d");
  EXPECT_EQ(activity.groups[3].name, "c") << "whose lag is not known";
  EXPECT_DOUBLE_EQ(activity.groups[3].committed_per_second.value_or(-1), 0) << "it was reset";
}

TEST(ClusterActivity, TwoLooksAtOneTimeHaveNoRates) {
  auto before = look_at(Instant{}, {{{"t", 0}, 100}}, {});
  auto now = look_at(Instant{}, {{{"t", 0}, 200}}, {});
  EXPECT_DOUBLE_EQ(activity_between(before, now).bytes_per_second, 0);
}

}  // namespace
}  // namespace fulmar
