// Calls a test for every message of the protocol.
#pragma once

#include "broker/protocol/message.h"
#include "broker/protocol/messages/acls.h"
#include "broker/protocol/messages/alter_configs.h"
#include "broker/protocol/messages/api_versions.h"
#include "broker/protocol/messages/classic_group.h"
#include "broker/protocol/messages/client_quotas.h"
#include "broker/protocol/messages/consumer_group.h"
#include "broker/protocol/messages/consumer_protocol.h"
#include "broker/protocol/messages/describe_clients.h"
#include "broker/protocol/messages/describe_cluster.h"
#include "broker/protocol/messages/describe_configs.h"
#include "broker/protocol/messages/describe_log_dirs.h"
#include "broker/protocol/messages/describe_topic_partitions.h"
#include "broker/protocol/messages/fetch.h"
#include "broker/protocol/messages/find_coordinator.h"
#include "broker/protocol/messages/group_offsets.h"
#include "broker/protocol/messages/groups.h"
#include "broker/protocol/messages/init_producer_id.h"
#include "broker/protocol/messages/leaders.h"
#include "broker/protocol/messages/list_offsets.h"
#include "broker/protocol/messages/metadata.h"
#include "broker/protocol/messages/offset_for_leader_epoch.h"
#include "broker/protocol/messages/peer.h"
#include "broker/protocol/messages/produce.h"
#include "broker/protocol/messages/producers.h"
#include "broker/protocol/messages/quorum.h"
#include "broker/protocol/messages/raft_voters.h"
#include "broker/protocol/messages/reassignments.h"
#include "broker/protocol/messages/sasl.h"
#include "broker/protocol/messages/scram_credentials.h"
#include "broker/protocol/messages/topics.h"
#include "broker/protocol/messages/transactions.h"
#include "broker/protocol/messages/unregister_broker.h"
#include "broker/protocol/messages/update_features.h"
#include "broker/protocol/records/consumer_offsets.h"
#include "broker/protocol/records/transaction_log.h"

namespace fulmar {

template <class F, class... Messages>
void for_each_of(F&& f) {
  (f.template operator()<Messages>(), ...);
}

template <class F>
void for_each_request(F&& f) {
  for_each_of<F, ProduceRequest, FetchRequest, ListOffsetsRequest, MetadataRequest, FindCoordinatorRequest,
              ApiVersionsRequest, CreateTopicsRequest, DeleteTopicsRequest, DeleteRecordsRequest, InitProducerIdRequest,
              DescribeConfigsRequest, AlterConfigsRequest, IncrementalAlterConfigsRequest, ListConfigResourcesRequest,
              CreatePartitionsRequest, DescribeClusterRequest, OffsetForLeaderEpochRequest, DescribeLogDirsRequest,
              ElectLeadersRequest, AlterPartitionReassignmentsRequest, ListPartitionReassignmentsRequest,
              DescribeQuorumRequest, UpdateFeaturesRequest, AddRaftVoterRequest, RemoveRaftVoterRequest,
              UnregisterBrokerRequest, DescribeTopicPartitionsRequest, JoinGroupRequest, SyncGroupRequest,
              HeartbeatRequest, LeaveGroupRequest, OffsetCommitRequest, OffsetFetchRequest, OffsetDeleteRequest,
              DescribeGroupsRequest, ListGroupsRequest, DeleteGroupsRequest, ConsumerGroupHeartbeatRequest,
              ConsumerGroupDescribeRequest, AddPartitionsToTxnRequest, AddOffsetsToTxnRequest, EndTxnRequest,
              TxnOffsetCommitRequest, WriteTxnMarkersRequest, DescribeTransactionsRequest, ListTransactionsRequest,
              DescribeProducersRequest, DescribeClientQuotasRequest, AlterClientQuotasRequest, SaslHandshakeRequest,
              SaslAuthenticateRequest, AlterUserScramCredentialsRequest, DescribeUserScramCredentialsRequest,
              DescribeClientsRequest, DescribeAclsRequest, CreateAclsRequest, DeleteAclsRequest, PeerHelloRequest,
              RaftMessagesRequest, LeadersRequest, RegisterBrokerRequest, BrokerHeartbeatRequest, PreferLeadersRequest,
              ForwardRequest, PulsesRequest, FetchMetadataSnapshotRequest, PeerProofRequest>(std::forward<F>(f));
}

template <class F>
void for_each_response(F&& f) {
  for_each_of<F, ProduceResponse, FetchResponse, ListOffsetsResponse, MetadataResponse, FindCoordinatorResponse,
              ApiVersionsResponse, CreateTopicsResponse, DeleteTopicsResponse, DeleteRecordsResponse,
              InitProducerIdResponse, DescribeConfigsResponse, AlterConfigsResponse, IncrementalAlterConfigsResponse,
              ListConfigResourcesResponse, CreatePartitionsResponse, DescribeClusterResponse,
              OffsetForLeaderEpochResponse, DescribeLogDirsResponse, ElectLeadersResponse,
              AlterPartitionReassignmentsResponse, ListPartitionReassignmentsResponse, DescribeQuorumResponse,
              UpdateFeaturesResponse, AddRaftVoterResponse, RemoveRaftVoterResponse, UnregisterBrokerResponse,
              DescribeTopicPartitionsResponse, JoinGroupResponse, SyncGroupResponse, HeartbeatResponse,
              LeaveGroupResponse, OffsetCommitResponse, OffsetFetchResponse, OffsetDeleteResponse,
              DescribeGroupsResponse, ListGroupsResponse, DeleteGroupsResponse, ConsumerGroupHeartbeatResponse,
              ConsumerGroupDescribeResponse, AddPartitionsToTxnResponse, AddOffsetsToTxnResponse, EndTxnResponse,
              TxnOffsetCommitResponse, WriteTxnMarkersResponse, DescribeTransactionsResponse, ListTransactionsResponse,
              DescribeProducersResponse, DescribeClientQuotasResponse, AlterClientQuotasResponse, SaslHandshakeResponse,
              SaslAuthenticateResponse, AlterUserScramCredentialsResponse, DescribeUserScramCredentialsResponse,
              DescribeClientsResponse, DescribeAclsResponse, CreateAclsResponse, DeleteAclsResponse, PeerHelloResponse,
              RegisterBrokerResponse, BrokerHeartbeatResponse, PreferLeadersResponse, ForwardResponse,
              FetchMetadataSnapshotResponse, PulsesResponse>(std::forward<F>(f));
}

// Structures that belong to no API.
template <class F>
void for_each_carried(F&& f) {
  for_each_of<F, ConsumerProtocolSubscription, ConsumerProtocolAssignment>(std::forward<F>(f));
}

// The key types of coordinators' records; each names its value's type.
template <class F>
void for_each_record_key(F&& f) {
  for_each_of<F, OffsetCommitKey, GroupMetadataKey, ConsumerGroupMetadataKey, ConsumerGroupPartitionMetadataKey,
              ConsumerGroupMemberMetadataKey, ConsumerGroupTargetAssignmentMetadataKey,
              ConsumerGroupTargetAssignmentMemberKey, ConsumerGroupCurrentMemberAssignmentKey,
              ConsumerGroupRegularExpressionKey, TransactionLogKey>(std::forward<F>(f));
}

}  // namespace fulmar
