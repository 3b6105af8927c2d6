#include "broker/server/requests/served_api.h"

#include <algorithm>

#include "broker/protocol/messages/acls.h"
#include "broker/protocol/messages/alter_configs.h"
#include "broker/protocol/messages/client_quotas.h"
#include "broker/protocol/messages/describe_clients.h"
#include "broker/protocol/messages/describe_log_dirs.h"
#include "broker/protocol/messages/leaders.h"
#include "broker/protocol/messages/quorum.h"
#include "broker/protocol/messages/raft_voters.h"
#include "broker/protocol/messages/reassignments.h"
#include "broker/protocol/messages/scram_credentials.h"
#include "broker/protocol/messages/topics.h"
#include "broker/protocol/messages/transactions.h"
#include "broker/protocol/messages/unregister_broker.h"
#include "broker/protocol/messages/update_features.h"
#include "broker/server/requests/broker_loggers.h"
#include "broker/server/requests/producer_ids.h"

namespace fulmar {

namespace {

// For handlers that are complete when they return.
template <Result<ByteChain> (*handle)(BrokerShard&, const Request&)>
Result<Finish> at_once(BrokerShard& shard, const Request& call) {
  FULMAR_TRY(auto answer, handle(shard, call));
  return Finish::with(std::move(answer));
}

bool is_about_loggers(const Request& call) {
  auto body = call.body<IncrementalAlterConfigsRequest>();
  return body && are_loggers(*body);
}

template <class Body>
Result<Duration> timeout_in(const Request& call) {
  FULMAR_TRY(auto body, call.body<Body>());
  return Duration(milliseconds(std::max(body.timeout_ms, 0)));
}

constexpr auto controller = AnsweredBy::controller;
constexpr auto everybody = ApiPermission::everybody();
constexpr auto by_handler = ApiPermission::by_handler();
template <class Response>
constexpr auto may_alter = ApiPermission::on_cluster<Response>(AclOperation::alter);
template <class Response>
constexpr auto may_describe = ApiPermission::on_cluster<Response>(AclOperation::describe);

constexpr ServedApi table[] = {
    {ApiKey::produce, by_handler, begin_produce},
    {ApiKey::fetch, by_handler, begin_fetch},
    {ApiKey::list_offsets, by_handler, at_once<handle_list_offsets>},
    {ApiKey::metadata, by_handler, at_once<handle_metadata>},
    {ApiKey::find_coordinator, by_handler, at_once<handle_find_coordinator>},
    {ApiKey::join_group, by_handler, begin_join_group},
    {ApiKey::sync_group, by_handler, begin_sync_group},
    {ApiKey::heartbeat, by_handler, begin_heartbeat},
    {ApiKey::leave_group, by_handler, begin_leave_group},
    {ApiKey::offset_commit, by_handler, begin_offset_commit},
    {ApiKey::offset_fetch, by_handler, at_once<handle_offset_fetch>},
    {ApiKey::offset_delete, by_handler, begin_offset_delete},
    {ApiKey::describe_groups, by_handler, at_once<handle_describe_groups>},
    {ApiKey::list_groups, by_handler, at_once<handle_list_groups>},
    {ApiKey::delete_groups, by_handler, begin_delete_groups},
    {ApiKey::api_versions, everybody, at_once<handle_api_versions>},
    {ApiKey::sasl_handshake, everybody, at_once<handle_sasl_handshake>},
    {ApiKey::sasl_authenticate, everybody, at_once<handle_sasl_authenticate>},
    {ApiKey::create_topics, by_handler, at_once<handle_create_topics>, controller, timeout_in<CreateTopicsRequest>,
     NewPartitions::asked_for<CreateTopicsRequest>},
    {ApiKey::delete_topics, by_handler, at_once<handle_delete_topics>, controller, timeout_in<DeleteTopicsRequest>},
    {ApiKey::delete_records, by_handler, at_once<handle_delete_records>},
    {ApiKey::write_txn_markers,
     ApiPermission::on_cluster<WriteTxnMarkersResponse>(AclOperation::cluster_action, AclOperation::alter),
     begin_write_txn_markers},
    {ApiKey::describe_producers, by_handler, at_once<handle_describe_producers>},
    {ApiKey::init_producer_id, by_handler, begin_init_producer_id, controller, nullptr, nullptr, is_transactional},
    {ApiKey::offset_for_leader_epoch, by_handler, at_once<handle_offset_for_leader_epoch>},
    {ApiKey::describe_acls, may_describe<DescribeAclsResponse>, at_once<handle_describe_acls>},
    {ApiKey::create_acls, may_alter<CreateAclsResponse>, at_once<handle_create_acls>, controller},
    {ApiKey::delete_acls, may_alter<DeleteAclsResponse>, at_once<handle_delete_acls>, controller},
    {ApiKey::describe_configs, by_handler, at_once<handle_describe_configs>},
    {ApiKey::alter_configs, by_handler, at_once<handle_alter_configs>, controller},
    {ApiKey::describe_log_dirs, may_describe<DescribeLogDirsResponse>, at_once<handle_describe_log_dirs>},
    {ApiKey::create_partitions, by_handler, at_once<handle_create_partitions>, controller,
     timeout_in<CreatePartitionsRequest>, NewPartitions::asked_for<CreatePartitionsRequest>},
    {ApiKey::elect_leaders, may_alter<ElectLeadersResponse>, at_once<handle_elect_leaders>, controller,
     timeout_in<ElectLeadersRequest>},
    {ApiKey::incremental_alter_configs, by_handler, at_once<handle_incremental_alter_configs>, controller, nullptr,
     nullptr, is_about_loggers},
    {ApiKey::alter_partition_reassignments, may_alter<AlterPartitionReassignmentsResponse>,
     at_once<handle_alter_partition_reassignments>, controller, timeout_in<AlterPartitionReassignmentsRequest>},
    {ApiKey::list_partition_reassignments, may_describe<ListPartitionReassignmentsResponse>,
     at_once<handle_list_partition_reassignments>, controller, timeout_in<ListPartitionReassignmentsRequest>},
    {ApiKey::describe_client_quotas,
     ApiPermission::on_cluster<DescribeClientQuotasResponse>(AclOperation::describe_configs),
     at_once<handle_describe_client_quotas>},
    {ApiKey::alter_client_quotas, ApiPermission::on_cluster<AlterClientQuotasResponse>(AclOperation::alter_configs),
     at_once<handle_alter_client_quotas>, controller},
    {ApiKey::describe_user_scram_credentials, may_describe<DescribeUserScramCredentialsResponse>,
     at_once<handle_describe_user_scram_credentials>},
    {ApiKey::alter_user_scram_credentials, may_alter<AlterUserScramCredentialsResponse>,
     at_once<handle_alter_user_scram_credentials>, controller},
    {ApiKey::describe_quorum, may_describe<DescribeQuorumResponse>, at_once<handle_describe_quorum>, controller},
    {ApiKey::add_raft_voter, may_alter<AddRaftVoterResponse>, at_once<handle_add_raft_voter>, controller},
    {ApiKey::remove_raft_voter, may_alter<RemoveRaftVoterResponse>, at_once<handle_remove_raft_voter>, controller},
    {ApiKey::update_features, may_alter<UpdateFeaturesResponse>, at_once<handle_update_features>, controller,
     timeout_in<UpdateFeaturesRequest>},
    {ApiKey::describe_cluster, everybody, at_once<handle_describe_cluster>},
    {ApiKey::unregister_broker, may_alter<UnregisterBrokerResponse>, at_once<handle_unregister_broker>, controller},
    {ApiKey::consumer_group_heartbeat, by_handler, begin_consumer_group_heartbeat},
    {ApiKey::consumer_group_describe, by_handler, at_once<handle_consumer_group_describe>},
    {ApiKey::list_config_resources,
     ApiPermission::on_cluster<ListConfigResourcesResponse>(AclOperation::describe_configs),
     at_once<handle_list_config_resources>},
    {ApiKey::describe_topic_partitions, by_handler, at_once<handle_describe_topic_partitions>},
    {ApiKey::add_partitions_to_txn, by_handler, begin_add_partitions_to_txn},
    {ApiKey::add_offsets_to_txn, by_handler, begin_add_offsets_to_txn},
    {ApiKey::txn_offset_commit, by_handler, begin_txn_offset_commit},
    {ApiKey::end_txn, by_handler, begin_end_txn},
    {ApiKey::describe_transactions, by_handler, at_once<handle_describe_transactions>},
    {ApiKey::list_transactions, by_handler, at_once<handle_list_transactions>},
    {ApiKey::describe_clients, may_describe<DescribeClientsResponse>, at_once<handle_describe_clients>},
};

}  // namespace

const ServedApi* served_api(std::int16_t key) {
  const auto* found = std::ranges::find(table, key, [](const ServedApi& api) { return std::int16_t(api.key); });
  return found == std::end(table) ? nullptr : found;
}

Result<Finish> ServedApi::begin(BrokerShard& shard, const Request& request) const {
  FULMAR_TRY(auto refused, permission.refused(shard, request));
  if (refused) return Finish::with(std::move(*refused));
  return handle(shard, request);
}

bool is_handled(const RequestHeader& header) {
  const auto* api = find_api(header.api_key);
  return api && header.api_version >= api->advertised_min && header.api_version <= api->max;
}

}  // namespace fulmar
