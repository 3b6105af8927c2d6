#include "broker/cluster/leader_table.h"

#include <gtest/gtest.h>

namespace fulmar {
namespace {

constexpr Duration lease = milliseconds(500);
constexpr Instant start{seconds(100).count()};

LeadersRequest told(const Uuid& topic, std::int32_t broker, Epoch epoch, bool whole = true) {
  LeadersRequest request;
  request.whole = whole;
  auto& leader = request.leaders.emplace_back();
  leader.topic_id = topic;
  leader.broker_id = broker;
  leader.epoch = epoch;
  leader.in_sync = {1, 2, 3};
  return request;
}

LeadersRequest nothing_led() {
  LeadersRequest request;
  request.whole = true;
  return request;
}

MetadataImage image_with(const std::vector<Uuid>& topics) {
  MetadataImage image;
  for (const auto& id : topics) image.put_topic(to_string(id), {id, {}, {}});
  return image;
}

const Uuid a{1, 1};
const Uuid b{2, 2};

struct Table : LeaderTable {
  Table() : LeaderTable(9, lease) {}
  void follow(MetadataImage next) {
    auto before = std::exchange(image, std::make_shared<const MetadataImage>(std::move(next)));
    LeaderTable::follow({before, image});
  }
  MetadataImagePtr image = std::make_shared<const MetadataImage>();
  bool hear(std::int32_t broker, const LeadersRequest& said, std::uint64_t connection = 1, Instant at = start) {
    return learn(broker, connection, said, at);
  }
  std::int32_t leads(const Uuid& topic, Instant at = start) const { return leader({topic, 0}, at).broker; }
};

TEST(LeaderTable, TheLaterEpochCounts) {
  Table table;
  EXPECT_EQ(table.leads(a), -1);
  table.hear(1, told(a, 1, 5));
  table.hear(2, told(a, 2, 4));
  EXPECT_EQ(table.leads(a), 1);
  table.hear(3, told(a, 3, 6));
  EXPECT_EQ(table.leads(a), 3);
}

TEST(LeaderTable, ItsOwnWordHoldsUntilItIsNotRenewedAnyMore) {
  Table table;
  table.hear(9, told(a, 9, 1), 0);
  EXPECT_EQ(table.leads(a, start + seconds(60)), 9) << "nobody else is there to take over";
  table.renew(9, 0, 0, start + seconds(60));
  EXPECT_EQ(table.leads(a, start + seconds(60) + lease), 9);
  EXPECT_EQ(table.leads(a, start + seconds(60) + lease * 2), -1) << "held up for longer than the lease";
  table.hear(9, told(b, 9, 1, false), 0, start + seconds(62));
  EXPECT_EQ(table.leads(b, start + seconds(62) + lease * 2), -1) << "from then on as others'";
}

TEST(LeaderTable, WhoLedADeletedTopicIsForgotten) {
  Table table;
  table.hear(1, told(a, 1, 0));
  table.hear(1, told(b, 1, 0, false));
  table.follow(image_with({a, b}));
  table.follow(image_with({b}));
  EXPECT_EQ(table.find({a, 0}), nullptr);
  EXPECT_EQ(table.leads(b), 1);
}

// It is announced once, perhaps several images before the one that has the topic.
TEST(LeaderTable, WhoLeadsANewTopicMayBeToldBeforeTheTopicIsKnown) {
  Table table;
  table.hear(1, told(a, 1, 0));
  for (int i = 0; i < 5; ++i) table.follow(image_with({}));
  EXPECT_EQ(table.leads(a), 1);
  table.follow(image_with({a}));
  EXPECT_EQ(table.leads(a), 1);
  table.hear(1, told(b, 1, 0, false));  // of a topic that is deleted already: its leader will announce the end too
  table.hear(1, told(b, -1, 0, false));
  EXPECT_EQ(table.find({b, 0}), nullptr);
}

TEST(LeaderTable, NamesTheGroupsThatAreAtRestOtherwiseThanTheMetadataSays) {
  Table table;
  table.follow(image_with({a, b}));
  auto said = told(a, 1, 5);
  said.leaders.at(0).voters.push_back({1, {7, 7}});
  table.hear(1, said);
  EXPECT_EQ(table.at_rest(), (std::set<GroupId>{{a, 0}}));
  table.hear(1, told(b, 1, 5, false));
  EXPECT_EQ(table.at_rest(), (std::set<GroupId>{{a, 0}}));
  table.hear(1, told(a, 1, 5, false));
  EXPECT_TRUE(table.at_rest().empty()) << "it is as the metadata says by now";
  said.whole = false;
  table.hear(1, said);
  table.follow(image_with({b}));
  EXPECT_TRUE(table.at_rest().empty()) << "its topic is gone";
}

TEST(LeaderTable, WhatATellerDoesNotRenewLapsesAfterALease) {
  Table table;
  table.hear(1, told(a, 1, 5));
  table.hear(9, told(b, 9, 0, false));
  EXPECT_EQ(table.leads(a, start + lease), 1);
  EXPECT_EQ(table.leads(a, start + lease + milliseconds(1)), -1);
  EXPECT_TRUE(table.leader({a, 0}, start + 2 * lease).in_sync.empty());
  EXPECT_EQ(table.leader({a, 0}, start + 2 * lease).epoch, 5);
  EXPECT_EQ(table.leads(b, start + 2 * lease), 9);  // this broker's own

  table.renew(1, 1, 0, start + 2 * lease);  // renewed: everything it has announced holds
  EXPECT_EQ(table.leads(a, start + 3 * lease), 1);
  EXPECT_EQ(table.leader({a, 0}, start + 3 * lease).in_sync.size(), 3u);
}

TEST(LeaderTable, AWordHoldsNoLongerThanTheConnectionOnWhichItWasSaid) {
  Table table;
  table.hear(1, told(a, 1, 5), 7);
  table.hear(2, told(b, 2, 0), 7);
  table.end(1, 6);
  EXPECT_EQ(table.leads(a, start), 1) << "an earlier connection, which this one has replaced";
  table.end(1, 7);
  EXPECT_EQ(table.leads(a, start), -1);
  EXPECT_EQ(table.leader({a, 0}, start).epoch, 5);
  EXPECT_EQ(table.leads(b, start), 2) << "said by another broker";
  table.hear(1, told(a, 1, 5), 8);
  EXPECT_EQ(table.leads(a, start), 1) << "said again on the next connection";
}

// However long the message was in the connection.
TEST(LeaderTable, AWordHoldsFromWhenItWasSaid) {
  Table table;
  table.hear(1, told(a, 1, 5));
  table.renew(1, 1, 0, start + lease / 2);
  EXPECT_EQ(table.leads(a, start + lease), 1);
  EXPECT_EQ(table.leads(a, start + 2 * lease), -1);
  table.hear(1, told(b, 1, 5, false), 1, start - lease);
  EXPECT_EQ(table.leads(b, start + lease), 1) << "later words of the same shard have come already";
  table.hear(1, told(b, 1, 5), 2, start - lease);
  EXPECT_EQ(table.leads(b, start + lease), -1) << "those were said on another connection";
}

TEST(LeaderTable, OnlyTheShardThatToldOnThatConnectionRenews) {
  Table table;
  table.hear(1, told(a, 1, 5), 7);
  auto later = start + lease;
  table.renew(2, 7, 0, later);
  table.renew(1, 6, 0, later);
  table.renew(1, 8, 0, later);  // nothing has been announced on it yet
  table.renew(1, 7, 1, later);
  EXPECT_EQ(table.leads(a, later + milliseconds(1)), -1);
}

TEST(LeaderTable, ALeaderSaysThatItLeadsNoMore) {
  Table table;
  table.hear(1, told(a, 1, 5));
  table.follow(image_with({a}));
  table.hear(2, told(a, -1, 6));  // another broker's announcement
  EXPECT_EQ(table.leads(a), 1);
  table.hear(1, told(a, -1, 4, false));  // of an earlier epoch
  EXPECT_EQ(table.leads(a), 1);
  table.hear(1, told(a, -1, 5, false));
  EXPECT_EQ(table.leads(a), -1);
  EXPECT_EQ(table.leader({a, 0}, start).epoch, 5);
}

// As after a restart: leaderships of before need not be ended one by one.
TEST(LeaderTable, ANewConnectionBeginsWithAllThatIsLed) {
  Table table;
  table.hear(1, told(a, 1, 5), 1);
  table.hear(1, told(b, 1, 5, false), 1);
  table.hear(1, told(b, 1, 6), 2);
  EXPECT_EQ(table.leads(a), -1);
  EXPECT_EQ(table.leads(b), 1);
  EXPECT_FALSE(table.hear(1, told(a, 1, 5, false), 1)) << "late, from the earlier connection";
  EXPECT_EQ(table.leads(a), -1);
  table.hear(1, nothing_led(), 3);
  EXPECT_EQ(table.leads(b), -1);
}

TEST(LeaderTable, NobodyTellsForOthersNorInTheMidst) {
  Table table;
  table.hear(1, told(a, 2, 5));
  EXPECT_EQ(table.leads(a), -1);
  table.hear(2, told(a, 2, 5, false));  // the first announcement is missing
  EXPECT_EQ(table.leads(a), -1);
  auto strange = told(a, 2, 5);
  strange.shard = -1;
  table.hear(2, strange);
  strange.shard = 5000;
  table.hear(2, strange);
  EXPECT_EQ(table.leads(a), -1);
}

}  // namespace
}  // namespace fulmar
