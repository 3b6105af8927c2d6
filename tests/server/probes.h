// Requests of every API, which would tell or change something about things of the name `there`: a topic, a group, a
// transaction and so on. Who may not be told must get the same answer as about `nowhere`.
//
// A Prober has two functions: probe<Response>(expected, make, since, until), where make(name) is a request about the
// name, to be sent in each version from `since` to `until`, and refused with `expected`, alone or for each of its
// parts; and probe_unnamed<Response>(request, expected, since) for requests without names.
#pragma once

#include <string>

#include "broker/protocol/messages/alter_configs.h"
#include "broker/protocol/messages/api_versions.h"
#include "broker/protocol/messages/classic_group.h"
#include "broker/protocol/messages/client_quotas.h"
#include "broker/protocol/messages/consumer_group.h"
#include "broker/protocol/messages/describe_clients.h"
#include "broker/protocol/messages/describe_cluster.h"
#include "broker/protocol/messages/describe_configs.h"
#include "broker/protocol/messages/describe_log_dirs.h"
#include "broker/protocol/messages/describe_topic_partitions.h"
#include "broker/protocol/messages/find_coordinator.h"
#include "broker/protocol/messages/group_offsets.h"
#include "broker/protocol/messages/groups.h"
#include "broker/protocol/messages/leaders.h"
#include "broker/protocol/messages/list_offsets.h"
#include "broker/protocol/messages/offset_for_leader_epoch.h"
#include "broker/protocol/messages/producers.h"
#include "broker/protocol/messages/quorum.h"
#include "broker/protocol/messages/raft_voters.h"
#include "broker/protocol/messages/reassignments.h"
#include "broker/protocol/messages/sasl.h"
#include "broker/protocol/messages/scram_credentials.h"
#include "broker/protocol/messages/transactions.h"
#include "broker/protocol/messages/unregister_broker.h"
#include "broker/protocol/messages/update_features.h"
#include "tests/server/broker_test_kit.h"

namespace fulmar {

// Names of a topic, a group and a transaction alike; both of one length.
inline const std::string there = "secret";
inline const std::string nowhere = "absent";

// The first version in which Produce and Fetch name topics by their ids.
inline constexpr std::int16_t probed_by_id_since = 13;

// Ids are no secret, on Kafka either; the names behind them are.
template <class Prober>
void probe_by_id(Prober& prober, const Uuid& id) {
  using enum ErrorCode;
  auto batch = produce_request("", 0, batch_of(1, "x"));
  batch.topics.at(0).topic_id = id;
  prober.template probe_unnamed<ProduceResponse>(batch, topic_authorization_failed, probed_by_id_since);
  auto fetch = fetch_request({{""}});
  fetch.topics.at(0).topic_id = id;
  prober.template probe_unnamed<FetchResponse>(fetch, topic_authorization_failed, probed_by_id_since);
  MetadataRequest metadata;
  metadata.topics.emplace();
  metadata.topics->push_back({id, std::nullopt});
  prober.template probe_unnamed<MetadataResponse>(metadata, topic_authorization_failed, 12);
  DeleteTopicsRequest deletion;
  deletion.topics = {{std::nullopt, id}};
  prober.template probe_unnamed<DeleteTopicsResponse>(deletion, topic_authorization_failed, 6);
}

template <class Prober>
void probe_records(Prober& prober) {
  using enum ErrorCode;
  prober.template probe<ProduceResponse>(
      topic_authorization_failed, [](const std::string& name) { return produce_request(name, 0, batch_of(1, "x")); }, 0,
      probed_by_id_since - 1);
  prober.template probe<FetchResponse>(
      topic_authorization_failed, [](const std::string& name) { return fetch_request({{name}}); }, 0,
      probed_by_id_since - 1);
  prober.template probe<ListOffsetsResponse>(topic_authorization_failed, [](const std::string& name) {
    return ListOffsetsRequest{.topics = {{name, {{.index = 0, .timestamp = -1}}}}};
  });
  prober.template probe<OffsetForLeaderEpochResponse>(topic_authorization_failed, [](const std::string& name) {
    return OffsetForLeaderEpochRequest{.topics = {{name, {{.index = 0, .leader_epoch = 0}}}}};
  });
  prober.template probe<DeleteRecordsResponse>(topic_authorization_failed, [](const std::string& name) {
    return DeleteRecordsRequest{.topics = {{name, {{.index = 0, .offset = 1}}}}, .timeout_ms = 1000};
  });
  prober.template probe<DescribeProducersResponse>(topic_authorization_failed, [](const std::string& name) {
    return DescribeProducersRequest{.topics = {{name, {0}}}};
  });
}

template <class Prober>
void probe_topics(Prober& prober) {
  using enum ErrorCode;
  prober.template probe<MetadataResponse>(
      topic_authorization_failed,
      [](const std::string& name) {
        MetadataRequest request;
        request.topics.emplace();
        request.topics->push_back({{}, name});
        request.allow_auto_topic_creation = true;
        request.include_topic_authorized_operations = true;
        request.include_cluster_authorized_operations = true;
        return request;
      },
      1);
  prober.template probe_unnamed<MetadataResponse>(MetadataRequest{}, none, 1);
  prober.template probe<DescribeTopicPartitionsResponse>(topic_authorization_failed, [](const std::string& name) {
    return DescribeTopicPartitionsRequest{.topics = {{name}}, .cursor = {}};
  });
  prober.template probe_unnamed<DescribeTopicPartitionsResponse>(DescribeTopicPartitionsRequest{});
  prober.template probe<CreateTopicsResponse>(topic_authorization_failed, [](const std::string& name) {
    CreateTopicsRequest request;
    request.topics.push_back({name, 1, 1, {}, {}});
    return request;
  });
  prober.template probe<CreatePartitionsResponse>(topic_authorization_failed, [](const std::string& name) {
    CreatePartitionsRequest request;
    request.topics.push_back({name, 9, std::nullopt});
    return request;
  });
  prober.template probe<DeleteTopicsResponse>(topic_authorization_failed, [](const std::string& name) {
    DeleteTopicsRequest request;
    request.topic_names = {name};
    request.topics = {{name, {}}};
    return request;
  });
  for (auto type : {ConfigResource::topic, ConfigResource::group, ConfigResource::broker}) {
    auto refusal = type == ConfigResource::topic   ? topic_authorization_failed
                   : type == ConfigResource::group ? group_authorization_failed
                                                   : cluster_authorization_failed;
    auto number = static_cast<std::int8_t>(type);
    auto named = [type](const std::string& name) { return type == ConfigResource::broker ? "1" : name; };
    prober.template probe<DescribeConfigsResponse>(refusal, [&](const std::string& name) {
      return DescribeConfigsRequest{.resources = {{number, named(name), std::nullopt}}};
    });
    prober.template probe<AlterConfigsResponse>(refusal, [&](const std::string& name) {
      return AlterConfigsRequest{.resources = {{number, named(name), {{"retention.ms", "5000"}}}}};
    });
    prober.template probe<IncrementalAlterConfigsResponse>(refusal, [&](const std::string& name) {
      return IncrementalAlterConfigsRequest{.resources = {{number, named(name), {{"retention.ms", 0, "5000"}}}}};
    });
  }
  prober.template probe_unnamed<ListConfigResourcesResponse>(ListConfigResourcesRequest{},
                                                             cluster_authorization_failed);
}

template <class Prober>
void probe_groups(Prober& prober) {
  using enum ErrorCode;
  const auto refusal = group_authorization_failed;
  prober.template probe<FindCoordinatorResponse>(refusal, [](const std::string& name) {
    FindCoordinatorRequest request;
    request.key_name = name;
    request.coordinator_keys = {name};
    return request;
  });
  prober.template probe<JoinGroupResponse>(refusal, [](const std::string& name) {
    JoinGroupRequest request;
    request.group_id = name;
    request.session_timeout_ms = 10000;
    request.rebalance_timeout_ms = 10000;
    request.protocol_type = "consumer";
    request.protocols = {{"range", Bytes::copy_of("x")}};
    return request;
  });
  prober.template probe<SyncGroupResponse>(refusal, [](const std::string& name) {
    SyncGroupRequest request;
    request.group_id = name;
    request.protocol_type = "consumer";
    request.protocol_name = "range";
    return request;
  });
  prober.template probe<HeartbeatResponse>(refusal, [](const std::string& name) {
    return HeartbeatRequest{.group_id = name, .member_id = "m", .group_instance_id = {}};
  });
  prober.template probe<LeaveGroupResponse>(refusal, [](const std::string& name) {
    return LeaveGroupRequest{.group_id = name, .member_id = "m", .members = {{"m", {}, {}}}};
  });
  prober.template probe<OffsetCommitResponse>(refusal, [](const std::string& name) {
    OffsetCommitRequest request;
    request.group_id = name;
    request.topics = {{name, {}, {{0, 7, -1, ""}}}};
    return request;
  });
  prober.template probe<OffsetFetchResponse>(refusal, [](const std::string& name) {
    OffsetFetchRequest request;
    request.group_id = name;
    request.topics.emplace();
    request.topics->push_back({name, {0}});
    request.groups.emplace_back();
    request.groups.back().group_id = name;
    request.groups.back().topics.emplace();
    request.groups.back().topics->push_back({name, {}, {0}});
    return request;
  });
  prober.template probe<OffsetDeleteResponse>(
      refusal, [](const std::string& name) { return OffsetDeleteRequest{name, {{name, {{0}}}}}; });
  prober.template probe<DescribeGroupsResponse>(refusal, [](const std::string& name) {
    DescribeGroupsRequest request;
    request.groups = {name};
    request.include_authorized_operations = true;
    return request;
  });
  prober.template probe_unnamed<ListGroupsResponse>(ListGroupsRequest{});
  prober.template probe<DeleteGroupsResponse>(refusal,
                                              [](const std::string& name) { return DeleteGroupsRequest{{name}}; });
  prober.template probe<ConsumerGroupHeartbeatResponse>(refusal, [](const std::string& name) {
    ConsumerGroupHeartbeatRequest request;
    request.group_id = name;
    request.member_id = "m";
    request.rebalance_timeout_ms = 10000;
    request.subscribed_topic_names = {name};
    request.topic_partitions.emplace();
    return request;
  });
  prober.template probe<ConsumerGroupDescribeResponse>(
      refusal, [](const std::string& name) { return ConsumerGroupDescribeRequest{{name}, true}; });
}

template <class Prober>
void probe_transactions(Prober& prober) {
  using enum ErrorCode;
  const auto refusal = transactional_id_authorization_failed;
  prober.template probe<FindCoordinatorResponse>(
      refusal,
      [](const std::string& name) {
        FindCoordinatorRequest request;
        request.key_type = 1;
        request.key_name = name;
        request.coordinator_keys = {name};
        return request;
      },
      1);
  prober.template probe<InitProducerIdResponse>(refusal, [](const std::string& name) {
    InitProducerIdRequest request;
    request.transactional_id = name;
    request.transaction_timeout_ms = 10000;
    return request;
  });
  prober.template probe_unnamed<InitProducerIdResponse>(InitProducerIdRequest{}, cluster_authorization_failed);
  // Of clients until version 3, and of brokers after that.
  auto add = [](const std::string& name) {
    AddPartitionsToTxnRequest request;
    request.transactional_id = name;
    request.producer_id = 1000;
    request.topics = {{name, {0}}};
    request.transactions = {{name, 1000, 0, false, {{name, {0}}}}};
    return request;
  };
  prober.template probe<AddPartitionsToTxnResponse>(refusal, add, 0, 3);
  prober.template probe<AddPartitionsToTxnResponse>(cluster_authorization_failed, add, 4);
  prober.template probe<AddOffsetsToTxnResponse>(
      refusal, [](const std::string& name) { return AddOffsetsToTxnRequest{name, 1000, 0, name}; });
  prober.template probe<EndTxnResponse>(refusal,
                                        [](const std::string& name) { return EndTxnRequest{name, 1000, 0, true}; });
  prober.template probe<TxnOffsetCommitResponse>(refusal, [](const std::string& name) {
    TxnOffsetCommitRequest request;
    request.transactional_id = name;
    request.group_id = name;
    request.topics = {{name, {}, {{0, 7, -1, ""}}}};
    return request;
  });
  prober.template probe<DescribeTransactionsResponse>(
      refusal, [](const std::string& name) { return DescribeTransactionsRequest{{name}}; });
  prober.template probe_unnamed<ListTransactionsResponse>(ListTransactionsRequest{});
  prober.template probe<WriteTxnMarkersResponse>(cluster_authorization_failed, [](const std::string& name) {
    WriteTxnMarkersRequest request;
    request.markers.push_back({1000, 0, true, {{name, {0}}}, 0});
    return request;
  });
}

template <class Prober>
void probe_cluster(Prober& prober) {
  using enum ErrorCode;
  const auto refusal = cluster_authorization_failed;
  prober.template probe_unnamed<ApiVersionsResponse>(ApiVersionsRequest{"client", "1"});
  prober.template probe_unnamed<DescribeClusterResponse>(DescribeClusterRequest{});
  prober.template probe_unnamed<DescribeLogDirsResponse>(DescribeLogDirsRequest{}, refusal);
  prober.template probe_unnamed<ElectLeadersResponse>(ElectLeadersRequest{}, refusal);
  prober.template probe<AlterPartitionReassignmentsResponse>(refusal, [](const std::string& name) {
    AlterPartitionReassignmentsRequest request;
    request.topics = {{name, {{0, std::vector<std::int32_t>{1}}}}};
    return request;
  });
  prober.template probe_unnamed<ListPartitionReassignmentsResponse>(ListPartitionReassignmentsRequest{}, refusal);
  prober.template probe_unnamed<DescribeQuorumResponse>(DescribeQuorumRequest{{{"__cluster_metadata", {{0}}}}},
                                                        refusal);
  prober.template probe_unnamed<AddRaftVoterResponse>(AddRaftVoterRequest{}, refusal);
  prober.template probe_unnamed<RemoveRaftVoterResponse>(RemoveRaftVoterRequest{}, refusal);
  prober.template probe_unnamed<UpdateFeaturesResponse>(UpdateFeaturesRequest{}, refusal);
  prober.template probe_unnamed<UnregisterBrokerResponse>(UnregisterBrokerRequest{}, refusal);
  prober.template probe_unnamed<DescribeClientsResponse>(DescribeClientsRequest{}, refusal);
  DescribeAclsRequest all;
  all.pattern_type = AclPatternType::any;
  prober.template probe_unnamed<DescribeAclsResponse>(all, refusal);
  prober.template probe<CreateAclsResponse>(refusal, [](const std::string& name) {
    return CreateAclsRequest{{{AclResourceType::topic, name, AclPatternType::literal, "User:ANONYMOUS", "*",
                               AclOperation::all, AclPermission::allow}}};
  });
  DeleteAclsRequest none_left;
  none_left.filters.emplace_back();
  none_left.filters.back().pattern_type = AclPatternType::any;
  prober.template probe_unnamed<DeleteAclsResponse>(none_left, refusal);
}

template <class Prober>
void probe_users(Prober& prober) {
  using enum ErrorCode;
  const auto refusal = cluster_authorization_failed;
  // There is nothing to authenticate on this listener, whoever asks.
  prober.template probe_unnamed<SaslHandshakeResponse>(SaslHandshakeRequest{"PLAIN"}, illegal_sasl_state);
  prober.template probe_unnamed<SaslAuthenticateResponse>(SaslAuthenticateRequest{}, illegal_sasl_state);
  prober.template probe<DescribeUserScramCredentialsResponse>(
      refusal, [](const std::string& name) { return DescribeUserScramCredentialsRequest{{{{name}}}}; });
  prober.template probe_unnamed<DescribeUserScramCredentialsResponse>(DescribeUserScramCredentialsRequest{}, refusal);
  prober.template probe<AlterUserScramCredentialsResponse>(refusal, [](const std::string& name) {
    AlterUserScramCredentialsRequest request;
    request.upsertions.push_back({name, 1, 4096, Bytes::copy_of("salt"), Bytes::copy_of(std::string(32, 'p'))});
    return request;
  });
  prober.template probe_unnamed<DescribeClientQuotasResponse>(DescribeClientQuotasRequest{}, refusal);
  prober.template probe<AlterClientQuotasResponse>(refusal, [](const std::string& name) {
    return AlterClientQuotasRequest{{{{{"user", name}}, {{"producer_byte_rate", 1000, false}}}}, false};
  });
}

// All of them; `id`: of the topic `there`.
template <class Prober>
void probe_all(Prober& prober, const Uuid& id) {
  probe_records(prober);
  probe_by_id(prober, id);
  probe_topics(prober);
  probe_groups(prober);
  probe_transactions(prober);
  probe_cluster(prober);
  probe_users(prober);
}

}  // namespace fulmar
