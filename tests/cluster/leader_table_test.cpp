#include "broker/cluster/leader_table.h"

#include <gtest/gtest.h>

namespace fulmar {
namespace {

LeadersRequest told(const Uuid& topic, std::int32_t broker, Epoch epoch) {
  LeadersRequest request;
  auto& leader = request.leaders.emplace_back();
  leader.topic_id = topic;
  leader.broker_id = broker;
  leader.epoch = epoch;
  return request;
}

MetadataImage image_with(const std::vector<Uuid>& topics) {
  MetadataImage image;
  for (const auto& id : topics) image.topics[to_string(id)].id = id;
  return image;
}

const Uuid a{1, 1};
const Uuid b{2, 2};

TEST(LeaderTable, TheLaterEpochCounts) {
  LeaderTable table;
  EXPECT_EQ(table.find({a, 0}), nullptr);
  table.learn(told(a, 1, 5));
  table.learn(told(a, 2, 4));
  EXPECT_EQ(table.find({a, 0})->broker, 1);
  table.learn(told(a, 3, 6));
  EXPECT_EQ(table.find({a, 0})->broker, 3);
}

TEST(LeaderTable, WhoLedADeletedTopicIsForgotten) {
  LeaderTable table;
  table.learn(told(a, 1, 0));
  table.learn(told(b, 1, 0));
  table.follow(image_with({a, b}));
  table.follow(image_with({b}));
  EXPECT_EQ(table.find({a, 0}), nullptr);
  EXPECT_NE(table.find({b, 0}), nullptr);
}

TEST(LeaderTable, WhoLeadsANewTopicMayBeToldBeforeTheTopicIsKnown) {
  LeaderTable table;
  table.learn(told(a, 1, 0));
  table.follow(image_with({}));
  EXPECT_NE(table.find({a, 0}), nullptr);
  table.follow(image_with({a}));
  EXPECT_NE(table.find({a, 0}), nullptr);
  table.learn(told(b, 1, 0));  // of a topic that was deleted already
  table.follow(image_with({a}));
  table.follow(image_with({a}));
  EXPECT_EQ(table.find({b, 0}), nullptr);
}

}  // namespace
}  // namespace fulmar
