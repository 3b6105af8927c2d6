// Configuration changes at run time: what is refused and how, what is stored, and that changes take effect at once on
// every broker and shard (KIP-133, KIP-226, KIP-339).
#include "broker/protocol/messages/alter_configs.h"

#include "broker/protocol/messages/describe_configs.h"
#include "tests/server/broker_test_kit.h"
#include "tests/server/cluster_kit.h"

namespace fulmar {
namespace {

constexpr std::int8_t topic_type = 2;
constexpr std::int8_t broker_type = 4;
constexpr std::int8_t group_type = 32;

using Change = IncrementalAlterConfigsRequest::Resource::Config;
using Outcome = AlterConfigsResponse::Result;

Change set(const std::string& name, const std::string& value) {
  return {name, 0, value};
}
Change unset(const std::string& name) {
  return {name, 1, std::nullopt};
}
Change append(const std::string& name, const std::string& value) {
  return {name, 2, value};
}
Change subtract(const std::string& name, const std::string& value) {
  return {name, 3, value};
}

Outcome alter(Peer& peer, std::int8_t type, const std::string& name, std::vector<Change> changes,
              bool validate_only = false) {
  IncrementalAlterConfigsRequest request;
  request.resources.push_back({type, name, std::move(changes)});
  request.validate_only = validate_only;
  auto responses = peer.call<IncrementalAlterConfigsResponse>(request, 1).responses;
  EXPECT_EQ(responses.size(), 1u);
  return responses.at(0);
}

// A property's value, its source, and the other values that are set: "5@1;7@4" and the like.
std::string described(Peer& peer, std::int8_t type, const std::string& name, const std::string& property) {
  DescribeConfigsRequest request;
  request.include_synonyms = true;
  request.resources.push_back({type, name, {{property}}});
  auto result = peer.call<DescribeConfigsResponse>(request, 4).results.at(0);
  if (result.configs.size() != 1) return "";
  std::string text = result.configs[0].value.value_or("null");
  for (const auto& synonym : result.configs[0].synonyms)
    text += ";" + synonym.name + "=" + synonym.value.value_or("null") + "@" + std::to_string(synonym.source);
  return text;
}

Bytes sized(std::size_t bytes) {
  return batch_of(1, std::string(bytes, 'x'), BatchOptions{});
}

std::string words(const Outcome& outcome) {
  return std::string(error_code_name(outcome.error_code)) + " " + outcome.error_message.value_or("");
}

TEST(AlterConfigs, ATopicsPropertiesAreSetTakenAwayAndDescribed) {
  BrokerWorld world;
  world.run([](Host& host) {
    Peer peer(host);
    create_topic(peer, "t", 1, {{"retention.bytes", "7"}});
    EXPECT_EQ(words(alter(peer, topic_type, "t", {set("retention.ms", " 1000 ")})), "NONE ");
    EXPECT_EQ(described(peer, topic_type, "t", "retention.ms"), "1000;retention.ms=1000@1;log.retention.hours=168@5");
    EXPECT_EQ(words(alter(peer, topic_type, "t", {set("retention.ms", "2000"), unset("retention.bytes")})), "NONE ");
    EXPECT_EQ(described(peer, topic_type, "t", "retention.bytes"), "-1;log.retention.bytes=-1@5");
    EXPECT_EQ(words(alter(peer, topic_type, "t", {set("retention.ms", "3000")}, true)), "NONE ");
    EXPECT_EQ(described(peer, topic_type, "t", "retention.ms"), "2000;retention.ms=2000@1;log.retention.hours=168@5")
        << "it was only to be checked";
    EXPECT_EQ(words(alter(peer, topic_type, "t", {unset("no.such"), unset("flush.ms")})), "NONE ");
    EXPECT_EQ(words(alter(peer, topic_type, "t", {set("unclean.leader.election.enable", "TRUE")})), "NONE ");
    EXPECT_EQ(described(peer, topic_type, "t", "unclean.leader.election.enable"),
              "true;unclean.leader.election.enable=true@1;unclean.leader.election.enable=false@5");
  });
}

TEST(AlterConfigs, ListsGrowAndShrinkAndNothingElseDoes) {
  BrokerWorld world;
  world.run([](Host& host) {
    Peer peer(host);
    create_topic(peer, "t", 1);
    const std::string list = "leader.replication.throttled.replicas";
    EXPECT_EQ(words(alter(peer, topic_type, "t", {append(list, "0:1")})), "NONE ");
    EXPECT_EQ(words(alter(peer, topic_type, "t", {append(list, "0:2, 0:1")})), "NONE ");
    EXPECT_EQ(described(peer, topic_type, "t", list), "0:1,0:2;" + list + "=0:1,0:2@1");
    EXPECT_EQ(words(alter(peer, topic_type, "t", {subtract(list, "0:1,5:5")})), "NONE ");
    EXPECT_EQ(described(peer, topic_type, "t", list), "0:2;" + list + "=0:2@1");
    EXPECT_EQ(words(alter(peer, topic_type, "t", {append("cleanup.policy", "delete")})), "NONE ");
    EXPECT_EQ(described(peer, topic_type, "t", "cleanup.policy"),
              "delete;cleanup.policy=delete@1;log.cleanup.policy=delete@5");
    EXPECT_EQ(words(alter(peer, topic_type, "t", {append("retention.ms", "7")})),
              "INVALID_CONFIG Can't APPEND to key retention.ms because its type is not LIST.");
    EXPECT_EQ(words(alter(peer, topic_type, "t", {append("cleanup.policy", "compress")})),
              "INVALID_CONFIG Invalid value compress for configuration cleanup.policy: must be one of delete,compact");
  });
}

TEST(AlterConfigs, WhatCantBeIsRefusedInKafkasTerms) {
  BrokerWorld world;
  world.run([](Host& host) {
    Peer peer(host);
    create_topic(peer, "t", 1);
    EXPECT_EQ(words(alter(peer, topic_type, "t", {set("no.such", "1")})),
              "INVALID_CONFIG Unknown topic config name: no.such");
    EXPECT_EQ(words(alter(peer, topic_type, "t", {set("retention.ms", "-5")})),
              "INVALID_CONFIG Invalid value -5 for configuration retention.ms: must be at least -1");
    EXPECT_EQ(words(alter(peer, topic_type, "t", {set("retention.ms", "1"), set("retention.ms", "2")})),
              "INVALID_REQUEST Error due to duplicate config keys");
    EXPECT_EQ(words(alter(peer, topic_type, "t", {{"retention.ms", 0, std::nullopt}})),
              "INVALID_REQUEST Null value not supported for : retention.ms");
    EXPECT_EQ(alter(peer, topic_type, "t", {{"retention.ms", 9, "1"}}).error_code, ErrorCode::invalid_request);
    EXPECT_EQ(words(alter(peer, topic_type, "none", {set("retention.ms", "1")})),
              "UNKNOWN_TOPIC_OR_PARTITION The topic 'none' does not exist.");
    EXPECT_EQ(words(alter(peer, topic_type, "none", {set("no.such", "1")})),
              "INVALID_CONFIG Unknown topic config name: no.such");
    EXPECT_EQ(words(alter(peer, topic_type, "", {set("retention.ms", "1")})),
              "INVALID_REQUEST Default topic resources are not allowed.");
    EXPECT_EQ(words(alter(peer, 0, "t", {set("retention.ms", "1")})), "INVALID_REQUEST Unknown resource type 0");
    EXPECT_EQ(alter(peer, topic_type, "t", {set("remote.storage.enable", "true")}).error_code,
              ErrorCode::invalid_config);
    EXPECT_EQ(alter(peer, topic_type, "t", {set("leader.replication.throttled.replicas", std::string(40000, '1'))})
                  .error_code,
              ErrorCode::invalid_config);
    EXPECT_EQ(words(alter(peer, broker_type, "1", {set("num.partitions", "3"), set("node.id", "4")})),
              "INVALID_REQUEST Cannot update these configs dynamically: [node.id, num.partitions]");
    EXPECT_EQ(alter(peer, broker_type, "2", {set("log.retention.ms", "1")}).error_code, ErrorCode::invalid_request);
    EXPECT_EQ(words(alter(peer, broker_type, "x", {set("log.retention.ms", "1")})),
              "INVALID_REQUEST Node id must be an integer, but it is: x");
    EXPECT_EQ(alter(peer, broker_type, "1", {set("log.retention.ms", "0")}).error_code, ErrorCode::invalid_request);
    EXPECT_EQ(alter(peer, broker_type, "", {set("ssl.keystore.location", "f")}).error_code, ErrorCode::invalid_request);
    EXPECT_EQ(alter(peer, broker_type, "", {set("metric.reporters", "\xff")}).error_code, ErrorCode::invalid_request);
    EXPECT_EQ(words(alter(peer, broker_type, "1", {unset("num.partitions"), unset("no.such")})), "NONE ");
    IncrementalAlterConfigsRequest twice;
    twice.resources.push_back({topic_type, "t", {set("retention.ms", "1")}});
    twice.resources.push_back({topic_type, "t", {set("retention.bytes", "1")}});
    twice.resources.push_back({broker_type, "", {set("log.retention.ms", "9")}});
    auto answers = peer.call<IncrementalAlterConfigsResponse>(twice, 0).responses;
    ASSERT_EQ(answers.size(), 3u);
    for (int i : {0, 1})
      EXPECT_EQ(words(answers.at(static_cast<std::size_t>(i))),
                "INVALID_REQUEST Each resource must appear at most once.");
    EXPECT_EQ(answers.at(2).error_code, ErrorCode::none) << "the others are not touched by that";
    EXPECT_EQ(described(peer, topic_type, "t", "retention.ms"), "9;log.retention.ms=9@3;log.retention.hours=168@5");
  });
}

TEST(AlterConfigs, WhatABrokerHasWinsOverWhatAllHaveAndBothOverItsFile) {
  BrokerWorld world(Properties{{"log.retention.hours", "2"}, {"log.retention.bytes", "100"}});
  world.run([](Host& host) {
    Peer peer(host);
    create_topic(peer, "t", 1);
    EXPECT_EQ(words(alter(peer, broker_type, "", {set("log.retention.ms", "6000")})), "NONE ");
    EXPECT_EQ(words(alter(peer, broker_type, "1", {set("log.retention.ms", "5000")})), "NONE ");
    const std::string all =
        "5000;log.retention.ms=5000@2;log.retention.ms=6000@3;log.retention.hours=2@4;log.retention.hours=168@5";
    EXPECT_EQ(described(peer, topic_type, "t", "retention.ms"), all);
    EXPECT_EQ(described(peer, broker_type, "1", "log.retention.ms"), all);
    EXPECT_EQ(described(peer, broker_type, "", "log.retention.ms"), "6000;log.retention.ms=6000@3");
    EXPECT_EQ(described(peer, broker_type, "1", "log.retention.hours"),
              "2;log.retention.hours=2@4;log.retention.hours=168@5");
    EXPECT_EQ(words(alter(peer, broker_type, "1", {unset("log.retention.ms")})), "NONE ");
    EXPECT_EQ(described(peer, topic_type, "t", "retention.ms"),
              "6000;log.retention.ms=6000@3;log.retention.hours=2@4;log.retention.hours=168@5");
    EXPECT_EQ(words(alter(peer, broker_type, "", {unset("log.retention.ms")})), "NONE ");
    EXPECT_EQ(described(peer, topic_type, "t", "retention.ms"),
              "7200000;log.retention.hours=2@4;log.retention.hours=168@5");
  });
}

TEST(AlterConfigs, AlterConfigsReplacesAllThatWasSet) {
  BrokerWorld world;
  world.run([](Host& host) {
    Peer peer(host);
    create_topic(peer, "t", 1, {{"retention.bytes", "7"}, {"retention.ms", "8"}});
    for (std::int16_t version : {0, 2}) {
      AlterConfigsRequest request;
      request.resources.push_back({topic_type, "t", {{"retention.ms", std::to_string(10 + version)}}});
      EXPECT_EQ(peer.call<AlterConfigsResponse>(request, version).responses.at(0).error_code, ErrorCode::none);
      EXPECT_EQ(described(peer, topic_type, "t", "retention.bytes"), "-1;log.retention.bytes=-1@5");
      EXPECT_TRUE(described(peer, topic_type, "t", "retention.ms").starts_with(std::to_string(10 + version) + ";"));
    }
    AlterConfigsRequest null_value;
    null_value.resources.push_back({topic_type, "t", {{"retention.ms", std::nullopt}}});
    EXPECT_EQ(peer.call<AlterConfigsResponse>(null_value, 1).responses.at(0).error_code, ErrorCode::invalid_request);
  });
}

TEST(AlterConfigs, TakeEffectAtOnceAndOutliveRestarts) {
  for (bool orderly : {true, false}) {
    BrokerWorld world;
    world.run([](Host& host) {
      Peer peer(host);
      create_topic(peer, "t", 4);
      for (std::int32_t partition = 0; partition < 4; ++partition)
        EXPECT_EQ(produce(peer, "t", partition, sized(1000)).error_code, ErrorCode::none);
      EXPECT_EQ(words(alter(peer, topic_type, "t", {set("max.message.bytes", "500")})), "NONE ");
      for (std::int32_t partition = 0; partition < 4; ++partition)
        EXPECT_EQ(produce(peer, "t", partition, sized(1000)).error_code, ErrorCode::message_too_large)
            << "on every shard";
    });
    world.restart(orderly);
    world.run([](Host& host) {
      Peer peer(host);
      EXPECT_EQ(produce(peer, "t", 0, sized(1000)).error_code, ErrorCode::message_too_large);
      EXPECT_EQ(words(alter(peer, topic_type, "t", {unset("max.message.bytes")})), "NONE ");
      EXPECT_EQ(produce(peer, "t", 0, sized(1000)).error_code, ErrorCode::none);
      EXPECT_EQ(words(alter(peer, broker_type, "", {set("message.max.bytes", "600")})), "NONE ");
      EXPECT_EQ(produce(peer, "t", 1, sized(1000)).error_code, ErrorCode::message_too_large);
    });
    world.restart(orderly);
    world.run([](Host& host) {
      Peer peer(host);
      EXPECT_EQ(produce(peer, "t", 2, sized(1000)).error_code, ErrorCode::message_too_large);
      EXPECT_EQ(words(alter(peer, broker_type, "1", {set("message.max.bytes", "2000")})), "NONE ");
      EXPECT_EQ(produce(peer, "t", 3, sized(1000)).error_code, ErrorCode::none);
      create_topic(peer, "new", 1);
      EXPECT_EQ(produce(peer, "new", 0, sized(3000)).error_code, ErrorCode::message_too_large);
    });
  }
}

TEST(AlterConfigs, HowRecordsAreAcknowledgedStaysAsTheTopicWasMade) {
  BrokerWorld world;
  world.run([](Host& host) {
    Peer peer(host);
    create_topic(peer, "synced", 1);
    create_topic(peer, "cached", 1, {{"flush.messages", "1000"}});
    EXPECT_EQ(alter(peer, topic_type, "synced", {set("flush.messages", "2")}).error_code, ErrorCode::invalid_config);
    EXPECT_EQ(alter(peer, topic_type, "cached", {unset("flush.messages")}).error_code, ErrorCode::invalid_config);
    EXPECT_EQ(words(alter(peer, topic_type, "cached", {set("flush.messages", "50")})), "NONE ");
    EXPECT_EQ(words(alter(peer, topic_type, "synced", {set("flush.messages", "1")})), "NONE ");
    EXPECT_EQ(alter(peer, broker_type, "", {set("log.flush.interval.messages", "5")}).error_code,
              ErrorCode::invalid_request);
  });
}

TEST(AlterConfigs, AnyBrokerOfAClusterTakesThemAndAllOfThemHearOfIt) {
  BrokerCluster brokers(3, 3);
  ASSERT_TRUE(brokers.all_ready());
  auto ask = [&](auto&& body) {
    return brokers.as_client([&, body](Host& host, ClusterClient& cluster) { body(host, cluster); });
  };
  ASSERT_TRUE(ask([&](Host& host, ClusterClient& cluster) {
    create_topic(cluster, "t", 3, 3);
    for (int id = 1; id <= 3; ++id) {
      IncrementalAlterConfigsRequest request;
      request.resources.push_back({topic_type, "t", {set("max.message.bytes", std::to_string(1000 + id))}});
      request.resources.push_back({broker_type, std::to_string(id), {set("log.retention.ms", std::to_string(id))}});
      auto to = cluster.broker(id, host.clock().deadline_in(seconds(5)));
      ASSERT_TRUE(to.has_value());
      auto answer = (*to)->call<IncrementalAlterConfigsResponse>(request, host.clock().deadline_in(seconds(5)));
      ASSERT_TRUE(answer.has_value());
      for (const auto& result : answer->responses) EXPECT_EQ(words(result), "NONE ");
      DescribeConfigsRequest describe;
      describe.resources.push_back({topic_type, "t", {{"max.message.bytes"}}});
      describe.resources.push_back({broker_type, std::to_string(id), {{"log.retention.ms"}}});
      auto described = (*to)->call<DescribeConfigsResponse>(describe, host.clock().deadline_in(seconds(5)));
      ASSERT_TRUE(described.has_value());
      EXPECT_EQ(described->results.at(0).configs.at(0).value, std::to_string(1000 + id)) << "who was asked knows it";
      EXPECT_EQ(described->results.at(1).configs.at(0).value, std::to_string(id));
    }
    EXPECT_EQ(produce_once(cluster, "t", std::string(2000, 'x')), ErrorCode::message_too_large);
    EXPECT_EQ(produce_once(cluster, "t", std::string(500, 'x')), ErrorCode::none);
  }));
}

TEST(AlterConfigs, AConsumerGroupHasTimesOfItsOwn) {
  BrokerWorld world(Properties{{"group.consumer.session.timeout.ms", "50000"}});
  world.run([](Host& host) {
    Peer peer(host);
    const std::string session = "consumer.session.timeout.ms", heartbeat = "consumer.heartbeat.interval.ms";
    EXPECT_EQ(described(peer, group_type, "g", session),
              "50000;group.consumer.session.timeout.ms=50000@4;group.consumer.session.timeout.ms=45000@5");
    EXPECT_EQ(described(peer, group_type, "g", heartbeat), "5000;group.consumer.heartbeat.interval.ms=5000@5");
    EXPECT_EQ(words(alter(peer, group_type, "g", {set(session, "46000"), set(heartbeat, "7000")}, true)), "NONE ");
    EXPECT_EQ(described(peer, group_type, "g", heartbeat), "5000;group.consumer.heartbeat.interval.ms=5000@5");
    EXPECT_EQ(words(alter(peer, group_type, "g", {set(session, "46000"), set(heartbeat, "7000")})), "NONE ");
    EXPECT_EQ(described(peer, group_type, "g", session),
              "46000;consumer.session.timeout.ms=46000@8;group.consumer.session.timeout.ms=50000@4;"
              "group.consumer.session.timeout.ms=45000@5");
    EXPECT_EQ(words(alter(peer, group_type, "g", {unset(session)})), "NONE ");
    EXPECT_EQ(described(peer, group_type, "g", heartbeat),
              "7000;consumer.heartbeat.interval.ms=7000@8;group.consumer.heartbeat.interval.ms=5000@5");

    EXPECT_EQ(words(alter(peer, group_type, "g", {set("no.such", "1")})),
              "INVALID_CONFIG Unknown group config name: no.such");
    EXPECT_EQ(words(alter(peer, group_type, "g", {set(session, "44999")})),
              "INVALID_CONFIG consumer.session.timeout.ms must be greater than or equal to "
              "group.consumer.min.session.timeout.ms");
    EXPECT_EQ(words(alter(peer, group_type, "g", {set(session, "60001")})),
              "INVALID_CONFIG consumer.session.timeout.ms must be less than or equal to "
              "group.consumer.max.session.timeout.ms");
    EXPECT_EQ(words(alter(peer, group_type, "g", {set(heartbeat, "4999")})),
              "INVALID_CONFIG consumer.heartbeat.interval.ms must be greater than or equal to "
              "group.consumer.min.heartbeat.interval.ms");
    EXPECT_EQ(alter(peer, group_type, "g", {set(session, "soon")}).error_code, ErrorCode::invalid_config);
    EXPECT_EQ(alter(peer, group_type, "", {set(session, "46000")}).error_code, ErrorCode::invalid_request);

    ListConfigResourcesRequest list;
    list.resource_types = {group_type};
    auto listed = peer.call<ListConfigResourcesResponse>(list, 1).config_resources;
    ASSERT_EQ(listed.size(), 1u);
    EXPECT_EQ(listed[0].resource_name, "g");
    EXPECT_EQ(words(alter(peer, group_type, "g", {unset(heartbeat)})), "NONE ");
    EXPECT_TRUE(peer.call<ListConfigResourcesResponse>(list, 1).config_resources.empty());
  });
}

TEST(ListConfigResources, AreTheTopicsAndTheBrokers) {
  BrokerWorld world;
  world.run([](Host& host) {
    Peer peer(host);
    create_topic(peer, "t", 1);
    auto ask = [&](std::vector<std::int8_t> types, std::int16_t version) {
      ListConfigResourcesRequest request;
      request.resource_types = std::move(types);
      auto answer = peer.call<ListConfigResourcesResponse>(request, version);
      std::string text = error_code_name(answer.error_code);
      for (const auto& one : answer.config_resources)
        text += " " + std::to_string(one.resource_type) + ":" + one.resource_name;
      return text;
    };
    EXPECT_EQ(ask({}, 1), "NONE 4:1 8:1 2:t");
    EXPECT_EQ(ask({2}, 1), "NONE 2:t");
    EXPECT_EQ(ask({16, 32}, 1), "NONE");
    EXPECT_EQ(ask({8}, 1), "NONE 8:1");
    EXPECT_EQ(ask({3}, 1), "UNSUPPORTED_VERSION");
    EXPECT_EQ(ask({}, 0), "NONE");
  });
}

TEST(DeleteTopics, AreRefusedWhereTopicsAreNotToBeDeleted) {
  BrokerWorld world(Properties{{"delete.topic.enable", "false"}});
  world.run([](Host& host) {
    Peer peer(host);
    create_topic(peer, "t", 1);
    for (std::int16_t version : {2, 5}) {
      DeleteTopicsRequest request;
      request.topic_names.push_back("t");
      auto code = peer.call<DeleteTopicsResponse>(request, version).responses.at(0).error_code;
      EXPECT_EQ(code, version < 3 ? ErrorCode::invalid_request : ErrorCode::topic_deletion_disabled);
    }
    EXPECT_EQ(metadata(peer, {"t"}).topics.at(0).error_code, ErrorCode::none);
  });
}

TEST(AlterConfigs, OfHowManyConnectionsThereMayBeHoldForTheNextOne) {
  BrokerWorld cluster({}, 3);
  cluster.run([](Host& host) {
    Peer admin(host);
    std::vector<std::unique_ptr<Peer>> peers;
    auto connect = [&] {
      peers.push_back(std::make_unique<Peer>(host));
      return !peers.back()->is_closed(milliseconds(100));
    };
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(connect());
    for (std::string name : {"max.connections", "max.connections.per.ip"}) {
      EXPECT_EQ(alter(admin, broker_type, "", {set(name, "7")}).error_code, ErrorCode::none);
      EXPECT_TRUE(connect()) << name << ": the seventh";
      EXPECT_FALSE(connect()) << name;
      peers.pop_back();
      // Existing connections stay.
      EXPECT_EQ(alter(admin, broker_type, "", {set(name, "3")}).error_code, ErrorCode::none);
      EXPECT_FALSE(connect()) << name;
      peers.pop_back();
      for (auto& peer : peers) EXPECT_EQ(metadata(*peer, {}).brokers.size(), 1u);
      EXPECT_EQ(alter(admin, broker_type, "", {unset(name)}).error_code, ErrorCode::none);
      EXPECT_TRUE(connect()) << name;
      peers.resize(5);
      host.clock().sleep_for(seconds(1));
    }
  });
}

}  // namespace
}  // namespace fulmar
