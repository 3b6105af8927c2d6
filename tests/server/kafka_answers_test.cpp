// Apache Kafka 4.4's responses in corner cases: null, empty, repeated, out of range. Taken from a broker by
// tests/peers/differ.py, which has more of them.
#include "broker/protocol/messages/api_versions.h"
#include "broker/protocol/messages/describe_cluster.h"
#include "broker/protocol/messages/describe_topic_partitions.h"
#include "broker/protocol/messages/leaders.h"
#include "broker/protocol/messages/list_offsets.h"
#include "broker/protocol/messages/quorum.h"
#include "broker/server/requests/served_api.h"
#include "broker_test_kit.h"

namespace fulmar {
namespace {

TEST(ServedApis, EachHasAHandler) {
  for (const auto& api : served_apis()) {
    const auto* served = served_api(static_cast<std::int16_t>(api.key));
    ASSERT_NE(served, nullptr) << api.name;
    EXPECT_EQ(served->key, api.key);
  }
  EXPECT_EQ(served_api(static_cast<std::int16_t>(ApiKey::raft_messages)), nullptr) << "brokers' own";
}

constexpr std::int32_t all_topic_operations = 3576;
constexpr std::int32_t all_cluster_operations = 8096;
constexpr std::int32_t not_asked_for = std::numeric_limits<std::int32_t>::min();

void in_a_broker(std::function<void(Peer&)> body) {
  BrokerWorld cluster;
  cluster.run([&](Host& host) {
    Peer peer(host);
    body(peer);
  });
}

MetadataResponse ask(Peer& peer, std::vector<MetadataRequest::Topic> topics, std::int16_t version) {
  MetadataRequest request;
  request.allow_auto_topic_creation = false;
  request.topics = std::move(topics);
  return peer.call<MetadataResponse>(request, version);
}

TEST(KafkaAnswers, MetadataNamesAllOperationsWhereTheyAreAskedFor) {  // KIP-430
  in_a_broker([](Peer& peer) {
    create_topic(peer, "t", 1);
    MetadataRequest request;
    request.topics.emplace().push_back({{}, "t"});
    EXPECT_EQ(peer.call<MetadataResponse>(request, 10).topics[0].authorized_operations, not_asked_for);
    request.include_topic_authorized_operations = request.include_cluster_authorized_operations = true;
    auto told = peer.call<MetadataResponse>(request, 10);
    EXPECT_EQ(told.topics[0].authorized_operations, all_topic_operations);
    EXPECT_EQ(told.cluster_authorized_operations, all_cluster_operations);
    DescribeClusterRequest cluster;
    EXPECT_EQ(peer.call<DescribeClusterResponse>(cluster, 2).cluster_authorized_operations, not_asked_for);
    cluster.include_cluster_authorized_operations = true;
    EXPECT_EQ(peer.call<DescribeClusterResponse>(cluster, 2).cluster_authorized_operations, all_cluster_operations);
  });
}

TEST(KafkaAnswers, MetadataByIdTakesAnEmptyNameForNone) {  // KIP-516
  in_a_broker([](Peer& peer) {
    auto id = create_topic(peer, "t", 1).topic_id;
    create_topic(peer, "other", 1);
    for (std::int16_t version : {12, 13}) {
      for (std::optional<std::string> name : {std::optional<std::string>(), std::optional<std::string>("")}) {
        auto topics = ask(peer, {{id, name}}, version).topics;
        ASSERT_EQ(topics.size(), 1u);
        EXPECT_EQ(topics[0].error_code, ErrorCode::none);
        EXPECT_EQ(topics[0].name, "t");
      }
      auto unknown = ask(peer, {{{1, 2}, ""}}, version).topics;
      EXPECT_EQ(unknown.at(0).error_code, ErrorCode::unknown_topic_id);
      EXPECT_EQ(unknown.at(0).name, std::nullopt);
      // If ids are given, names are ignored; and each topic is in the response once.
      EXPECT_EQ(ask(peer, {{{}, "other"}, {id, ""}, {id, std::nullopt}}, version).topics.size(), 1u);
      EXPECT_EQ(ask(peer, {{{}, "t"}, {{}, "none"}, {{}, "t"}, {{}, "none"}}, version).topics.size(), 2u);
    }
    // Versions 10 and 11 have the field, and it must not be used.
    for (std::int16_t version : {10, 11}) {
      EXPECT_EQ(ask(peer, {{id, std::nullopt}}, version).topics.at(0).error_code, ErrorCode::invalid_request);
      EXPECT_EQ(ask(peer, {{id, "t"}}, version).topics.at(0).error_code, ErrorCode::invalid_request);
      EXPECT_EQ(ask(peer, {{{}, "t"}}, version).topics.at(0).error_code, ErrorCode::none);
    }
    EXPECT_EQ(ask(peer, {{{}, std::nullopt}}, 13).error_code, ErrorCode::invalid_request);
  });
}

TEST(KafkaAnswers, ApiVersionsChecksWhoAsksAndWhomItMeans) {  // KIP-511, KIP-1242
  in_a_broker([](Peer& peer) {
    auto cluster = ask(peer, {}, 12).cluster_id;
    auto hello = [&](ApiVersionsRequest request, std::int16_t version) {
      auto told = peer.call<ApiVersionsResponse>(request, version);
      EXPECT_EQ(told.api_keys.empty(), told.error_code != ErrorCode::none);
      return told.error_code;
    };
    for (const char* good : {"a", "librdkafka", "2.16.1-rdkafka-2.16.1", "Apache-Kafka.java"})
      EXPECT_EQ(hello({good, good}, 3), ErrorCode::none) << good;
    for (const char* bad : {"", "a b", "-a", "a-", ".a", "1_0", "\xc3\xa9"}) {
      EXPECT_EQ(hello({bad, "1"}, 3), ErrorCode::invalid_request) << bad;
      EXPECT_EQ(hello({"a", bad}, 5), ErrorCode::invalid_request) << bad;
      EXPECT_EQ(hello({bad, bad}, 2), ErrorCode::none) << "it is not sent";
    }
    EXPECT_EQ(hello({"a", "1", cluster, 1}, 5), ErrorCode::none);
    EXPECT_EQ(hello({"a", "1", cluster, 2}, 5), ErrorCode::rebootstrap_required);
    EXPECT_EQ(hello({"a", "1", "another", 1}, 5), ErrorCode::rebootstrap_required);
    EXPECT_EQ(hello({"a", "1", cluster, -1}, 5), ErrorCode::invalid_request);
    EXPECT_EQ(hello({"a", "1", std::nullopt, 1}, 5), ErrorCode::invalid_request);
    auto told = peer.call<ApiVersionsResponse>(ApiVersionsRequest{"a", "1"}, 5);
    EXPECT_GE(told.finalized_features_epoch, 0);
    using Response = ApiVersionsResponse;
    std::vector<Response::SupportedFeature> supported;
    std::vector<Response::FinalizedFeature> newest;
    for (const auto& [name, min, max] : supported_features()) supported.push_back({name, min, max});
    for (const auto& [name, level] : newest_levels(supported_features())) newest.push_back({name, level, level});
    EXPECT_EQ(told.supported_features, supported);
    EXPECT_EQ(told.finalized_features, newest) << "a new cluster begins with the newest";
  });
}

struct Page {
  std::vector<std::string> told;  // "name:first-last", or "name!" with an error
  std::string next;
};

Page page(Peer& peer, std::vector<std::string> names, std::int32_t limit = 2000,
          std::optional<TopicPartitionsCursor> cursor = std::nullopt) {
  DescribeTopicPartitionsRequest request;
  for (auto& name : names) request.topics.push_back({name});
  request.response_partition_limit = limit;
  request.cursor = std::move(cursor);
  auto response = peer.call<DescribeTopicPartitionsResponse>(request, 0);
  Page page;
  for (const auto& topic : response.topics) {
    auto& text = page.told.emplace_back(*topic.name);
    if (topic.error_code != ErrorCode::none) {
      text += std::string("!") + error_code_name(topic.error_code);
      continue;
    }
    EXPECT_EQ(topic.authorized_operations, all_topic_operations);
    text += ":";
    for (const auto& partition : topic.partitions) {
      EXPECT_EQ(partition.leader_id, 1);
      EXPECT_EQ(partition.replica_nodes, std::vector<std::int32_t>{1});
      text += std::to_string(partition.index);
    }
  }
  if (response.next_cursor)
    page.next = response.next_cursor->topic + ":" + std::to_string(response.next_cursor->partition);
  return page;
}

TEST(KafkaAnswers, TopicPartitionsComeByPages) {  // KIP-966
  in_a_broker([](Peer& peer) {
    create_topic(peer, "a", 3);
    create_topic(peer, "b", 1);
    create_topic(peer, "c", 2);
    using Told = std::vector<std::string>;
    EXPECT_EQ(page(peer, {}).told, (Told{"a:012", "b:0", "c:01"}));
    EXPECT_EQ(page(peer, {}).next, "");
    EXPECT_EQ(page(peer, {"c", "a", "a"}).told, (Told{"a:012", "c:01"})) << "in order, each once";
    auto first = page(peer, {}, 2);
    EXPECT_EQ(first.told, (Told{"a:01"}));
    EXPECT_EQ(first.next, "a:2");
    auto second = page(peer, {}, 2, {{"a", 2}});
    EXPECT_EQ(second.told, (Told{"a:2", "b:0"}));
    EXPECT_EQ(second.next, "c:0");
    EXPECT_EQ(page(peer, {}, 2, {{"c", 0}}).told, (Told{"c:01"}));
    EXPECT_EQ(page(peer, {"a"}, 0).told, (Told{"a:0"})) << "at least one";
    EXPECT_EQ(page(peer, {"a"}, 2000, {{"a", 9}}).told, (Told{"a:"}));
    EXPECT_EQ(page(peer, {}, 2000, {{"aa", 0}}).told, (Told{"b:0", "c:01"})) << "that topic is gone";
    EXPECT_EQ(page(peer, {"a", "c"}, 2000, {{"b", 0}}).told, (Told{"a!INVALID_REQUEST", "c!INVALID_REQUEST"}));
    EXPECT_EQ(page(peer, {"a"}, 2000, {{"a", -1}}).told, (Told{"a!INVALID_REQUEST"}));
    EXPECT_EQ(page(peer, {"none"}).told, (Told{"none!UNKNOWN_TOPIC_OR_PARTITION"}));
  });
}

TEST(KafkaAnswers, WhatIsDeletedTwiceInOneRequestIsRefused) {
  in_a_broker([](Peer& peer) {
    auto remove = [&](std::vector<DeleteTopicsRequest::Topic> topics) {
      DeleteTopicsRequest request;
      request.topics = std::move(topics);
      std::vector<ErrorCode> errors;
      for (const auto& result : peer.call<DeleteTopicsResponse>(request, 6).responses)
        errors.push_back(result.error_code);
      return errors;
    };
    auto id = create_topic(peer, "t", 1).topic_id;
    using Errors = std::vector<ErrorCode>;
    const Errors refused{ErrorCode::invalid_request};
    EXPECT_EQ(remove({{"t", {}}, {"t", {}}}), refused);
    EXPECT_EQ(remove({{std::nullopt, id}, {std::nullopt, id}}), refused);
    EXPECT_EQ(remove({{"t", id}}), refused) << "by name or by id";
    EXPECT_EQ(remove({{std::nullopt, {}}}), refused);
    EXPECT_EQ(remove({{"t", {}}, {std::nullopt, id}}), (Errors{refused[0], refused[0]}));
    EXPECT_EQ(remove({{"none", {}}, {std::nullopt, {1, 2}}}),
              (Errors{ErrorCode::unknown_topic_or_partition, ErrorCode::unknown_topic_id}));
    EXPECT_EQ(remove({{std::nullopt, id}}), Errors{ErrorCode::none}) << "it was left alone until now";
  });
}

TEST(KafkaAnswers, APartitionIsListedAndEmptiedOncePerRequest) {
  in_a_broker([](Peer& peer) {
    create_topic(peer, "t", 2);
    produce(peer, "t", 0, batch_of(5, "x"));
    ListOffsetsRequest list;
    list.topics = {{"t", {{0, -1, -1}}}, {"t", {{1, -1, -1}}}, {"none", {}}};
    auto listed = peer.call<ListOffsetsResponse>(list, 11).topics;
    ASSERT_EQ(listed.size(), 1u);
    EXPECT_EQ(listed[0].partitions.size(), 2u);
    list.topics.push_back({"t", {{0, -1, -2}}});
    auto twice = peer.call<ListOffsetsResponse>(list, 11).topics.at(0).partitions;
    ASSERT_EQ(twice.size(), 2u);
    EXPECT_EQ(twice[0].error_code, ErrorCode::invalid_request);
    EXPECT_EQ(twice[0].offset, -1);
    EXPECT_EQ(twice[1].error_code, ErrorCode::none);
    DeleteRecordsRequest remove;
    remove.timeout_ms = 5000;
    remove.topics = {{"t", {{0, 4}, {0, 2}}}};
    auto removed = peer.call<DeleteRecordsResponse>(remove, 2).topics.at(0).partitions;
    ASSERT_EQ(removed.size(), 1u);
    EXPECT_EQ(removed[0].low_watermark, 2) << "the last that is said of it";
  });
}

TEST(KafkaAnswers, OffsetsThatAreNotGivenHaveNoEpoch) {
  in_a_broker([](Peer& peer) {
    create_topic(peer, "t", 1);
    produce(peer, "t", 0, batch_of(5, "x"));
    auto list = [&](std::int64_t at, std::int16_t version, Epoch claimed = -1, std::int8_t isolation = 0) {
      ListOffsetsRequest request;
      request.isolation_level = isolation;
      request.topics = {{"t", {{0, claimed, at}}}};
      auto got = peer.call<ListOffsetsResponse>(request, version).topics.at(0).partitions.at(0);
      bool told = got.offset != -1 || got.leader_epoch != -1;
      EXPECT_FALSE(told && got.error_code != ErrorCode::none);
      return got;
    };
    EXPECT_EQ(list(-3, 6).error_code, ErrorCode::unsupported_version);
    EXPECT_EQ(list(-4, 7).error_code, ErrorCode::unsupported_version);
    EXPECT_EQ(list(-5, 8).error_code, ErrorCode::unsupported_version);
    EXPECT_EQ(list(-6, 10).error_code, ErrorCode::unsupported_version);
    EXPECT_EQ(list(-7, 11).error_code, ErrorCode::unsupported_version);
    auto pending = list(-6, 11);  // KIP-1023: nothing is to be uploaded
    EXPECT_EQ(pending.error_code, ErrorCode::none);
    EXPECT_EQ(pending.offset, -1);
    EXPECT_EQ(list(-1, 11, -2).error_code, ErrorCode::fenced_leader_epoch);
    EXPECT_EQ(list(-1, 11, -1, 2).error_code, ErrorCode::unknown_server_error) << "no such isolation level";
    EXPECT_EQ(list(-1, 11, -1, 1).offset, 5);
  });
}

TEST(KafkaAnswers, AFetchThatCantBeMeantGetsAnErrorAndNothingElse) {
  in_a_broker([](Peer& peer) {
    create_topic(peer, "t", 1);
    produce(peer, "t", 0, batch_of(5, "x"));
    auto fetch = [&](auto change) {
      auto request = fetch_request({{"t"}});
      change(request, request.topics[0].partitions[0]);
      auto response = peer.call<FetchResponse>(request, fetch_version);
      auto got = response.topics.at(0).partitions.at(0);
      EXPECT_EQ(got.records.empty(), got.error_code != ErrorCode::none);
      bool told = got.high_watermark != -1 || got.log_start_offset != -1;
      EXPECT_FALSE(told && got.error_code != ErrorCode::none);
      return got.error_code;
    };
    EXPECT_EQ(fetch([](auto& request, auto&) { request.isolation_level = 2; }), ErrorCode::unknown_server_error);
    EXPECT_EQ(fetch([](auto& request, auto&) { request.max_bytes = -1; }), ErrorCode::unknown_server_error);
    EXPECT_EQ(fetch([](auto&, auto& partition) { partition.max_bytes = -1; }), ErrorCode::unknown_server_error);
    EXPECT_EQ(fetch([](auto& request, auto&) { request.replica_id = 7; }), ErrorCode::not_leader_or_follower);
    EXPECT_EQ(fetch([](auto& request, auto&) { request.replica_id = -2; }), ErrorCode::none);
    EXPECT_EQ(fetch([](auto&, auto& partition) { partition.fetch_offset = 6; }), ErrorCode::offset_out_of_range);
    auto twice = fetch_request({{"t", 0, 0}, {"t", 0, 5}});
    auto got = peer.call<FetchResponse>(twice, fetch_version).topics.at(0).partitions;
    ASSERT_EQ(got.size(), 1u) << "once, with what was said last";
    EXPECT_TRUE(got[0].records.empty());
    auto committed = fetch_request({{"t"}});
    EXPECT_FALSE(peer.call<FetchResponse>(committed, fetch_version).topics[0].partitions[0].aborted_transactions);
    committed.isolation_level = 1;
    EXPECT_TRUE(peer.call<FetchResponse>(committed, fetch_version).topics[0].partitions[0].aborted_transactions);
  });
}

TEST(KafkaAnswers, ASessionKeepsToNamesOrIdsAndEndsWhenNothingIsLeft) {  // KIP-227, KIP-516
  in_a_broker([](Peer& peer) {
    auto id = create_topic(peer, "t", 2).topic_id;
    auto request = fetch_request({{"t", 0}, {"t", 1}});
    request.session_epoch = 0;
    request.session_id = peer.call<FetchResponse>(request, fetch_version).session_id;
    ASSERT_NE(request.session_id, 0);
    request.session_epoch = 1;
    auto by_id = request;
    by_id.topics[0].topic_id = id;
    EXPECT_EQ(peer.call<FetchResponse>(by_id, fetch_by_id_version).error_code, ErrorCode::fetch_session_topic_id_error);
    auto rest = fetch_request({});
    rest.session_id = request.session_id;
    rest.session_epoch = 1;
    rest.forgotten_topics = {{"t", {}, {0}}};
    EXPECT_EQ(peer.call<FetchResponse>(rest, fetch_version).session_id, request.session_id);
    rest.session_epoch = 2;
    rest.forgotten_topics = {{"t", {}, {1}}};
    EXPECT_EQ(peer.call<FetchResponse>(rest, fetch_version).session_id, 0);
    rest.session_epoch = 3;
    EXPECT_EQ(peer.call<FetchResponse>(rest, fetch_version).error_code, ErrorCode::fetch_session_id_not_found);
  });
}

TEST(KafkaAnswers, EnumerationsOutOfRangeAreRefused) {
  in_a_broker([](Peer& peer) {
    create_topic(peer, "t", 1);
    ElectLeadersRequest elect;
    elect.election_type = 2;
    elect.topics.emplace().push_back({"t", {0}});
    auto elected = peer.call<ElectLeadersResponse>(elect, 2);
    EXPECT_EQ(elected.error_code, ErrorCode::invalid_request);
    EXPECT_EQ(elected.topics.at(0).partitions.at(0).error_code, ErrorCode::invalid_request);
    DescribeClusterRequest cluster;
    cluster.endpoint_type = 3;
    auto described = peer.call<DescribeClusterResponse>(cluster, 2);
    EXPECT_EQ(described.error_code, ErrorCode::unsupported_endpoint_type);
    EXPECT_EQ(described.endpoint_type, 1) << "what was not described is not named";
    InitProducerIdRequest identity;
    identity.producer_id = 5;
    auto given = peer.call<InitProducerIdResponse>(identity, 5);
    EXPECT_EQ(given.error_code, ErrorCode::invalid_request) << "an id without an epoch";
    EXPECT_EQ(given.producer_epoch, -1);
  });
}

TEST(KafkaAnswers, TopicsOfOneNameAreRefusedWherePartitionsAreAdded) {
  in_a_broker([](Peer& peer) {
    create_topic(peer, "t", 1);
    CreatePartitionsRequest request;
    request.topics = {{"t", 2, std::nullopt}, {"t", 3, std::nullopt}};
    auto results = peer.call<CreatePartitionsResponse>(request, 3).results;
    ASSERT_EQ(results.size(), 1u);
    EXPECT_EQ(results[0].error_code, ErrorCode::invalid_request);
    EXPECT_EQ(ask(peer, {{{}, "t"}}, 12).topics.at(0).partitions.size(), 1u);
    CreateTopicsRequest create;
    create.topics.push_back({"__cluster_metadata", 1, 1, {}, {}});
    EXPECT_EQ(peer.call<CreateTopicsResponse>(create, 7).topics.at(0).error_code, ErrorCode::invalid_request);
  });
}

TEST(KafkaAnswers, TheQuorumsNodesAreItsVotersWithAnAddressEach) {  // KIP-853
  in_a_broker([](Peer& peer) {
    DescribeQuorumRequest request;
    request.topics = {{"__cluster_metadata", {{0}}}};
    auto quorum = peer.call<DescribeQuorumResponse>(request, 2);
    ASSERT_EQ(quorum.nodes.size(), 1u);
    EXPECT_EQ(quorum.nodes[0].node_id, 1);
    EXPECT_EQ(quorum.nodes[0].listeners.at(0).port, broker_address.port);
    const auto& leader = quorum.topics.at(0).partitions.at(0).voters.at(0);
    EXPECT_GE(leader.last_fetch_timestamp, World::epoch_ms);
    EXPECT_GE(leader.last_caught_up_timestamp, World::epoch_ms);
    request.topics = {{"t", {{0}}}};
    EXPECT_TRUE(peer.call<DescribeQuorumResponse>(request, 2).nodes.empty());
  });
}

}  // namespace
}  // namespace fulmar
