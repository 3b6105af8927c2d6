#include "broker/client/record_sender.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/protocol/messages/init_producer_id.h"
#include "broker/protocol/messages/produce.h"
#include "tests/client/fake_cluster.h"

namespace fulmar {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

// The batches that a cluster has received, and its responses.
struct Sent {
  int broker;
  std::int32_t partition;
  std::vector<std::string> values;
  std::int32_t base_sequence;
};

struct ProduceCluster {
  explicit ProduceCluster(
      int brokers, std::function<ErrorCode(const Sent&)> verdict = [](const Sent&) { return ErrorCode::none; })
      : cluster({ApiKey::produce, ApiKey::init_producer_id}, brokers,
                [this, verdict = std::move(verdict)](const Asked& asked) {
                  if (asked.api == ApiKey::init_producer_id)
                    return answer(asked, InitProducerIdResponse{0, ErrorCode::none, 100, 0});
                  auto request = asked.as<ProduceRequest>();
                  const auto& partition = request.topics.at(0).partitions.at(0);
                  auto batch = partition.records.flatten();
                  auto records = read_records(batch, 1 << 20).value();
                  Sent one{asked.broker, partition.index, {}, read_batch_header(batch.view())->base_sequence};
                  for (const auto& record : records) one.values.emplace_back(record.value->view());
                  ProduceResponse response;
                  auto& topic = response.topics.emplace_back();
                  topic.name = "t";
                  auto& out = topic.partitions.emplace_back();
                  out.index = partition.index;
                  out.error_code = verdict(one);
                  sent.push_back(std::move(one));
                  return answer(asked, response);
                }) {}

  void run(std::optional<std::int32_t> fixed, std::function<void(RecordSender&)> body) {
    cluster.run([&](Host& host, ClusterClient& client) {
      Producer producer(host, client, ProducerOptions{});
      RecordSender sender(producer, "t", Partitioner(static_cast<std::int32_t>(cluster.leaders.size()), 0), fixed);
      body(sender);
    });
  }

  FakeCluster cluster;
  std::vector<Sent> sent;
};

Record record(std::string value, std::optional<std::string> key = std::nullopt) {
  return {std::move(key), std::move(value), 0, {}};
}

TEST(RecordSender, KeepsTheOrderOfAPartitionInBatchesThatABrokerTakes) {
  ProduceCluster world(1);
  std::vector<std::string> values;
  for (int i = 0; i < 3000; ++i) values.push_back(std::to_string(i) + std::string(500, 'x'));
  world.run(0, [&](RecordSender& sender) {
    for (const auto& value : values) sender.add(record(value));
    sender.finish();
    EXPECT_EQ(sender.counts().acknowledged, 3000);
    EXPECT_FALSE(sender.failure().has_value());
  });
  std::vector<std::string> got;
  for (const auto& batch : world.sent) got.insert(got.end(), batch.values.begin(), batch.values.end());
  EXPECT_EQ(got, values);
  EXPECT_GT(world.sent.size(), 4u);
  EXPECT_LT(world.sent.size(), 20u) << "batches should be large";
}

TEST(RecordSender, SendsToTheLeadersOfTheKeysPartitions) {
  ProduceCluster world(2);
  world.cluster.leaders = {1, 2, 1, 2};
  world.run(std::nullopt, [](RecordSender& sender) {
    for (const char* key : {"21", "foobar", "abc", "21"}) sender.add(record(key, key));
    sender.finish();
  });
  EXPECT_THAT(world.sent, SizeIs(3));
  for (const auto& batch : world.sent) {
    EXPECT_EQ(batch.partition, (murmur2(batch.values.at(0)) & 0x7fffffff) % 4);
    EXPECT_EQ(batch.broker, world.cluster.leaders.at(static_cast<std::size_t>(batch.partition)));
  }
}

TEST(RecordSender, WithoutKeysEachBatchGoesToTheNextPartition) {
  ProduceCluster world(1);
  world.cluster.leaders = {1, 1, 1};
  world.run(std::nullopt, [](RecordSender& sender) {
    for (int batch = 0; batch < 4; ++batch) {
      for (int i = 0; i < 5; ++i) sender.add(record("v"));
      sender.flush();
    }
    sender.finish();
  });
  std::map<std::int32_t, std::size_t> batches;
  for (const auto& batch : world.sent) {
    EXPECT_THAT(batch.values, SizeIs(5));
    ++batches[batch.partition];
  }
  EXPECT_EQ(batches, (std::map<std::int32_t, std::size_t>{{0, 2}, {1, 1}, {2, 1}}));
}

TEST(RecordSender, StopsAfterABatchThatWasRefusedAndCountsTruly) {
  ProduceCluster world(1, [](const Sent& batch) {
    return batch.values.front() == "bad" ? ErrorCode::message_too_large : ErrorCode::none;
  });
  world.run(0, [](RecordSender& sender) {
    for (const char* value : {"good", "bad", "late"}) {
      sender.add(record(value));
      sender.flush();
    }
    sender.finish();
    EXPECT_EQ(sender.counts().acknowledged, 1);
    EXPECT_EQ(sender.counts().failed, 2);
    EXPECT_EQ(sender.counts().unknown, 0);
    ASSERT_TRUE(sender.failure().has_value());
    EXPECT_EQ(sender.failure()->code, ErrorCode::message_too_large);
  });
  EXPECT_THAT(world.sent, SizeIs(2));
}

TEST(RecordSender, FollowsALeaderThatMovesWithoutLosingOrderOrSequence) {
  ProduceCluster* moving = nullptr;
  ProduceCluster world(2, [&](const Sent& batch) {
    if (batch.values.front() == "2") moving->cluster.leaders = {2};
    return batch.broker == moving->cluster.leaders.at(0) ? ErrorCode::none : ErrorCode::not_leader_or_follower;
  });
  moving = &world;
  world.run(0, [](RecordSender& sender) {
    for (const char* value : {"1", "2", "3"}) {
      sender.add(record(value));
      sender.flush();
    }
    sender.finish();
    EXPECT_EQ(sender.counts().acknowledged, 3);
  });
  std::vector<int> brokers;
  std::vector<std::int32_t> sequences;
  std::string values;
  for (const auto& batch : world.sent) {
    brokers.push_back(batch.broker);
    sequences.push_back(batch.base_sequence);
    values += batch.values.front();
  }
  EXPECT_THAT(brokers, ElementsAre(1, 1, 2, 2));
  EXPECT_THAT(sequences, ElementsAre(0, 1, 1, 2));
  EXPECT_EQ(values, "1223");
}

}  // namespace
}  // namespace fulmar
