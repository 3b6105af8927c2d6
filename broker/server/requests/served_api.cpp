#include "broker/server/requests/served_api.h"

#include <algorithm>

#include "broker/protocol/messages/leaders.h"
#include "broker/protocol/messages/reassignments.h"
#include "broker/protocol/messages/topics.h"
#include "broker/protocol/messages/update_features.h"
#include "broker/server/requests/producer_ids.h"

namespace fulmar {

namespace {

// For handlers that are complete when they return.
template <Result<ByteChain> (*handle)(BrokerShard&, const Request&)>
Result<Finish> at_once(BrokerShard& shard, const Request& call) {
  FULMAR_TRY(auto answer, handle(shard, call));
  return Finish::with(std::move(answer));
}

template <class Body>
Result<Duration> timeout_in(const Request& call) {
  FULMAR_TRY(auto body, call.body<Body>());
  return Duration(milliseconds(std::max(body.timeout_ms, 0)));
}

constexpr auto controller = AnsweredBy::controller;

constexpr ServedApi table[] = {
    {ApiKey::produce, begin_produce},
    {ApiKey::fetch, begin_fetch},
    {ApiKey::list_offsets, at_once<handle_list_offsets>},
    {ApiKey::metadata, at_once<handle_metadata>},
    {ApiKey::find_coordinator, at_once<handle_find_coordinator>},
    {ApiKey::join_group, begin_join_group},
    {ApiKey::sync_group, begin_sync_group},
    {ApiKey::heartbeat, begin_heartbeat},
    {ApiKey::leave_group, begin_leave_group},
    {ApiKey::offset_commit, begin_offset_commit},
    {ApiKey::offset_fetch, at_once<handle_offset_fetch>},
    {ApiKey::offset_delete, begin_offset_delete},
    {ApiKey::describe_groups, at_once<handle_describe_groups>},
    {ApiKey::list_groups, at_once<handle_list_groups>},
    {ApiKey::delete_groups, begin_delete_groups},
    {ApiKey::api_versions, at_once<handle_api_versions>},
    {ApiKey::create_topics, at_once<handle_create_topics>, controller, timeout_in<CreateTopicsRequest>,
     NewPartitions::asked_for<CreateTopicsRequest>},
    {ApiKey::delete_topics, at_once<handle_delete_topics>, controller, timeout_in<DeleteTopicsRequest>},
    {ApiKey::delete_records, at_once<handle_delete_records>},
    {ApiKey::write_txn_markers, begin_write_txn_markers},
    {ApiKey::describe_producers, at_once<handle_describe_producers>},
    {ApiKey::init_producer_id, begin_init_producer_id, controller, nullptr, nullptr, is_transactional},
    {ApiKey::offset_for_leader_epoch, at_once<handle_offset_for_leader_epoch>},
    {ApiKey::describe_configs, at_once<handle_describe_configs>},
    {ApiKey::alter_configs, at_once<handle_alter_configs>, controller},
    {ApiKey::describe_log_dirs, at_once<handle_describe_log_dirs>},
    {ApiKey::create_partitions, at_once<handle_create_partitions>, controller, timeout_in<CreatePartitionsRequest>,
     NewPartitions::asked_for<CreatePartitionsRequest>},
    {ApiKey::elect_leaders, at_once<handle_elect_leaders>, controller, timeout_in<ElectLeadersRequest>},
    {ApiKey::incremental_alter_configs, at_once<handle_incremental_alter_configs>, controller},
    {ApiKey::alter_partition_reassignments, at_once<handle_alter_partition_reassignments>, controller,
     timeout_in<AlterPartitionReassignmentsRequest>},
    {ApiKey::list_partition_reassignments, at_once<handle_list_partition_reassignments>, controller,
     timeout_in<ListPartitionReassignmentsRequest>},
    {ApiKey::describe_client_quotas, at_once<handle_describe_client_quotas>},
    {ApiKey::alter_client_quotas, at_once<handle_alter_client_quotas>, controller},
    {ApiKey::describe_quorum, at_once<handle_describe_quorum>, controller},
    {ApiKey::add_raft_voter, at_once<handle_add_raft_voter>, controller},
    {ApiKey::remove_raft_voter, at_once<handle_remove_raft_voter>, controller},
    {ApiKey::update_features, at_once<handle_update_features>, controller, timeout_in<UpdateFeaturesRequest>},
    {ApiKey::describe_cluster, at_once<handle_describe_cluster>},
    {ApiKey::unregister_broker, at_once<handle_unregister_broker>, controller},
    {ApiKey::consumer_group_heartbeat, begin_consumer_group_heartbeat},
    {ApiKey::consumer_group_describe, at_once<handle_consumer_group_describe>},
    {ApiKey::list_config_resources, at_once<handle_list_config_resources>},
    {ApiKey::describe_topic_partitions, at_once<handle_describe_topic_partitions>},
    {ApiKey::add_partitions_to_txn, begin_add_partitions_to_txn},
    {ApiKey::add_offsets_to_txn, begin_add_offsets_to_txn},
    {ApiKey::txn_offset_commit, begin_txn_offset_commit},
    {ApiKey::end_txn, begin_end_txn},
    {ApiKey::describe_transactions, at_once<handle_describe_transactions>},
    {ApiKey::list_transactions, at_once<handle_list_transactions>},
    {ApiKey::describe_clients, at_once<handle_describe_clients>},
};

}  // namespace

const ServedApi* served_api(std::int16_t key) {
  const auto* found = std::ranges::find(table, key, [](const ServedApi& api) { return std::int16_t(api.key); });
  return found == std::end(table) ? nullptr : found;
}

bool is_handled(const RequestHeader& header) {
  const auto* api = find_api(header.api_key);
  return api && header.api_version >= api->advertised_min && header.api_version <= api->max;
}

}  // namespace fulmar
