// Every API, sent by a client that may do nothing: it is refused in each version, nothing changes, and nothing is told
// of what there is: the response about a thing that exists is that about one that does not.
#include <set>

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
#include "broker/server/requests/errors_in.h"
#include "broker/server/requests/served_api.h"
#include "tests/server/guarded_kit.h"

namespace fulmar {
namespace {

using enum ErrorCode;

// Names of a topic, a group and a transaction alike; both of one length.
const std::string there = "secret";
const std::string nowhere = "absent";

constexpr std::int16_t by_id_since = 13;  // Produce and Fetch name topics by their ids

std::string replaced(std::string text) {
  for (auto at = text.find(there); at != std::string::npos; at = text.find(there, at))
    text.replace(at, there.size(), nowhere);
  return text;
}

// Sends requests, as somebody who may do nothing.
class Prober {
 public:
  explicit Prober(Peer& peer) : peer_(peer) {}

  const std::set<ApiKey>& probed() const { return probed_; }

  // In each version: the request that `make(name)` makes is refused with `expected`, alone or for each of its parts;
  // the response about `there` is that about `nowhere`.
  template <class Response, class Make>
  void probe(ErrorCode expected, Make&& make, std::int16_t since = 0, std::int16_t until = 99) {
    const auto& api = api_info(Response::key);
    probed_.insert(Response::key);
    for (auto version = std::max(api.min, since); version <= std::min(api.max, until); ++version) {
      SCOPED_TRACE(std::string(api.name) + " version " + std::to_string(version));
      auto about_there = answer(make(there), version);
      EXPECT_EQ(replaced(about_there), answer(make(nowhere), version)) << "they differ";
      expect_refused<Response>(about_there, version, expected);
    }
  }
  // In each version: a request without names is answered without errors but `expected`, and names nothing.
  template <class Response, class Request>
  void probe_unnamed(const Request& request, ErrorCode expected = none, std::int16_t since = 0) {
    const auto& api = api_info(Response::key);
    probed_.insert(Response::key);
    for (auto version = std::max(api.min, since); version <= api.max; ++version) {
      SCOPED_TRACE(std::string(api.name) + " version " + std::to_string(version));
      auto frame = answer(request, version);
      EXPECT_EQ(frame.find(there), std::string::npos) << "it names what is there";
      expect_refused<Response>(frame, version, expected);
    }
  }

 private:
  // Without its correlation id.
  template <class Request>
  std::string answer(const Request& request, std::int16_t version) {
    peer_.send(request, version);
    auto frame = peer_.frame();
    EXPECT_FALSE(frame.empty()) << "no answer";
    return frame.empty() ? "" : std::string(frame.view().substr(4));
  }

  template <class Response>
  void expect_refused(const std::string& answered, std::int16_t version, ErrorCode expected) {
    Reader reader(Bytes::copy_of("id42" + answered));
    read_response_header(reader, Response::key, version);
    auto response = decode<Response>(reader, version);
    ASSERT_TRUE(response.has_value()) << reader.error();
    std::set<ErrorCode> errors;
    each_error(*response, [&](ErrorCode error) { errors.insert(error); });
    // Some have no place for it in their first versions.
    if (errors.empty() && std::set{ApiKey::describe_log_dirs, ApiKey::elect_leaders}.contains(Response::key)) return;
    EXPECT_EQ(errors, expected == none ? std::set<ErrorCode>() : std::set{expected});
  }

  Peer& peer_;
  std::set<ApiKey> probed_;
};

// Ids are no secret, on Kafka either; the names behind them are.
void probe_by_id(Prober& prober, const Uuid& id) {
  auto batch = produce_request("", 0, batch_of(1, "x"));
  batch.topics.at(0).topic_id = id;
  prober.probe_unnamed<ProduceResponse>(batch, topic_authorization_failed, by_id_since);
  auto fetch = fetch_request({{""}});
  fetch.topics.at(0).topic_id = id;
  prober.probe_unnamed<FetchResponse>(fetch, topic_authorization_failed, by_id_since);
  MetadataRequest metadata;
  metadata.topics.emplace();
  metadata.topics->push_back({id, std::nullopt});
  prober.probe_unnamed<MetadataResponse>(metadata, topic_authorization_failed, 12);
  DeleteTopicsRequest deletion;
  deletion.topics = {{std::nullopt, id}};
  prober.probe_unnamed<DeleteTopicsResponse>(deletion, topic_authorization_failed, 6);
}

void probe_records(Prober& prober) {
  prober.probe<ProduceResponse>(
      topic_authorization_failed, [](const std::string& name) { return produce_request(name, 0, batch_of(1, "x")); }, 0,
      by_id_since - 1);
  prober.probe<FetchResponse>(
      topic_authorization_failed, [](const std::string& name) { return fetch_request({{name}}); }, 0, by_id_since - 1);
  prober.probe<ListOffsetsResponse>(topic_authorization_failed, [](const std::string& name) {
    return ListOffsetsRequest{.topics = {{name, {{.index = 0, .timestamp = -1}}}}};
  });
  prober.probe<OffsetForLeaderEpochResponse>(topic_authorization_failed, [](const std::string& name) {
    return OffsetForLeaderEpochRequest{.topics = {{name, {{.index = 0, .leader_epoch = 0}}}}};
  });
  prober.probe<DeleteRecordsResponse>(topic_authorization_failed, [](const std::string& name) {
    return DeleteRecordsRequest{.topics = {{name, {{.index = 0, .offset = 1}}}}, .timeout_ms = 1000};
  });
  prober.probe<DescribeProducersResponse>(topic_authorization_failed, [](const std::string& name) {
    return DescribeProducersRequest{.topics = {{name, {0}}}};
  });
}

void probe_topics(Prober& prober) {
  prober.probe<MetadataResponse>(
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
  prober.probe_unnamed<MetadataResponse>(MetadataRequest{}, none, 1);
  prober.probe<DescribeTopicPartitionsResponse>(topic_authorization_failed, [](const std::string& name) {
    return DescribeTopicPartitionsRequest{.topics = {{name}}, .cursor = {}};
  });
  prober.probe_unnamed<DescribeTopicPartitionsResponse>(DescribeTopicPartitionsRequest{});
  prober.probe<CreateTopicsResponse>(topic_authorization_failed, [](const std::string& name) {
    CreateTopicsRequest request;
    request.topics.push_back({name, 1, 1, {}, {}});
    return request;
  });
  prober.probe<CreatePartitionsResponse>(topic_authorization_failed, [](const std::string& name) {
    CreatePartitionsRequest request;
    request.topics.push_back({name, 9, std::nullopt});
    return request;
  });
  prober.probe<DeleteTopicsResponse>(topic_authorization_failed, [](const std::string& name) {
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
    prober.probe<DescribeConfigsResponse>(refusal, [&](const std::string& name) {
      return DescribeConfigsRequest{.resources = {{number, named(name), std::nullopt}}};
    });
    prober.probe<AlterConfigsResponse>(refusal, [&](const std::string& name) {
      return AlterConfigsRequest{.resources = {{number, named(name), {{"retention.ms", "5000"}}}}};
    });
    prober.probe<IncrementalAlterConfigsResponse>(refusal, [&](const std::string& name) {
      return IncrementalAlterConfigsRequest{.resources = {{number, named(name), {{"retention.ms", 0, "5000"}}}}};
    });
  }
  prober.probe_unnamed<ListConfigResourcesResponse>(ListConfigResourcesRequest{}, cluster_authorization_failed);
}

void probe_groups(Prober& prober) {
  const auto refusal = group_authorization_failed;
  prober.probe<FindCoordinatorResponse>(refusal, [](const std::string& name) {
    FindCoordinatorRequest request;
    request.key_name = name;
    request.coordinator_keys = {name};
    return request;
  });
  prober.probe<JoinGroupResponse>(refusal, [](const std::string& name) {
    JoinGroupRequest request;
    request.group_id = name;
    request.session_timeout_ms = 10000;
    request.rebalance_timeout_ms = 10000;
    request.protocol_type = "consumer";
    request.protocols = {{"range", Bytes::copy_of("x")}};
    return request;
  });
  prober.probe<SyncGroupResponse>(refusal, [](const std::string& name) {
    SyncGroupRequest request;
    request.group_id = name;
    request.protocol_type = "consumer";
    request.protocol_name = "range";
    return request;
  });
  prober.probe<HeartbeatResponse>(refusal, [](const std::string& name) {
    return HeartbeatRequest{.group_id = name, .member_id = "m", .group_instance_id = {}};
  });
  prober.probe<LeaveGroupResponse>(refusal, [](const std::string& name) {
    return LeaveGroupRequest{.group_id = name, .member_id = "m", .members = {{"m", {}, {}}}};
  });
  prober.probe<OffsetCommitResponse>(refusal, [](const std::string& name) {
    OffsetCommitRequest request;
    request.group_id = name;
    request.topics = {{name, {}, {{0, 7, -1, ""}}}};
    return request;
  });
  prober.probe<OffsetFetchResponse>(refusal, [](const std::string& name) {
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
  prober.probe<OffsetDeleteResponse>(
      refusal, [](const std::string& name) { return OffsetDeleteRequest{name, {{name, {{0}}}}}; });
  prober.probe<DescribeGroupsResponse>(refusal, [](const std::string& name) {
    DescribeGroupsRequest request;
    request.groups = {name};
    request.include_authorized_operations = true;
    return request;
  });
  prober.probe_unnamed<ListGroupsResponse>(ListGroupsRequest{});
  prober.probe<DeleteGroupsResponse>(refusal, [](const std::string& name) { return DeleteGroupsRequest{{name}}; });
  prober.probe<ConsumerGroupHeartbeatResponse>(refusal, [](const std::string& name) {
    ConsumerGroupHeartbeatRequest request;
    request.group_id = name;
    request.member_id = "m";
    request.rebalance_timeout_ms = 10000;
    request.subscribed_topic_names = {name};
    request.topic_partitions.emplace();
    return request;
  });
  prober.probe<ConsumerGroupDescribeResponse>(
      refusal, [](const std::string& name) { return ConsumerGroupDescribeRequest{{name}, true}; });
}

void probe_transactions(Prober& prober) {
  const auto refusal = transactional_id_authorization_failed;
  prober.probe<FindCoordinatorResponse>(
      refusal,
      [](const std::string& name) {
        FindCoordinatorRequest request;
        request.key_type = 1;
        request.key_name = name;
        request.coordinator_keys = {name};
        return request;
      },
      1);
  prober.probe<InitProducerIdResponse>(refusal, [](const std::string& name) {
    InitProducerIdRequest request;
    request.transactional_id = name;
    request.transaction_timeout_ms = 10000;
    return request;
  });
  prober.probe_unnamed<InitProducerIdResponse>(InitProducerIdRequest{}, cluster_authorization_failed);
  // Of clients until version 3, and of brokers after that.
  auto add = [](const std::string& name) {
    AddPartitionsToTxnRequest request;
    request.transactional_id = name;
    request.producer_id = 1000;
    request.topics = {{name, {0}}};
    request.transactions = {{name, 1000, 0, false, {{name, {0}}}}};
    return request;
  };
  prober.probe<AddPartitionsToTxnResponse>(refusal, add, 0, 3);
  prober.probe<AddPartitionsToTxnResponse>(cluster_authorization_failed, add, 4);
  prober.probe<AddOffsetsToTxnResponse>(
      refusal, [](const std::string& name) { return AddOffsetsToTxnRequest{name, 1000, 0, name}; });
  prober.probe<EndTxnResponse>(refusal, [](const std::string& name) { return EndTxnRequest{name, 1000, 0, true}; });
  prober.probe<TxnOffsetCommitResponse>(refusal, [](const std::string& name) {
    TxnOffsetCommitRequest request;
    request.transactional_id = name;
    request.group_id = name;
    request.topics = {{name, {}, {{0, 7, -1, ""}}}};
    return request;
  });
  prober.probe<DescribeTransactionsResponse>(
      refusal, [](const std::string& name) { return DescribeTransactionsRequest{{name}}; });
  prober.probe_unnamed<ListTransactionsResponse>(ListTransactionsRequest{});
  prober.probe<WriteTxnMarkersResponse>(cluster_authorization_failed, [](const std::string& name) {
    WriteTxnMarkersRequest request;
    request.markers.push_back({1000, 0, true, {{name, {0}}}, 0});
    return request;
  });
}

void probe_cluster(Prober& prober) {
  const auto refusal = cluster_authorization_failed;
  prober.probe_unnamed<ApiVersionsResponse>(ApiVersionsRequest{"client", "1"});
  prober.probe_unnamed<DescribeClusterResponse>(DescribeClusterRequest{});
  prober.probe_unnamed<DescribeLogDirsResponse>(DescribeLogDirsRequest{}, refusal);
  prober.probe_unnamed<ElectLeadersResponse>(ElectLeadersRequest{}, refusal);
  prober.probe<AlterPartitionReassignmentsResponse>(refusal, [](const std::string& name) {
    AlterPartitionReassignmentsRequest request;
    request.topics = {{name, {{0, std::vector<std::int32_t>{1}}}}};
    return request;
  });
  prober.probe_unnamed<ListPartitionReassignmentsResponse>(ListPartitionReassignmentsRequest{}, refusal);
  prober.probe_unnamed<DescribeQuorumResponse>(DescribeQuorumRequest{{{"__cluster_metadata", {{0}}}}}, refusal);
  prober.probe_unnamed<AddRaftVoterResponse>(AddRaftVoterRequest{}, refusal);
  prober.probe_unnamed<RemoveRaftVoterResponse>(RemoveRaftVoterRequest{}, refusal);
  prober.probe_unnamed<UpdateFeaturesResponse>(UpdateFeaturesRequest{}, refusal);
  prober.probe_unnamed<UnregisterBrokerResponse>(UnregisterBrokerRequest{}, refusal);
  prober.probe_unnamed<DescribeClientsResponse>(DescribeClientsRequest{}, refusal);
  DescribeAclsRequest all;
  all.pattern_type = AclPatternType::any;
  prober.probe_unnamed<DescribeAclsResponse>(all, refusal);
  prober.probe<CreateAclsResponse>(refusal, [](const std::string& name) {
    return CreateAclsRequest{{{AclResourceType::topic, name, AclPatternType::literal, "User:ANONYMOUS", "*",
                               AclOperation::all, AclPermission::allow}}};
  });
  DeleteAclsRequest none_left;
  none_left.filters.emplace_back();
  none_left.filters.back().pattern_type = AclPatternType::any;
  prober.probe_unnamed<DeleteAclsResponse>(none_left, refusal);
}

void probe_users(Prober& prober) {
  const auto refusal = cluster_authorization_failed;
  // There is nothing to authenticate on this listener, whoever asks.
  prober.probe_unnamed<SaslHandshakeResponse>(SaslHandshakeRequest{"PLAIN"}, illegal_sasl_state);
  prober.probe_unnamed<SaslAuthenticateResponse>(SaslAuthenticateRequest{}, illegal_sasl_state);
  prober.probe<DescribeUserScramCredentialsResponse>(
      refusal, [](const std::string& name) { return DescribeUserScramCredentialsRequest{{{{name}}}}; });
  prober.probe_unnamed<DescribeUserScramCredentialsResponse>(DescribeUserScramCredentialsRequest{}, refusal);
  prober.probe<AlterUserScramCredentialsResponse>(refusal, [](const std::string& name) {
    AlterUserScramCredentialsRequest request;
    request.upsertions.push_back({name, 1, 4096, Bytes::copy_of("salt"), Bytes::copy_of(std::string(32, 'p'))});
    return request;
  });
  prober.probe_unnamed<DescribeClientQuotasResponse>(DescribeClientQuotasRequest{}, refusal);
  prober.probe<AlterClientQuotasResponse>(refusal, [](const std::string& name) {
    return AlterClientQuotasRequest{{{{{"user", name}}, {{"producer_byte_rate", 1000, false}}}}, false};
  });
}

// What an operator sees of the cluster, as text.
std::string state_of(Peer& peer) {
  std::string state;
  auto add = [&](const auto& response, std::int16_t version) { state += describe_text(response, version) + "\n"; };
  add(peer.call<MetadataResponse>(MetadataRequest{}, 12), 12);
  add(peer.call<ListOffsetsResponse>(ListOffsetsRequest{.topics = {{there, {{.index = 0, .timestamp = -1}}}}}, 7), 7);
  add(peer.call<ListOffsetsResponse>(ListOffsetsRequest{.topics = {{there, {{.index = 0, .timestamp = -2}}}}}, 7), 7);
  auto topic = static_cast<std::int8_t>(ConfigResource::topic);
  auto group = static_cast<std::int8_t>(ConfigResource::group);
  auto broker = static_cast<std::int8_t>(ConfigResource::broker);
  add(peer.call<DescribeConfigsResponse>(
          DescribeConfigsRequest{.resources = {{topic, there, {}}, {group, there, {}}, {broker, "1", {}}}}, 4),
      4);
  add(peer.call<ListGroupsResponse>(ListGroupsRequest{}, 5), 5);
  DescribeGroupsRequest groups;
  groups.groups = {there};
  add(peer.call<DescribeGroupsResponse>(groups, 5), 5);
  OffsetFetchRequest offsets;
  offsets.group_id = there;
  offsets.topics.reset();
  add(peer.call<OffsetFetchResponse>(offsets, 7), 7);
  add(peer.call<DescribeTransactionsResponse>(DescribeTransactionsRequest{{there}}, 0), 0);
  add(peer.call<ListTransactionsResponse>(ListTransactionsRequest{}, 1), 1);
  add(peer.call<DescribeProducersResponse>(DescribeProducersRequest{.topics = {{there, {0}}}}, 0), 0);
  add(peer.call<DescribeClusterResponse>(DescribeClusterRequest{}, 1), 1);
  DescribeAclsRequest acls;
  acls.pattern_type = AclPatternType::any;
  add(peer.call<DescribeAclsResponse>(acls, 3), 3);
  add(peer.call<DescribeUserScramCredentialsResponse>(DescribeUserScramCredentialsRequest{}, 0), 0);
  add(peer.call<DescribeClientQuotasResponse>(DescribeClientQuotasRequest{}, 1), 1);
  return state;
}

// A topic with a record, a group with an offset, and a transaction, each of the name `there`.
void make_secrets(Peer& peer) {
  EXPECT_EQ(create_topic(peer, there, 1).error_code, none);
  EXPECT_EQ(produce(peer, there, 0, batch_of(3, "value")).error_code, none);
  FindCoordinatorRequest find;
  find.coordinator_keys = {there};
  for (std::int8_t type : {0, 1}) {
    find.key_type = type;
    for (int tries = 0; tries < 100; ++tries) {
      auto found = peer.call<FindCoordinatorResponse>(find, 4).coordinators.at(0);
      if (found.error_code == none) break;
      peer.host().clock().sleep_for(milliseconds(100));
    }
  }
  OffsetCommitRequest commit;
  commit.group_id = there;
  commit.topics = {{there, {}, {{0, 2, -1, ""}}}};
  InitProducerIdRequest init;
  init.transactional_id = there;
  init.transaction_timeout_ms = 600'000;
  auto committed = unknown_server_error;
  auto initialised = unknown_server_error;
  for (int tries = 0; tries < 100 && (committed != none || initialised != none); ++tries) {
    if (committed != none)
      committed = peer.call<OffsetCommitResponse>(commit, 8).topics.at(0).partitions.at(0).error_code;
    if (initialised != none) initialised = peer.call<InitProducerIdResponse>(init, 4).error_code;
    peer.host().clock().sleep_for(milliseconds(100));
  }
  EXPECT_EQ(committed, none);
  EXPECT_EQ(initialised, none);
}

TEST(Denied, EveryApiDecidesWhoMaySendIt) {
  std::set<ApiKey> for_everybody;
  for (const auto& api : served_apis()) {
    const auto* served = served_api(static_cast<std::int16_t>(api.key));
    ASSERT_NE(served, nullptr) << api.name;
    if (served->permission.is_for_everybody()) for_everybody.insert(api.key);
  }
  EXPECT_EQ(for_everybody, (std::set{ApiKey::api_versions, ApiKey::describe_cluster, ApiKey::sasl_handshake,
                                     ApiKey::sasl_authenticate}));
}

TEST(Denied, WhoMayDoNothingLearnsAndChangesNothingByAnyApi) {
  GuardedWorld world;
  std::string before;
  Uuid id;
  world.as_operator([&](Peer& peer) {
    make_secrets(peer);
    id = metadata(peer, {there}).topics.at(0).topic_id;
    before = state_of(peer);
  });
  EXPECT_NE(before.find(there), std::string::npos);
  world.as_stranger([&](Peer& peer) {
    Prober prober(peer);
    probe_records(prober);
    probe_by_id(prober, id);
    probe_topics(prober);
    probe_groups(prober);
    probe_transactions(prober);
    probe_cluster(prober);
    probe_users(prober);
    for (const auto& api : served_apis()) EXPECT_TRUE(prober.probed().contains(api.key)) << api.name;
  });
  world.it.world.run_for(seconds(2));
  world.as_operator([&](Peer& peer) { EXPECT_EQ(state_of(peer), before); });
}

}  // namespace
}  // namespace fulmar
