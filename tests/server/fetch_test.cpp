// Fetch: long polls, limits, sessions (KIP-227), epochs and topic ids.
#include "broker_test_kit.h"

namespace fulmar {
namespace {

TEST(Fetch, ALongPollEndsWhenThereIsEnough) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    BrokerWorld cluster({}, 3, seed);
    cluster.run([&](Host& host) {
      Peer consumer(host);
      Peer producer(host);
      create_topic(producer, "t", 1);
      auto began = host.clock().now();
      auto id = consumer.send(fetch_request({{"t"}}, 100'000), fetch_version);
      host.clock().sleep_for(seconds(3));
      produce(producer, "t", 0, batch_of(1, "news"));
      auto response = consumer.receive<FetchResponse>(id, fetch_version);
      EXPECT_EQ(values_of(response.topics[0].partitions[0].records), std::vector<std::string>{"news"});
      auto took = host.clock().now() - began;
      EXPECT_GE(took, seconds(3));
      EXPECT_LT(took, milliseconds(3200)) << "seed " << seed;
    });
  }
}

TEST(Fetch, ALongPollMissesNoRecordThatComesWhileItReads) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    BrokerWorld cluster({}, 2, seed);
    cluster.run([&](Host& host) {
      Peer consumer(host);
      Peer producer(host);
      create_topic(producer, "t", 1);
      for (Offset next = 0; next < 10; ++next) {
        auto id = consumer.send(fetch_request({{"t", 0, next}}, 100'000), fetch_version);
        host.clock().sleep_for(microseconds(static_cast<std::int64_t>(seed) * 20));
        auto began = host.clock().now();
        produce(producer, "t", 0, batch_of(1, "x"));
        auto response = consumer.receive<FetchResponse>(id, fetch_version);
        ASSERT_EQ(values_of(response.topics[0].partitions[0].records).size(), 1u);
        ASSERT_LT(host.clock().now() - began, seconds(5)) << "seed " << seed;
      }
    });
  }
}

TEST(Fetch, ALongPollWaitsForMinBytesAndNotLongerThanMaxWait) {
  BrokerWorld cluster;
  cluster.run([&](Host& host) {
    Peer consumer(host);
    Peer producer(host);
    create_topic(producer, "t", 1);
    auto began = host.clock().now();
    auto id = consumer.send(fetch_request({{"t"}}, 2000, 10'000), fetch_version);
    produce(producer, "t", 0, batch_of(1, "too little"));
    auto response = consumer.receive<FetchResponse>(id, fetch_version);
    EXPECT_GE(host.clock().now() - began, seconds(2));
    EXPECT_LT(host.clock().now() - began, milliseconds(2100));
    EXPECT_EQ(values_of(response.topics[0].partitions[0].records), std::vector<std::string>{"too little"});
    // An empty response is a response too.
    EXPECT_TRUE(fetch(consumer, {"t", 0, 1}, 100).records.empty());
  });
}

TEST(Fetch, WhatLiesInOlderSegmentsIsNotWaitedFor) {
  BrokerWorld cluster;
  cluster.run([&](Host& host) {
    Peer peer(host);
    create_topic(peer, "t", 1, {{"segment.bytes", "500"}});
    for (int i = 0; i < 20; ++i) produce(peer, "t", 0, batch_of(1, std::string(200, 'x')));
    auto began = host.clock().now();
    std::size_t count = 0;
    // More than any segment has: each fetch returns its segment's records at once.
    while (count < 18) {
      auto got = values_of(fetch(peer, {"t", 0, static_cast<Offset>(count)}, 60'000, 100'000).records).size();
      ASSERT_GT(got, 0u);
      count += got;
    }
    EXPECT_LT(host.clock().now() - began, seconds(1));
  });
}

TEST(Fetch, TheFirstBatchComesWholeHoweverSmallTheLimit) {  // KIP-74
  BrokerWorld cluster;
  cluster.run([&](Host& host) {
    Peer peer(host);
    create_topic(peer, "t", 2);
    for (std::int32_t partition : {0, 1})
      for (int i = 0; i < 2; ++i) produce(peer, "t", partition, batch_of(1, std::string(300, 'x')));
    auto request = fetch_request({{"t", 0, 0, 10}, {"t", 1, 0, 10}});
    auto response = peer.call<FetchResponse>(request, fetch_version);
    EXPECT_EQ(values_of(response.topics[0].partitions[0].records).size(), 1u);
    EXPECT_TRUE(response.topics[0].partitions[1].records.empty());
    // The limit of the whole response, with room in the partitions' limits.
    request = fetch_request({{"t", 0}, {"t", 1}});
    request.max_bytes = 1200;
    response = peer.call<FetchResponse>(request, fetch_version);
    EXPECT_EQ(values_of(response.topics[0].partitions[0].records).size(), 2u);
    EXPECT_EQ(values_of(response.topics[0].partitions[1].records).size(), 1u);
  });
}

TEST(Fetch, AnOffsetOutsideTheLogIsSaidAtOnce) {
  BrokerWorld cluster;
  cluster.run([&](Host& host) {
    Peer peer(host);
    create_topic(peer, "t", 1);
    produce(peer, "t", 0, batch_of(3, "x"));
    EXPECT_EQ(fetch(peer, {"t", 0, 4}, 60'000).error_code, ErrorCode::offset_out_of_range);
    EXPECT_EQ(fetch(peer, {"t", 0, -1}, 60'000).error_code, ErrorCode::offset_out_of_range);
    EXPECT_EQ(fetch(peer, {"t", 7, 0}, 60'000).error_code, ErrorCode::unknown_topic_or_partition);
    EXPECT_EQ(fetch(peer, {"other", 0, 0}, 60'000).error_code, ErrorCode::unknown_topic_or_partition);
    EXPECT_EQ(fetch(peer, {"t", 0, 3}).error_code, ErrorCode::none);
  });
}

TEST(Fetch, ALeaderEpochThatIsNotOursIsRefused) {
  BrokerWorld cluster;
  cluster.run([&](Host& host) {
    Peer peer(host);
    create_topic(peer, "t", 1);
    auto request = fetch_request({{"t"}});
    request.topics[0].partitions[0].current_leader_epoch = 1;
    auto response = peer.call<FetchResponse>(request, fetch_version);
    EXPECT_EQ(response.topics[0].partitions[0].error_code, ErrorCode::unknown_leader_epoch);
    request.topics[0].partitions[0].current_leader_epoch = 0;
    response = peer.call<FetchResponse>(request, fetch_version);
    EXPECT_EQ(response.topics[0].partitions[0].error_code, ErrorCode::none);
  });
}

TEST(Fetch, ByIdFindsTheTopicAndNotItsSuccessorOfThatName) {  // KIP-516
  BrokerWorld cluster;
  cluster.run([&](Host& host) {
    Peer peer(host);
    auto first = create_topic(peer, "t", 1);
    produce(peer, "t", 0, batch_of(1, "first"));
    auto request = fetch_request({{"t"}});
    request.topics[0].topic_id = first.topic_id;
    auto response = peer.call<FetchResponse>(request, fetch_by_id_version);
    EXPECT_EQ(values_of(response.topics[0].partitions[0].records), std::vector<std::string>{"first"});
    DeleteTopicsRequest remove;
    remove.topics.push_back({"t", {}});
    EXPECT_EQ(peer.call<DeleteTopicsResponse>(remove, 6).responses[0].error_code, ErrorCode::none);
    auto second = create_topic(peer, "t", 1);
    EXPECT_NE(second.topic_id, first.topic_id);
    response = peer.call<FetchResponse>(request, fetch_by_id_version);
    EXPECT_EQ(response.topics[0].partitions[0].error_code, ErrorCode::unknown_topic_id);
    request.topics[0].topic_id = second.topic_id;
    response = peer.call<FetchResponse>(request, fetch_by_id_version);
    EXPECT_EQ(response.topics[0].partitions[0].error_code, ErrorCode::none);
    EXPECT_TRUE(response.topics[0].partitions[0].records.empty());
  });
}

class Session {
 public:
  Session(Peer& peer, const std::vector<FetchFrom>& from) : peer_(peer) {
    auto request = fetch_request(from);
    request.session_epoch = 0;
    first = peer.call<FetchResponse>(request, fetch_version);
    id = first.session_id;
  }
  FetchResponse next(const std::vector<FetchFrom>& changed = {},
                     std::vector<FetchRequest::ForgottenTopic> forgotten = {}) {
    auto request = fetch_request(changed);
    request.session_id = id;
    request.session_epoch = epoch++;
    request.forgotten_topics = std::move(forgotten);
    return peer_.call<FetchResponse>(request, fetch_version);
  }
  FetchResponse first;
  std::int32_t id = 0;
  std::int32_t epoch = 1;

 private:
  Peer& peer_;
};

TEST(FetchSession, LaterAnswersBringOnlyPartitionsWithNews) {
  BrokerWorld cluster({}, 3);
  cluster.run([&](Host& host) {
    Peer peer(host);
    create_topic(peer, "t", 3);
    Session session(peer, {{"t", 0}, {"t", 1}, {"t", 2}});
    ASSERT_EQ(session.first.error_code, ErrorCode::none);
    ASSERT_NE(session.id, 0);
    EXPECT_EQ(session.first.topics[0].partitions.size(), 3u);
    EXPECT_TRUE(session.next().topics.empty());
    produce(peer, "t", 1, batch_of(1, "x"));
    auto answer = session.next();
    EXPECT_EQ(answer.session_id, session.id);
    ASSERT_EQ(answer.topics.size(), 1u);
    ASSERT_EQ(answer.topics[0].partitions.size(), 1u);
    EXPECT_EQ(answer.topics[0].partitions[0].index, 1);
    EXPECT_EQ(values_of(answer.topics[0].partitions[0].records).size(), 1u);
    // The position moves only when the client says so.
    EXPECT_EQ(session.next().topics.size(), 1u);
    EXPECT_TRUE(session.next({{"t", 1, 1}}).topics.empty());
    // A partition that is added is in one response; one that is forgotten in none, even with news.
    create_topic(peer, "u", 1);
    EXPECT_EQ(session.next({{"u", 0}}).topics.size(), 1u);
    produce(peer, "t", 2, batch_of(1, "x"));
    EXPECT_TRUE(session.next({}, {{"t", {}, {2}}}).topics.empty());
  });
}

TEST(FetchSession, AWrongEpochAnUnknownIdAndAClosedSessionAreSaid) {
  BrokerWorld cluster;
  cluster.run([&](Host& host) {
    Peer peer(host);
    create_topic(peer, "t", 1);
    Session session(peer, {{"t"}});
    session.epoch = 5;
    EXPECT_EQ(session.next().error_code, ErrorCode::invalid_fetch_session_epoch);
    session.epoch = 1;
    EXPECT_EQ(session.next().error_code, ErrorCode::none);
    auto closing = fetch_request({});
    closing.session_id = session.id;
    closing.session_epoch = -1;
    EXPECT_EQ(peer.call<FetchResponse>(closing, fetch_version).error_code, ErrorCode::none);
    EXPECT_EQ(session.next().error_code, ErrorCode::fetch_session_id_not_found);
  });
}

TEST(FetchSession, TheLeastRecentlyUsedMakesRoom) {
  BrokerWorld cluster(Properties{{"max.incremental.fetch.session.cache.slots", "2"}}, 1);
  cluster.run([&](Host& host) {
    Peer peer(host);
    create_topic(peer, "t", 1);
    Session first(peer, {{"t"}});
    Session second(peer, {{"t"}});
    EXPECT_EQ(first.next().error_code, ErrorCode::none);
    Session third(peer, {{"t"}});
    EXPECT_EQ(second.next().error_code, ErrorCode::fetch_session_id_not_found);
    EXPECT_EQ(first.next().error_code, ErrorCode::none);
    EXPECT_EQ(third.next().error_code, ErrorCode::none);
  });
}

}  // namespace
}  // namespace fulmar
