#include "broker/client/consumer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/protocol/messages/fetch.h"
#include "broker/protocol/messages/list_offsets.h"
#include "tests/client/fake_cluster.h"

namespace fulmar {
namespace {

const std::vector<ApiKey> served{ApiKey::fetch, ApiKey::list_offsets};

ConsumerOptions options() {
  ConsumerOptions chosen;
  chosen.bootstrap = FakeBroker::address();
  chosen.request_timeout = seconds(2);
  return chosen;
}

std::string batch_at(Offset base, int count, bool control = false) {
  std::vector<Record> records;
  for (int i = 0; i < count; ++i) records.push_back({std::nullopt, std::to_string(base + i), 0, {}});
  auto batch = build_batch(records, {.base_offset = base, .control = control});
  return std::string(batch.view());
}

FetchResponse::Topic::Partition& add_partition(FetchResponse& response, std::int32_t index) {
  if (response.topics.empty()) response.topics.emplace_back().name = "t";
  auto& partition = response.topics[0].partitions.emplace_back();
  partition.index = index;
  return partition;
}

Reaction answer_records(const Asked& asked, const std::string& bytes, std::int32_t session = 0) {
  FetchResponse response;
  response.session_id = session;
  auto& partition = add_partition(response, 0);
  partition.high_watermark = 100;
  partition.records = ByteChain(Bytes::copy_of(bytes));
  return answer(asked, response);
}

std::vector<Offset> offsets_of(const Polled& polled) {
  std::vector<Offset> offsets;
  for (const auto& record : polled.records) offsets.push_back(record.offset);
  return offsets;
}

TEST(Consumer, GivesRecordsFromItsPositionOnAndMovesPastWhatItGot) {
  // A batch that begins below the position, a control batch, and one that is cut by the response's limit.
  FakeBroker broker(served, [](const Asked& asked) {
    return answer_records(asked,
                          batch_at(4, 4) + batch_at(8, 1, true) + batch_at(9, 2) + batch_at(11, 2).substr(0, 40));
  });
  broker.run([](Host& host) {
    Consumer consumer(host, options(), "t");
    consumer.assign(0, 6);
    auto polled = consumer.poll();
    ASSERT_TRUE(polled.has_value());
    ASSERT_EQ(polled->size(), 1u);
    EXPECT_EQ(offsets_of(polled->at(0)), (std::vector<Offset>{6, 7, 9, 10}));
    EXPECT_EQ(polled->at(0).records[0].value->view(), "6");
    EXPECT_EQ(polled->at(0).high_watermark, 100);
    EXPECT_FALSE(polled->at(0).corrupt);
    EXPECT_EQ(consumer.position(0), 11);
  });
}

TEST(Consumer, TellsOfABatchThatIsDamagedAndStaysBeforeIt) {
  FakeBroker broker(served, [](const Asked& asked) {
    auto bytes = batch_at(0, 2) + batch_at(2, 2);
    bytes.back() = static_cast<char>(bytes.back() ^ 1);
    return answer_records(asked, bytes);
  });
  broker.run([](Host& host) {
    Consumer consumer(host, options(), "t");
    consumer.assign(0, 0);
    auto polled = consumer.poll();
    ASSERT_TRUE(polled.has_value());
    EXPECT_TRUE(polled->at(0).corrupt);
    EXPECT_EQ(offsets_of(polled->at(0)), (std::vector<Offset>{0, 1}));
    EXPECT_EQ(consumer.position(0), 2);
  });
}

TEST(Consumer, LeavesAPositionOutOfRangeToTheCaller) {
  FakeBroker broker(served, [](const Asked& asked) {
    FetchResponse response;
    add_partition(response, 0).error_code = ErrorCode::offset_out_of_range;
    return answer(asked, response);
  });
  broker.run([](Host& host) {
    Consumer consumer(host, options(), "t");
    consumer.assign(0, 5);
    auto polled = consumer.poll();
    ASSERT_TRUE(polled.has_value());
    EXPECT_EQ(polled->at(0).error, ErrorCode::offset_out_of_range);
    EXPECT_EQ(consumer.position(0), 5);
  });
}

TEST(Consumer, IgnoresPartitionsThatItDidNotAskFor) {
  FakeBroker broker(served, [](const Asked& asked) {
    FetchResponse response;
    add_partition(response, 7).records = ByteChain(Bytes::copy_of(batch_at(0, 2)));
    return answer(asked, response);
  });
  broker.run([](Host& host) {
    Consumer consumer(host, options(), "t");
    consumer.assign(0, 0);
    auto polled = consumer.poll();
    ASSERT_TRUE(polled.has_value());
    EXPECT_TRUE(polled->empty());
  });
}

TEST(Consumer, InASessionAsksOnlyForWhatChanged) {
  int n = 0;
  FakeBroker broker(served,
                    [&](const Asked& asked) { return answer_records(asked, n++ == 0 ? batch_at(0, 2) : "", 9); });
  broker.run([](Host& host) {
    Consumer consumer(host, options(), "t");
    consumer.assign(0, 0);
    consumer.assign(1, 0);
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(consumer.poll().has_value());
    consumer.drop(1);
    EXPECT_TRUE(consumer.poll().has_value());
  });
  std::vector<FetchRequest> requests;
  for (const auto& asked : broker.asked()) requests.push_back(asked.as<FetchRequest>());
  ASSERT_EQ(requests.size(), 4u);
  EXPECT_EQ(requests[0].session_epoch, 0);
  ASSERT_EQ(requests[0].topics.size(), 1u);
  EXPECT_EQ(requests[0].topics[0].partitions.size(), 2u);
  EXPECT_EQ(requests[1].session_id, 9);
  EXPECT_EQ(requests[1].session_epoch, 1);
  ASSERT_EQ(requests[1].topics.size(), 1u);
  ASSERT_EQ(requests[1].topics[0].partitions.size(), 1u) << "only partition 0 moved";
  EXPECT_EQ(requests[1].topics[0].partitions[0].fetch_offset, 2);
  EXPECT_EQ(requests[2].session_epoch, 2);
  EXPECT_TRUE(requests[2].topics.empty());
  ASSERT_EQ(requests[3].forgotten_topics.size(), 1u);
  EXPECT_EQ(requests[3].forgotten_topics[0].partitions, (std::vector<std::int32_t>{1}));
}

TEST(Consumer, BeginsANewSessionAfterTheOldOneIsGone) {
  int n = 0;
  FakeBroker broker(served, [&](const Asked& asked) {
    switch (n++) {
      case 1: {
        FetchResponse response;
        response.error_code = ErrorCode::fetch_session_id_not_found;
        return answer(asked, response);
      }
      case 3: return hang_up();
      case 5: return say_nothing();
      default: return answer_records(asked, "", 9 + n);
    }
  });
  std::vector<bool> polled;
  broker.run([&](Host& host) {
    Consumer consumer(host, options(), "t");
    consumer.assign(0, 3);
    for (int i = 0; i < 7; ++i) polled.push_back(consumer.poll().has_value());
  });
  EXPECT_EQ(polled, (std::vector<bool>{true, false, true, false, true, false, true}));
  ASSERT_EQ(broker.asked().size(), 7u);
  for (int i : {0, 2, 4, 6}) {
    auto request = broker.asked()[static_cast<std::size_t>(i)].as<FetchRequest>();
    EXPECT_EQ(request.session_id, 0);
    EXPECT_EQ(request.session_epoch, 0);
    ASSERT_EQ(request.topics.size(), 1u) << "a full fetch names every partition";
    EXPECT_EQ(request.topics[0].partitions.at(0).fetch_offset, 3);
  }
  EXPECT_EQ(broker.connections(), 3);
}

TEST(Consumer, ListsOffsetsAndTellsThePartitionsError) {
  FakeBroker broker(served, [](const Asked& asked) {
    auto request = asked.as<ListOffsetsRequest>();
    EXPECT_EQ(request.topics.at(0).partitions.at(0).timestamp, earliest_offset);
    auto partition = request.topics[0].partitions[0].index;
    ListOffsetsResponse response;
    auto& out = response.topics.emplace_back(ListOffsetsResponse::Topic{"t", {}}).partitions.emplace_back();
    out.index = partition;
    out.error_code = partition == 0 ? ErrorCode::none : ErrorCode::not_leader_or_follower;
    out.offset = partition == 0 ? 42 : -1;
    return answer(asked, response);
  });
  broker.run([](Host& host) {
    Consumer consumer(host, options(), "t");
    ErrorCode error{};
    EXPECT_EQ(consumer.list_offset(0, earliest_offset, error).value_or(-9), 42);
    EXPECT_EQ(error, ErrorCode::none);
    EXPECT_TRUE(consumer.list_offset(1, earliest_offset, error).has_value());
    EXPECT_EQ(error, ErrorCode::not_leader_or_follower);
  });
}

TEST(Consumer, ReadsEachPartitionFromItsLeaderAndFollowsItWhenItMoves) {
  std::vector<std::pair<int, std::int32_t>> fetched;  // the broker and partition of each fetch
  FakeCluster* all = nullptr;
  FakeCluster cluster({ApiKey::fetch}, 2, [&](const Asked& asked) {
    FetchResponse response;
    auto request = asked.as<FetchRequest>();
    for (const auto& part : request.topics.at(0).partitions) {
      fetched.emplace_back(asked.broker, part.index);
      auto& out = add_partition(response, part.index);
      out.high_watermark = 100;
      if (all->leaders.at(static_cast<std::size_t>(part.index)) != asked.broker)
        out.error_code = ErrorCode::not_leader_or_follower;
      else
        out.records = ByteChain(Bytes::copy_of(batch_at(part.fetch_offset, 1)));
    }
    return answer(asked, response);
  });
  all = &cluster;
  cluster.leaders = {1, 2};
  cluster.run([&](Host& host, ClusterClient& client) {
    Consumer consumer(host, client, options(), "t");
    consumer.assign(0, 0);
    consumer.assign(1, 0);
    ASSERT_EQ(consumer.poll()->size(), 2u);
    EXPECT_THAT(fetched, testing::UnorderedElementsAre(std::pair(1, 0), std::pair(2, 1)));
    fetched.clear();
    cluster.leaders = {2, 2};
    while (consumer.position(0) < 2) ASSERT_TRUE(consumer.poll().has_value());
    EXPECT_THAT(fetched, testing::Contains(std::pair(2, 0)));
    EXPECT_GE(consumer.position(1), 2);
  });
}

// Broker 1 leads and sends consumers of rack "r" to broker 2, whose responses the test chooses.
struct NearReplica {
  explicit NearReplica(std::function<void(FetchResponse::Topic::Partition&)> at_2)
      : cluster({ApiKey::fetch}, 2, [this, at_2 = std::move(at_2)](const Asked& asked) {
          auto request = asked.as<FetchRequest>();
          FetchResponse response;
          auto& out = add_partition(response, 0);
          out.high_watermark = 100;
          fetched.push_back(asked.broker);
          auto position = request.topics.at(0).partitions.at(0).fetch_offset;
          if (asked.broker == 1 && request.rack_id == "r" && redirects)
            out.preferred_read_replica = 2;
          else
            out.records = ByteChain(Bytes::copy_of(batch_at(position, 1)));
          if (asked.broker == 2) at_2(out);
          return answer(asked, response);
        }) {}
  void run(std::function<void(Host&, Consumer&)> body) {
    cluster.run([&](Host& host, ClusterClient& client) {
      auto chosen = options();
      chosen.rack = "r";
      Consumer consumer(host, client, chosen, "t");
      consumer.assign(0, 0);
      body(host, consumer);
    });
  }
  std::vector<int> fetched;
  bool redirects = true;
  FakeCluster cluster;
};

TEST(Consumer, ReadsWhereTheLeaderSendsItAndAsksTheLeaderAgainAfterAWhile) {
  NearReplica near([](auto&) {});
  near.run([&](Host& host, Consumer& consumer) {
    while (consumer.position(0) < 3) ASSERT_TRUE(consumer.poll().has_value());
    EXPECT_THAT(near.fetched, testing::ElementsAre(1, 2, 2, 2));
    host.clock().sleep_for(std::chrono::minutes(6));
    near.fetched.clear();
    while (consumer.position(0) < 4) ASSERT_TRUE(consumer.poll().has_value());
    EXPECT_THAT(near.fetched, testing::ElementsAre(1, 2));
  });
}

TEST(Consumer, GoesBackToTheLeaderWithWhatAFollowerRefuses) {
  NearReplica near([](FetchResponse::Topic::Partition& out) {
    out.error_code = ErrorCode::offset_out_of_range;
    out.records = {};
  });
  near.run([&](Host& host, Consumer& consumer) {
    auto read_up_to = [&](Offset position) {
      while (consumer.position(0) < position) {
        auto polled = consumer.poll();
        ASSERT_TRUE(polled.has_value());
        for (const auto& part : *polled) EXPECT_EQ(part.error, ErrorCode::none) << "nobody need hear of it";
      }
    };
    read_up_to(2);
    EXPECT_THAT(near.fetched, testing::ElementsAre(1, 2, 1, 1)) << "though the leader would send it there again";
    host.clock().sleep_for(seconds(6));
    near.fetched.clear();
    read_up_to(3);
    EXPECT_THAT(near.fetched, testing::ElementsAre(1, 2, 1)) << "after a while it may be better there";
  });
}

TEST(Consumer, ReadsFromTheLeaderWhileTheReplicaItIsSentToIsNotInTheCluster) {
  NearReplica near([](auto&) {});
  near.cluster.members = {1};
  near.run([&](Host& host, Consumer& consumer) {
    while (consumer.position(0) < 2) ASSERT_TRUE(consumer.poll().has_value());
    EXPECT_THAT(near.fetched, testing::ElementsAre(1, 1, 1));
    near.cluster.members = {1, 2};
    host.clock().sleep_for(seconds(6));
    near.fetched.clear();
    while (consumer.position(0) < 3) ASSERT_TRUE(consumer.poll().has_value());
    EXPECT_THAT(near.fetched, testing::ElementsAre(1, 2)) << "and asks anew who is";
  });
}

}  // namespace
}  // namespace fulmar
