// Topics: created, extended, described, emptied and deleted, and refusals.
#include "broker/cluster/topic_config.h"
#include "broker/protocol/messages/describe_cluster.h"
#include "broker/protocol/messages/describe_configs.h"
#include "broker/protocol/messages/find_coordinator.h"
#include "broker/protocol/messages/list_offsets.h"
#include "broker_test_kit.h"

namespace fulmar {
namespace {

using Asked = CreateTopicsRequest::Topic;

CreateTopicsResponse::Topic create(Peer& peer, Asked asked, bool validate_only = false, std::int16_t version = 7) {
  CreateTopicsRequest request;
  request.topics.push_back(std::move(asked));
  request.validate_only = validate_only;
  return peer.call<CreateTopicsResponse>(request, version).topics.at(0);
}

TEST(Topics, AreCreatedOnDemandByDefault) {
  BrokerWorld cluster(Properties{{"num.partitions", "3"}});
  cluster.run([&](Host& host) {
    Peer peer(host);
    EXPECT_EQ(metadata(peer, {"t"}, false).topics[0].error_code, ErrorCode::unknown_topic_or_partition);
    // As on Kafka: the first request is told that the topic does not exist, and the next one finds it.
    EXPECT_EQ(metadata(peer, {"t"}, true).topics[0].error_code, ErrorCode::unknown_topic_or_partition);
    auto made = metadata(peer, {"t"}, false).topics[0];
    EXPECT_EQ(made.error_code, ErrorCode::none);
    EXPECT_EQ(made.partitions.size(), 3u);
    EXPECT_EQ(metadata(peer, {"no/slashes"}, true).topics[0].error_code, ErrorCode::invalid_topic_exception);
  });
}

TEST(Topics, AreNotCreatedOnDemandWhereThatIsForbidden) {
  BrokerWorld cluster(Properties{{"auto.create.topics.enable", "false"}});
  cluster.run([&](Host& host) {
    Peer peer(host);
    EXPECT_EQ(metadata(peer, {"t"}, true).topics[0].error_code, ErrorCode::unknown_topic_or_partition);
  });
}

TEST(Topics, ManyClientsThatAskForOneNewTopicGetTheSame) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    BrokerWorld cluster({}, 3, seed);
    cluster.run([&](Host& host) {
      FiberGroup clients;
      std::vector<Uuid> ids;
      for (int i = 0; i < 6; ++i) {
        clients.spawn("client", [&] {
          Peer peer(host);
          auto topic = metadata(peer, {"t"}, true).topics[0];
          if (topic.error_code == ErrorCode::unknown_topic_or_partition) topic = metadata(peer, {"t"}, true).topics[0];
          EXPECT_EQ(topic.error_code, ErrorCode::none);
          ids.push_back(topic.topic_id);
          // Brokers that did not create it know it before it has a leader.
          for (int tries = 0; tries < 100 && metadata(peer, {"t"}).topics[0].partitions.at(0).leader_id < 0; ++tries)
            host.clock().sleep_for(milliseconds(10));
          EXPECT_EQ(produce(peer, "t", 0, batch_of(1, "x")).error_code, ErrorCode::none);
        });
      }
      clients.join();
      for (auto& id : ids) EXPECT_EQ(id, ids[0]);
      Peer peer(host);
      EXPECT_EQ(fetch(peer, {"t"}).high_watermark, 6);
    });
  }
}

TEST(Topics, WhatCantBeCreatedIsRefusedWithKafkasReason) {
  BrokerWorld cluster;
  cluster.run([&](Host& host) {
    Peer peer(host);
    ASSERT_EQ(create_topic(peer, "a.b", 1).error_code, ErrorCode::none);
    struct {
      Asked asked;
      ErrorCode expected;
    } cases[] = {
        {{"a.b", 1, 1, {}, {}}, ErrorCode::topic_already_exists},
        {{"a_b", 1, 1, {}, {}}, ErrorCode::invalid_topic_exception},
        {{"", 1, 1, {}, {}}, ErrorCode::invalid_topic_exception},
        {{"..", 1, 1, {}, {}}, ErrorCode::invalid_topic_exception},
        {{std::string(250, 'x'), 1, 1, {}, {}}, ErrorCode::invalid_topic_exception},
        {{"t", 0, 1, {}, {}}, ErrorCode::invalid_partitions},
        {{"t", -2, 1, {}, {}}, ErrorCode::invalid_partitions},
        {{"t", 2'000'000'000, 1, {}, {}}, ErrorCode::invalid_partitions},
        {{"t", 1, 2, {}, {}}, ErrorCode::invalid_replication_factor},
        {{"t", 1, 0, {}, {}}, ErrorCode::invalid_replication_factor},
        {{"t", 1, 1, {{0, {1}}}, {}}, ErrorCode::invalid_request},
        {{"t", -1, -1, {{1, {1}}}, {}}, ErrorCode::invalid_replica_assignment},
        {{"t", -1, -1, {{0, {2}}}, {}}, ErrorCode::invalid_replica_assignment},
        {{"t", -1, -1, {{0, {1}}, {0, {1}}}, {}}, ErrorCode::invalid_replica_assignment},
        {{"t", 1, 1, {}, {{"no.such.thing", "1"}}}, ErrorCode::invalid_config},
        {{"t", 1, 1, {}, {{"segment.bytes", "many"}}}, ErrorCode::invalid_config},
        {{"t", 1, 1, {}, {{"segment.bytes", "1"}}}, ErrorCode::invalid_config},
        {{"t", 1, 1, {}, {{"retention.ms", std::nullopt}}}, ErrorCode::invalid_config},
        {{"t", 1, 1, {}, {{"compression.type", "brotli"}}}, ErrorCode::invalid_config},
    };
    for (auto& one : cases) {
      auto result = create(peer, one.asked);
      EXPECT_EQ(result.error_code, one.expected) << one.asked.name << " " << result.error_message.value_or("");
      EXPECT_TRUE(result.error_message.has_value());
    }
    CreateTopicsRequest twice;
    twice.topics = {{"t", 1, 1, {}, {}}, {"t", 1, 1, {}, {}}};
    auto response = peer.call<CreateTopicsResponse>(twice, 7);
    ASSERT_EQ(response.topics.size(), 1u);
    EXPECT_EQ(response.topics[0].error_code, ErrorCode::invalid_request);
    // Only validated, not created.
    EXPECT_EQ(create(peer, {"t", 1, 1, {}, {}}, true).error_code, ErrorCode::none);
    EXPECT_EQ(metadata(peer, {"t"}).topics[0].error_code, ErrorCode::unknown_topic_or_partition);
    // Defaults, and valid assignments.
    EXPECT_EQ(create(peer, {"defaults", -1, -1, {}, {}}).num_partitions, 1);
    EXPECT_EQ(create(peer, {"placed", -1, -1, {{1, {1}}, {0, {1}}}, {}}).num_partitions, 2);
  });
}

TEST(Topics, GrowAndKeepWhatTheyHave) {
  BrokerWorld cluster({}, 3);
  cluster.run([&](Host& host) {
    Peer peer(host);
    create_topic(peer, "t", 2);
    produce(peer, "t", 1, batch_of(1, "kept"));
    auto grow = [&](std::int32_t count,
                    std::optional<std::vector<CreatePartitionsRequest::Topic::Assignment>> where = std::nullopt) {
      CreatePartitionsRequest request;
      request.timeout_ms = 10'000;
      request.topics.push_back({"t", count, std::move(where)});
      return peer.call<CreatePartitionsResponse>(request, 3).results.at(0).error_code;
    };
    EXPECT_EQ(grow(2), ErrorCode::invalid_partitions);
    EXPECT_EQ(grow(1), ErrorCode::invalid_partitions);
    EXPECT_EQ(grow(5, {{{{1}}}}), ErrorCode::invalid_replica_assignment);
    EXPECT_EQ(grow(5), ErrorCode::none);
    EXPECT_EQ(metadata(peer, {"t"}).topics[0].partitions.size(), 5u);
    EXPECT_EQ(produce(peer, "t", 4, batch_of(1, "new")).error_code, ErrorCode::none);
    EXPECT_EQ(values_of(fetch(peer, {"t", 1}).records), std::vector<std::string>{"kept"});
  });
}

TEST(Topics, ADeletedOneIsGoneWithItsRecordsAndItsNameIsFree) {
  BrokerWorld cluster({}, 3);
  cluster.run([&](Host& host) {
    Peer peer(host);
    auto topic = create_topic(peer, "t", 4);
    for (std::int32_t p = 0; p < 4; ++p) produce(peer, "t", p, batch_of(3, "old"));
    DeleteTopicsRequest request;
    request.topics.push_back({std::nullopt, topic.topic_id});
    request.topics.push_back({"never", {}});
    auto response = peer.call<DeleteTopicsResponse>(request, 6);
    ASSERT_EQ(response.responses.size(), 2u);
    EXPECT_EQ(response.responses[0].error_code, ErrorCode::none);
    EXPECT_EQ(response.responses[0].name, "t");
    EXPECT_EQ(response.responses[1].error_code, ErrorCode::unknown_topic_or_partition);
    EXPECT_EQ(fetch(peer, {"t"}).error_code, ErrorCode::unknown_topic_or_partition);
    EXPECT_EQ(produce(peer, "t", 0, batch_of(1, "x")).error_code, ErrorCode::unknown_topic_or_partition);
    create_topic(peer, "t", 4);
    EXPECT_EQ(fetch(peer, {"t", 2}).high_watermark, 0);
  });
  cluster.restart(false);
  cluster.run([&](Host& host) {
    Peer peer(host);
    for (std::int32_t p = 0; p < 4; ++p) EXPECT_EQ(fetch(peer, {"t", p}).high_watermark, 0);
  });
}

TEST(Topics, DeletionUnderLoadAnswersEveryoneAndLeaksNothing) {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    BrokerWorld cluster({}, 3, seed);
    cluster.run([&](Host& host) {
      Peer admin(host);
      create_topic(admin, "t", 6);
      FiberGroup load;
      for (std::int32_t p = 0; p < 6; ++p) {
        load.spawn("producer", [&, p] {
          Peer peer(host);
          while (produce(peer, "t", p, batch_of(1, "x")).error_code == ErrorCode::none) continue;
        });
        load.spawn("consumer", [&, p] {
          Peer peer(host);
          for (Offset next = 0;;) {
            auto got = fetch(peer, {"t", p, next}, 60'000);
            if (got.error_code != ErrorCode::none) break;
            next += static_cast<Offset>(values_of(got.records).size());
          }
        });
      }
      host.clock().sleep_for(milliseconds(20));
      DeleteTopicsRequest request;
      request.topics.push_back({"t", {}});
      EXPECT_EQ(admin.call<DeleteTopicsResponse>(request, 6).responses[0].error_code, ErrorCode::none);
      load.join();
    });
  }
}

TEST(Topics, RecordsAreDeletedUpToAnOffset) {  // KIP-107
  BrokerWorld cluster;
  cluster.run([&](Host& host) {
    Peer peer(host);
    create_topic(peer, "t", 1);
    for (int i = 0; i < 10; ++i) produce(peer, "t", 0, batch_of(1, std::to_string(i)));
    auto remove = [&](Offset offset) {
      DeleteRecordsRequest request;
      request.topics.push_back({"t", {{0, offset}}});
      return peer.call<DeleteRecordsResponse>(request, 2).topics.at(0).partitions.at(0);
    };
    EXPECT_EQ(remove(4).low_watermark, 4);
    EXPECT_EQ(fetch(peer, {"t", 0, 3}).error_code, ErrorCode::offset_out_of_range);
    EXPECT_EQ(values_of(fetch(peer, {"t", 0, 4}).records).at(0), "4");
    EXPECT_EQ(remove(11).error_code, ErrorCode::offset_out_of_range);
    EXPECT_EQ(remove(2).low_watermark, 4);
    EXPECT_EQ(remove(-1).low_watermark, 10);
  });
  cluster.restart(false);
  cluster.run([&](Host& host) {
    Peer peer(host);
    EXPECT_EQ(fetch(peer, {"t", 0, 10}).log_start_offset, 10);
  });
}

TEST(Topics, OffsetsAreFoundByTimeAndByName) {
  BrokerWorld cluster;
  cluster.run([&](Host& host) {
    Peer peer(host);
    create_topic(peer, "t", 1);
    auto ask = [&](Timestamp at, std::int16_t version = 10) {
      ListOffsetsRequest request;
      request.topics.push_back({"t", {{0, -1, at}}});
      return peer.call<ListOffsetsResponse>(request, version).topics.at(0).partitions.at(0);
    };
    EXPECT_EQ(ask(-1).offset, 0);
    EXPECT_EQ(ask(-3).offset, -1);
    for (int i = 0; i < 3; ++i) {
      std::vector<Record> records{{std::nullopt, "x", 1000 + 10 * i, {}}, {std::nullopt, "y", 1005 + 10 * i, {}}};
      produce(peer, "t", 0, build_batch(records));
    }
    EXPECT_EQ(ask(-1).offset, 6);
    EXPECT_EQ(ask(-2).offset, 0);
    EXPECT_EQ(ask(-3).offset, 5);
    EXPECT_EQ(ask(-3).timestamp, 1025);
    EXPECT_EQ(ask(-4).offset, 0);
    EXPECT_EQ(ask(-5).offset, -1);
    EXPECT_EQ(ask(1006).offset, 2);
    EXPECT_EQ(ask(1006).timestamp, 1010);
    EXPECT_EQ(ask(0).offset, 0);
    EXPECT_EQ(ask(5000).offset, -1);
    EXPECT_EQ(ask(-3, 6).error_code, ErrorCode::unsupported_version);
    EXPECT_EQ(ask(-9).error_code, ErrorCode::unsupported_version);
    ListOffsetsRequest stale;
    stale.topics.push_back({"t", {{0, 3, -1}, {5, -1, -1}}});
    auto answers = peer.call<ListOffsetsResponse>(stale, 10).topics.at(0).partitions;
    EXPECT_EQ(answers.at(0).error_code, ErrorCode::unknown_leader_epoch);
    EXPECT_EQ(answers.at(1).error_code, ErrorCode::unknown_topic_or_partition);
  });
}

TEST(Configs, AreDescribedWithWhereTheyComeFrom) {
  BrokerWorld cluster(Properties{{"log.retention.ms", "5000"}});
  cluster.run([&](Host& host) {
    Peer peer(host);
    auto created = create_topic(peer, "t", 1, {{"segment.bytes", "1000"}});
    ASSERT_TRUE(created.configs.has_value());
    auto ask = [&](std::int8_t type, const std::string& name, std::optional<std::vector<std::string>> keys) {
      DescribeConfigsRequest request;
      request.resources.push_back({type, name, std::move(keys)});
      request.include_synonyms = true;
      request.include_documentation = true;
      return peer.call<DescribeConfigsResponse>(request, 4).results.at(0);
    };
    auto all = ask(2, "t", std::nullopt);
    EXPECT_EQ(all.configs.size(), topic_properties().size());
    EXPECT_EQ(all.configs.size(), created.configs->size());
    auto some = ask(2, "t", {{"segment.bytes", "retention.ms", "flush.messages"}});
    ASSERT_EQ(some.configs.size(), 3u);
    for (const auto& config : some.configs) {
      EXPECT_FALSE(config.documentation.value_or("").empty());
      bool own = config.name == "segment.bytes";
      bool inherited = config.name == "retention.ms";
      EXPECT_EQ(config.value, own ? "1000" : inherited ? "5000" : "1");
      EXPECT_EQ(config.config_source, own ? 1 : inherited ? 4 : 5);
      EXPECT_EQ(config.synonyms.size(), own || inherited ? 2u : 1u);
    }
    EXPECT_EQ(ask(2, "none", std::nullopt).error_code, ErrorCode::unknown_topic_or_partition);
    EXPECT_EQ(ask(4, "2", std::nullopt).error_code, ErrorCode::invalid_request);
    auto broker = ask(4, "1", {{"log.retention.ms", "num.partitions"}});
    ASSERT_EQ(broker.configs.size(), 2u);
    EXPECT_EQ(broker.configs[0].value, "5000");
    EXPECT_FALSE(broker.configs[0].read_only);
    EXPECT_TRUE(broker.configs[1].read_only);
    EXPECT_EQ(broker.configs[1].config_source, 5);
  });
}

TEST(Configs, ATimeGivenInOtherUnitsIsShownInTheTopicsAndAsItWasGiven) {
  BrokerWorld cluster(Properties{{"log.retention.hours", "2"}, {"log.retention.minutes", "3"}});
  cluster.run([](Host& host) {
    Peer peer(host);
    create_topic(peer, "t", 1);
    DescribeConfigsRequest request;
    request.include_synonyms = true;
    request.resources.push_back({2, "t", {{"retention.ms"}}});
    request.resources.push_back({4, "1", {{"log.retention.hours", "log.retention.minutes", "log.retention.ms"}}});
    auto described = peer.call<DescribeConfigsResponse>(request, 4);
    const auto& topic = described.results.at(0).configs.at(0);
    EXPECT_EQ(topic.value, "180000");
    EXPECT_EQ(topic.config_source, 4);
    std::vector<std::string> synonyms;
    for (const auto& synonym : topic.synonyms) synonyms.push_back(synonym.name + "=" + synonym.value.value_or("null"));
    EXPECT_EQ(synonyms, (std::vector<std::string>{"log.retention.minutes=3", "log.retention.hours=2",
                                                  "log.retention.hours=168"}));
    const auto& broker = described.results.at(1).configs;
    ASSERT_EQ(broker.size(), 3u);
    EXPECT_EQ(broker[0].value, "2");
    EXPECT_EQ(broker[1].value, "3");
    EXPECT_EQ(broker[2].value, std::nullopt) << "not set, and without a default";
    EXPECT_EQ(broker[2].config_source, 5);
  });
}

TEST(Cluster, DescribesItselfAndSaysWhatItDoesNotServe) {
  BrokerWorld cluster(Properties{{"advertised.listeners", "PLAINTEXT://broker.example:19092"}});
  cluster.run([&](Host& host) {
    Peer peer(host);
    auto described = peer.call<DescribeClusterResponse>(DescribeClusterRequest{}, 1);
    ASSERT_EQ(described.brokers.size(), 1u);
    EXPECT_EQ(described.brokers.at(0).host, "broker.example");
    auto found = metadata(peer, {});
    EXPECT_EQ(found.brokers.at(0).host, "broker.example");
    EXPECT_EQ(found.brokers.at(0).port, 19092);
    EXPECT_EQ(found.cluster_id, described.cluster_id);
    DescribeClusterRequest controllers;
    controllers.endpoint_type = 2;
    EXPECT_EQ(peer.call<DescribeClusterResponse>(controllers, 1).error_code, ErrorCode::mismatched_endpoint_type);
    FindCoordinatorRequest unheard_of;
    unheard_of.key_type = 3;
    unheard_of.coordinator_keys = {"a", "b"};
    auto coordinators = peer.call<FindCoordinatorResponse>(unheard_of, 6).coordinators;
    ASSERT_EQ(coordinators.size(), 2u);
    EXPECT_EQ(coordinators[1].error_code, ErrorCode::invalid_request);
  });
}

}  // namespace
}  // namespace fulmar
