// The handlers of requests, one function for each API; one file per family.
#pragma once

#include <concepts>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "broker/net/memory_budget.h"
#include "broker/protocol/message.h"
#include "broker/protocol/messages/fetch.h"
#include "broker/protocol/messages/metadata.h"
#include "runtime/base/bytes.h"
#include "runtime/base/result.h"
#include "runtime/base/time.h"

namespace fulmar {

class BrokerShard;
class Request;

// A response that is waited for without a fiber.
class DelayedAnswer {
 public:
  virtual ~DelayedAnswer() = default;

  struct Ready {
    ByteChain frame;
    MemoryBudget::Charge memory;
  };
  // In a fiber of the shard, one call at a time: returns the response if it is complete. If not, `again` will be called
  // once, from any code of the shard, when another attempt makes sense.
  virtual std::optional<Ready> attempt() = 0;
  std::function<void()> again;
  // How long it waits on purpose, since the client asked for it.
  virtual Duration asked_wait() const { return Duration(0); }
};

// The rest of a request's work, which may wait while later requests of the connection are begun. Returns the whole
// response frame; empty: there is none (acks=0).
class Finish {
 public:
  // Work that may wait; called once, in a fiber.
  template <class F>
    requires std::invocable<F&> && std::convertible_to<std::invoke_result_t<F&>, ByteChain>
  Finish(F wait) : wait_(std::move(wait)) {}
  // The response is complete.
  static Finish with(ByteChain ready) {
    Finish finish;
    finish.ready_ = std::move(ready);
    return finish;
  }
  Finish(std::unique_ptr<DelayedAnswer> delayed) : delayed_(std::move(delayed)) {}

  // The contents, if they are of that kind; may be taken once.
  std::optional<ByteChain> take_ready() { return std::exchange(ready_, std::nullopt); }
  std::unique_ptr<DelayedAnswer> take_delayed() { return std::move(delayed_); }
  // Waits for the response. Not for delayed ones.
  ByteChain operator()() { return ready_ ? std::move(*ready_) : wait_(); }

 private:
  Finish() = default;
  std::move_only_function<ByteChain()> wait_;
  std::optional<ByteChain> ready_;
  std::unique_ptr<DelayedAnswer> delayed_;
};

// Begins any request here, even if another broker should answer it. Errors: corrupt, unsupported: the connection is
// then closed.
Result<Finish> begin_request(BrokerShard& shard, const Request& call);
// The same for a client's request, which is forwarded to the controller if only that can answer it. Errors: also
// in_doubt: it is unknown whether it was carried out.
Result<Finish> begin_client_request(BrokerShard& shard, const Request& call);

// The handlers that may wait. Errors: corrupt, if the body can't be read: the connection is then closed.
Result<Finish> begin_produce(BrokerShard& shard, const Request& call);
Result<Finish> begin_write_txn_markers(BrokerShard& shard, const Request& call);
Result<Finish> begin_fetch(BrokerShard& shard, const Request& call);
Result<Finish> begin_join_group(BrokerShard& shard, const Request& call);
Result<Finish> begin_sync_group(BrokerShard& shard, const Request& call);
Result<Finish> begin_heartbeat(BrokerShard& shard, const Request& call);
Result<Finish> begin_leave_group(BrokerShard& shard, const Request& call);
Result<Finish> begin_consumer_group_heartbeat(BrokerShard& shard, const Request& call);
Result<Finish> begin_offset_commit(BrokerShard& shard, const Request& call);
Result<Finish> begin_offset_delete(BrokerShard& shard, const Request& call);
Result<Finish> begin_delete_groups(BrokerShard& shard, const Request& call);
Result<Finish> begin_init_producer_id(BrokerShard& shard, const Request& call);
Result<Finish> begin_add_partitions_to_txn(BrokerShard& shard, const Request& call);
Result<Finish> begin_add_offsets_to_txn(BrokerShard& shard, const Request& call);
Result<Finish> begin_txn_offset_commit(BrokerShard& shard, const Request& call);
Result<Finish> begin_end_txn(BrokerShard& shard, const Request& call);

// The handlers that are complete when they return.
Result<ByteChain> handle_api_versions(BrokerShard& shard, const Request& call);
Result<ByteChain> handle_metadata(BrokerShard& shard, const Request& call);
Result<ByteChain> handle_describe_topic_partitions(BrokerShard& shard, const Request& call);
Result<ByteChain> handle_describe_log_dirs(BrokerShard& shard, const Request& call);
Result<ByteChain> handle_describe_cluster(BrokerShard& shard, const Request& call);
Result<ByteChain> handle_find_coordinator(BrokerShard& shard, const Request& call);
Result<ByteChain> handle_offset_fetch(BrokerShard& shard, const Request& call);
Result<ByteChain> handle_describe_groups(BrokerShard& shard, const Request& call);
Result<ByteChain> handle_consumer_group_describe(BrokerShard& shard, const Request& call);
Result<ByteChain> handle_list_groups(BrokerShard& shard, const Request& call);
Result<ByteChain> handle_list_offsets(BrokerShard& shard, const Request& call);
Result<ByteChain> handle_offset_for_leader_epoch(BrokerShard& shard, const Request& call);
Result<ByteChain> handle_delete_records(BrokerShard& shard, const Request& call);
Result<ByteChain> handle_create_topics(BrokerShard& shard, const Request& call);
Result<ByteChain> handle_delete_topics(BrokerShard& shard, const Request& call);
Result<ByteChain> handle_create_partitions(BrokerShard& shard, const Request& call);
Result<ByteChain> handle_unregister_broker(BrokerShard& shard, const Request& call);
Result<ByteChain> handle_add_raft_voter(BrokerShard& shard, const Request& call);
Result<ByteChain> handle_remove_raft_voter(BrokerShard& shard, const Request& call);
Result<ByteChain> handle_update_features(BrokerShard& shard, const Request& call);
Result<ByteChain> handle_elect_leaders(BrokerShard& shard, const Request& call);
Result<ByteChain> handle_alter_partition_reassignments(BrokerShard& shard, const Request& call);
Result<ByteChain> handle_list_partition_reassignments(BrokerShard& shard, const Request& call);
Result<ByteChain> handle_describe_quorum(BrokerShard& shard, const Request& call);
Result<ByteChain> handle_describe_acls(BrokerShard& shard, const Request& call);
Result<ByteChain> handle_create_acls(BrokerShard& shard, const Request& call);
Result<ByteChain> handle_delete_acls(BrokerShard& shard, const Request& call);
Result<ByteChain> handle_describe_configs(BrokerShard& shard, const Request& call);
Result<ByteChain> handle_alter_configs(BrokerShard& shard, const Request& call);
Result<ByteChain> handle_incremental_alter_configs(BrokerShard& shard, const Request& call);
Result<ByteChain> handle_describe_client_quotas(BrokerShard& shard, const Request& call);
Result<ByteChain> handle_alter_client_quotas(BrokerShard& shard, const Request& call);
Result<ByteChain> handle_list_config_resources(BrokerShard& shard, const Request& call);
Result<ByteChain> handle_describe_producers(BrokerShard& shard, const Request& call);
Result<ByteChain> handle_describe_transactions(BrokerShard& shard, const Request& call);
Result<ByteChain> handle_list_transactions(BrokerShard& shard, const Request& call);
Result<ByteChain> handle_describe_clients(BrokerShard& shard, const Request& call);
Result<ByteChain> handle_sasl_handshake(BrokerShard& shard, const Request& call);
Result<ByteChain> handle_sasl_authenticate(BrokerShard& shard, const Request& call);
Result<ByteChain> handle_describe_user_scram_credentials(BrokerShard& shard, const Request& call);
Result<ByteChain> handle_alter_user_scram_credentials(BrokerShard& shard, const Request& call);

// The answer to an ApiVersions request newer than served: version 0, with the error and the versions (KIP-511).
ByteChain unsupported_api_versions(std::int32_t correlation_id);

}  // namespace fulmar
