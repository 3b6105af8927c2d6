#include "broker/protocol/api_key.h"

#include <algorithm>
#include <array>

#include "runtime/base/assert.h"

namespace fulmar {

namespace {
constexpr bool unserved = false;  // see ApiInfo::served
constexpr bool served = true;
constexpr bool unadvertised = false;  // see ApiInfo::advertised

// librdkafka up to 2.8 takes "Produce from version 0" to mean that compressed batches are welcome, so Produce is
// advertised from 0 though versions 0 to 2 are answered UNSUPPORTED_VERSION (KIP-896, KAFKA-18659).
constexpr ApiInfo table[] = {
    {ApiKey::produce, "Produce", 3, 13, 9, 0},
    {ApiKey::fetch, "Fetch", 4, 18, 12, 4},
    {ApiKey::list_offsets, "ListOffsets", 1, 11, 6, 1},
    {ApiKey::metadata, "Metadata", 0, 13, 9, 0},
    {ApiKey::find_coordinator, "FindCoordinator", 0, 6, 3, 0},
    {ApiKey::sasl_handshake, "SaslHandshake", 0, 1, never_flexible, 0},
    {ApiKey::api_versions, "ApiVersions", 0, 5, 3, 0},
    {ApiKey::create_topics, "CreateTopics", 2, 7, 5, 2},
    {ApiKey::delete_topics, "DeleteTopics", 1, 6, 4, 1},
    {ApiKey::delete_records, "DeleteRecords", 0, 2, 2, 0},
    {ApiKey::init_producer_id, "InitProducerId", 0, 5, 2, 0},
    {ApiKey::offset_for_leader_epoch, "OffsetForLeaderEpoch", 2, 4, 4, 2},
    {ApiKey::describe_acls, "DescribeAcls", 1, 3, 2, 1},
    {ApiKey::create_acls, "CreateAcls", 1, 3, 2, 1},
    {ApiKey::delete_acls, "DeleteAcls", 1, 3, 2, 1},
    {ApiKey::describe_configs, "DescribeConfigs", 0, 4, 4, 0},
    {ApiKey::alter_configs, "AlterConfigs", 0, 2, 2, 0},
    {ApiKey::describe_log_dirs, "DescribeLogDirs", 0, 5, 2, 0},
    {ApiKey::sasl_authenticate, "SaslAuthenticate", 0, 2, 2, 0},
    {ApiKey::create_partitions, "CreatePartitions", 0, 3, 2, 0},
    {ApiKey::elect_leaders, "ElectLeaders", 0, 2, 2, 0},
    {ApiKey::incremental_alter_configs, "IncrementalAlterConfigs", 0, 1, 1, 0},
    {ApiKey::alter_partition_reassignments, "AlterPartitionReassignments", 0, 1, 0, 0},
    {ApiKey::list_partition_reassignments, "ListPartitionReassignments", 0, 0, 0, 0},
    {ApiKey::describe_client_quotas, "DescribeClientQuotas", 0, 1, 1, 0},
    {ApiKey::alter_client_quotas, "AlterClientQuotas", 0, 1, 1, 0},
    {ApiKey::describe_user_scram_credentials, "DescribeUserScramCredentials", 0, 0, 0, 0},
    {ApiKey::alter_user_scram_credentials, "AlterUserScramCredentials", 0, 0, 0, 0},
    {ApiKey::describe_quorum, "DescribeQuorum", 0, 2, 0, 0},
    {ApiKey::update_features, "UpdateFeatures", 0, 2, 0, 0},
    {ApiKey::describe_cluster, "DescribeCluster", 0, 2, 0, 0},
    {ApiKey::unregister_broker, "UnregisterBroker", 0, 0, 0, 0},
    {ApiKey::list_config_resources, "ListConfigResources", 0, 1, 0, 0},
    {ApiKey::describe_topic_partitions, "DescribeTopicPartitions", 0, 0, 0, 0},
    {ApiKey::add_raft_voter, "AddRaftVoter", 0, 1, 0, 0},
    {ApiKey::remove_raft_voter, "RemoveRaftVoter", 0, 0, 0, 0},
    {ApiKey::offset_commit, "OffsetCommit", 2, 10, 8, 2},
    {ApiKey::offset_fetch, "OffsetFetch", 1, 10, 6, 1},
    {ApiKey::join_group, "JoinGroup", 0, 9, 6, 0},
    {ApiKey::heartbeat, "Heartbeat", 0, 4, 4, 0},
    {ApiKey::leave_group, "LeaveGroup", 0, 5, 4, 0},
    {ApiKey::sync_group, "SyncGroup", 0, 5, 4, 0},
    {ApiKey::describe_groups, "DescribeGroups", 0, 6, 5, 0},
    {ApiKey::list_groups, "ListGroups", 0, 5, 3, 0},
    {ApiKey::delete_groups, "DeleteGroups", 0, 3, 2, 0},
    {ApiKey::offset_delete, "OffsetDelete", 0, 0, never_flexible, 0},
    {ApiKey::write_txn_markers, "WriteTxnMarkers", 1, 2, 1, 1},
    {ApiKey::describe_producers, "DescribeProducers", 0, 0, 0, 0},
    {ApiKey::add_partitions_to_txn, "AddPartitionsToTxn", 0, 5, 3, 0},
    {ApiKey::add_offsets_to_txn, "AddOffsetsToTxn", 0, 4, 3, 0},
    {ApiKey::txn_offset_commit, "TxnOffsetCommit", 0, 6, 3, 0},
    {ApiKey::end_txn, "EndTxn", 0, 5, 3, 0},
    {ApiKey::describe_transactions, "DescribeTransactions", 0, 0, 0, 0},
    {ApiKey::list_transactions, "ListTransactions", 0, 2, 0, 0},
    {ApiKey::consumer_group_heartbeat, "ConsumerGroupHeartbeat", 0, 1, 0, 0},
    {ApiKey::consumer_group_describe, "ConsumerGroupDescribe", 0, 1, 0, 0},
    // Fulmar's own.
    {ApiKey::describe_clients, "DescribeClients", 0, 0, 0, 0, served, unadvertised},
    // Never served to clients.
    {ApiKey::peer_hello, "PeerHello", 0, 3, 0, 0, unserved},
    {ApiKey::raft_messages, "RaftMessages", 0, 0, 0, 0, unserved},
    {ApiKey::leaders, "Leaders", 0, 0, 0, 0, unserved},
    {ApiKey::register_broker, "RegisterBroker", 0, 0, 0, 0, unserved},
    {ApiKey::forward, "Forward", 0, 0, 0, 0, unserved},
    {ApiKey::broker_heartbeat, "BrokerHeartbeat", 0, 0, 0, 0, unserved},
    {ApiKey::prefer_leaders, "PreferLeaders", 0, 0, 0, 0, unserved},
    {ApiKey::pulses, "Pulses", 0, 0, 0, 0, unserved},
    {ApiKey::fetch_metadata_snapshot, "FetchMetadataSnapshot", 0, 0, 0, 0, unserved},
    {ApiKey::peer_proof, "PeerProof", 0, 0, 0, 0, unserved},
};

constexpr auto served_table = [] {
  std::array<ApiInfo, std::ranges::count_if(table, &ApiInfo::served)> apis{};
  std::ranges::copy_if(table, apis.begin(), &ApiInfo::served);
  return apis;
}();

// Searched for each message that is read or written.
constexpr auto by_key = [] {
  auto apis = std::to_array(table);
  std::ranges::sort(apis, {}, &ApiInfo::key);
  return apis;
}();
}  // namespace

std::span<const ApiInfo> served_apis() {
  return served_table;
}

const ApiInfo* find_api(std::int16_t key) {
  const auto* api = declared_api(key);
  return api && api->served ? api : nullptr;
}

const ApiInfo* declared_api(std::int16_t key) {
  auto api = std::ranges::lower_bound(by_key, static_cast<ApiKey>(key), {}, &ApiInfo::key);
  return api != by_key.end() && api->key == static_cast<ApiKey>(key) ? &*api : nullptr;
}

const ApiInfo& api_info(ApiKey key) {
  const auto* api = declared_api(static_cast<std::int16_t>(key));
  FULMAR_ASSERT(api != nullptr);
  return *api;
}

}  // namespace fulmar
