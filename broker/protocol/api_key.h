// ApiKey: the requests that this project can encode and decode, and their versions. ApiVersions advertises served ones.
#pragma once

#include <cstdint>
#include <span>

namespace fulmar {

enum class ApiKey : std::int16_t {
  produce = 0,
  fetch = 1,
  list_offsets = 2,
  metadata = 3,
  offset_commit = 8,
  offset_fetch = 9,
  find_coordinator = 10,
  join_group = 11,
  heartbeat = 12,
  leave_group = 13,
  sync_group = 14,
  describe_groups = 15,
  list_groups = 16,
  sasl_handshake = 17,
  api_versions = 18,
  create_topics = 19,
  delete_topics = 20,
  delete_records = 21,
  init_producer_id = 22,
  offset_for_leader_epoch = 23,
  add_partitions_to_txn = 24,
  add_offsets_to_txn = 25,
  end_txn = 26,
  write_txn_markers = 27,
  txn_offset_commit = 28,
  describe_acls = 29,
  create_acls = 30,
  delete_acls = 31,
  describe_configs = 32,
  alter_configs = 33,
  describe_log_dirs = 35,
  sasl_authenticate = 36,
  create_partitions = 37,
  delete_groups = 42,
  elect_leaders = 43,
  incremental_alter_configs = 44,
  alter_partition_reassignments = 45,
  list_partition_reassignments = 46,
  offset_delete = 47,
  describe_client_quotas = 48,
  alter_client_quotas = 49,
  describe_user_scram_credentials = 50,
  alter_user_scram_credentials = 51,
  describe_quorum = 55,
  update_features = 57,
  describe_cluster = 60,
  describe_producers = 61,
  unregister_broker = 64,
  describe_transactions = 65,
  list_transactions = 66,
  consumer_group_heartbeat = 68,
  consumer_group_describe = 69,
  list_config_resources = 74,
  describe_topic_partitions = 75,
  add_raft_voter = 80,
  remove_raft_voter = 81,
  // Fulmar's own, for its command line; not Kafka's, so ApiVersions does not advertise it.
  describe_clients = 9'000,
  // Between brokers, on their own listener; not Kafka's.
  peer_hello = 10'000,
  raft_messages = 10'001,
  leaders = 10'002,
  register_broker = 10'003,
  forward = 10'004,
  broker_heartbeat = 10'005,
  prefer_leaders = 10'006,
  pulses = 10'007,
  fetch_metadata_snapshot = 10'008,
  peer_proof = 10'009,
};

// For a message that has compact types and tagged fields in no version.
constexpr std::int16_t never_flexible = 32767;

struct ApiInfo {
  ApiKey key;
  const char* name;
  std::int16_t min;             // the lowest version served; if not served: the lowest that can be encoded
  std::int16_t max;             // the highest
  std::int16_t flexible;        // from here on: compact types and tagged fields (KIP-482)
  std::int16_t advertised_min;  // what ApiVersions says; lower than `min` for Produce only (KAFKA-18659)
  bool served = true;           // false: there is no handler yet, or only brokers send it
  bool advertised = true;       // false: served, but not named in ApiVersions: Kafka has no such API

  bool serves(std::int16_t version) const { return version >= min && version <= max; }
  bool is_brokers_own() const { return key >= ApiKey::peer_hello; }
  bool is_flexible(std::int16_t version) const { return version >= flexible; }
};

// All served APIs.
std::span<const ApiInfo> served_apis();
// Null if the key is not served.
const ApiInfo* find_api(std::int16_t key);
// Null if the key has no messages here; an API that has messages may still not be served.
const ApiInfo* declared_api(std::int16_t key);
const ApiInfo& api_info(ApiKey key);

}  // namespace fulmar
