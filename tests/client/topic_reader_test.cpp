#include "broker/client/topic_reader.h"

#include <gtest/gtest.h>

#include "broker/protocol/messages/fetch.h"
#include "tests/client/fake_cluster.h"

namespace fulmar {
namespace {

// Serves fetches of partitions, in batches of one record whose value is its offset, up to `end`. No sessions.
struct FetchCluster {
  explicit FetchCluster(int brokers)
      : cluster({ApiKey::fetch}, brokers, [this](const Asked& asked) { return fetched(asked); }) {}

  Reaction fetched(const Asked& asked) {
    ++fetches;
    before_each();
    FetchResponse response;
    auto& topic = response.topics.emplace_back();
    topic.name = "t";
    auto request = asked.as<FetchRequest>();
    for (const auto& partition : request.topics.at(0).partitions) {
      auto& out = topic.partitions.emplace_back();
      out.index = partition.index;
      out.high_watermark = end;
      out.error_code = error;
      if (cluster.leaders.at(static_cast<std::size_t>(partition.index)) != asked.broker)
        out.error_code = ErrorCode::not_leader_or_follower;
      if (out.error_code != ErrorCode::none || partition.fetch_offset >= end) continue;
      Record record{std::nullopt, std::to_string(partition.fetch_offset), 0, {}};
      out.records = ByteChain(build_batch({record}, {.base_offset = partition.fetch_offset}));
    }
    return answer(asked, response);
  }

  FakeCluster cluster;
  Offset end = 10;
  ErrorCode error = ErrorCode::none;
  int fetches = 0;
  std::function<void()> before_each = [] {};
};

using Values = std::map<std::int32_t, std::vector<std::string>>;  // by partition

// Reads until each of `partitions` has been read up to `end`.
Values read_up_to(TopicReader& reader, std::size_t partitions, Offset end) {
  Values values;
  std::map<std::int32_t, bool> done;
  while (done.size() < partitions) {
    auto read = reader.next();
    EXPECT_TRUE(read.has_value()) << to_string(read.error());
    if (!read) break;
    for (const auto& record : read->records) values[read->partition].emplace_back(record.value->view());
    if (read->next >= end) done[read->partition] = true;
  }
  return values;
}

std::vector<std::string> numbers(Offset from, Offset end) {
  std::vector<std::string> texts;
  for (; from < end; ++from) texts.push_back(std::to_string(from));
  return texts;
}

TEST(TopicReader, ReadsEachPartitionFromItsLeader) {
  FetchCluster world(2);
  world.cluster.leaders = {1, 2, 2};
  world.cluster.run([](Host& host, ClusterClient& client) {
    TopicReader reader(host, client, "t", {{0, 0}, {1, 7}, {2, 9}});
    EXPECT_EQ(read_up_to(reader, 3, 10), (Values{{0, numbers(0, 10)}, {1, numbers(7, 10)}, {2, numbers(9, 10)}}));
  });
}

TEST(TopicReader, FollowsLeadersThatMoveAndGivesEachRecordOnce) {
  FetchCluster world(3);
  world.cluster.leaders = {1, 2};
  world.end = 100;
  world.before_each = [&] {
    auto moves = world.fetches / 20;
    world.cluster.leaders = {1 + moves % 3, 1 + (moves + 1) % 3};
  };
  world.cluster.run([](Host& host, ClusterClient& client) {
    TopicReader reader(host, client, "t", {{0, 0}, {1, 0}});
    EXPECT_EQ(read_up_to(reader, 2, 100), (Values{{0, numbers(0, 100)}, {1, numbers(0, 100)}}));
  });
  EXPECT_GT(world.fetches, 200);
}

TEST(TopicReader, TellsAtOnceOfAnErrorThatStays) {
  FetchCluster world(1);
  world.error = ErrorCode::offset_out_of_range;
  world.cluster.run([](Host& host, ClusterClient& client) {
    auto begun = host.clock().now();
    TopicReader reader(host, client, "t", {{0, 3}});
    auto read = reader.next();
    ASSERT_FALSE(read.has_value());
    EXPECT_EQ(to_string(read.error()), "OFFSET_OUT_OF_RANGE: t [0] at offset 3");
    EXPECT_LT(host.clock().now() - begun, seconds(1));
  });
}

TEST(TopicReader, GivesUpOnAnErrorThatMightPassWhenPatienceEnds) {
  FetchCluster world(1);
  world.error = ErrorCode::kafka_storage_error;
  world.cluster.run([](Host& host, ClusterClient& client) {
    auto begun = host.clock().now();
    TopicReader reader(host, client, "t", {{0, 0}});
    auto read = reader.next();
    ASSERT_FALSE(read.has_value());
    EXPECT_EQ(read.error().code, ErrorCode::kafka_storage_error);
    EXPECT_GE(host.clock().now() - begun, client.options().patience);
    EXPECT_LT(host.clock().now() - begun, client.options().patience + seconds(5));
  });
}

TEST(TopicReader, OldTroubleIsForgottenOnceAFetchSucceeds) {
  FetchCluster world(1);
  world.end = 1000;
  // Every other fetch fails, for longer in total than the client's patience.
  world.before_each = [&] { world.error = world.fetches % 2 == 0 ? ErrorCode::kafka_storage_error : ErrorCode::none; };
  world.cluster.run([](Host& host, ClusterClient& client) {
    auto begun = host.clock().now();
    TopicReader reader(host, client, "t", {{0, 0}});
    EXPECT_EQ(read_up_to(reader, 1, 1000), (Values{{0, numbers(0, 1000)}}));
    EXPECT_GT(host.clock().now() - begun, client.options().patience);
  });
}

}  // namespace
}  // namespace fulmar
