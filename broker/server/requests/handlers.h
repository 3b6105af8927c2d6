// The handlers of requests, one function each; one file per family.
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

namespace fulmar {

class BrokerShard;
class Request;

// An answer that is waited for without a fiber.
class DelayedAnswer {
 public:
  virtual ~DelayedAnswer() = default;

  struct Ready {
    ByteChain frame;
    MemoryBudget::Charge memory;
  };
  // In a fiber of the shard, one at a time: the answer, if it is time for it. If not, `again` is called once, from any
  // code of the shard, when it is worth another attempt.
  virtual std::optional<Ready> attempt() = 0;
  std::function<void()> again;
};

// The rest of a request's work: what may wait while later requests of the connection are begun. Gives the whole frame
// of the answer; an empty one means that there is none (acks=0).
class Finish {
 public:
  // What takes its time; called in a fiber, once.
  template <class F>
    requires std::invocable<F&> && std::convertible_to<std::invoke_result_t<F&>, ByteChain>
  Finish(F wait) : wait_(std::move(wait)) {}
  // Nothing is left to be waited for.
  static Finish with(ByteChain ready) {
    Finish finish;
    finish.ready_ = std::move(ready);
    return finish;
  }
  Finish(std::unique_ptr<DelayedAnswer> delayed) : delayed_(std::move(delayed)) {}

  // What it is made of, if that is so; then it is used up.
  std::optional<ByteChain> take_ready() { return std::exchange(ready_, std::nullopt); }
  std::unique_ptr<DelayedAnswer> take_delayed() { return std::move(delayed_); }
  // Waits. Not of a delayed answer.
  ByteChain operator()() { return ready_ ? std::move(*ready_) : wait_(); }

 private:
  Finish() = default;
  std::move_only_function<ByteChain()> wait_;
  std::optional<ByteChain> ready_;
  std::unique_ptr<DelayedAnswer> delayed_;
};

// Begins any request of a client, here, whoever should answer it. Errors: corrupt, unsupported: the connection is then
// closed.
Result<Finish> begin_request(BrokerShard& shard, const Request& call);
// The same for a request of a connected client: the controller answers what only it can, wherever it is. Errors: also
// in_doubt: whether it was done can't be known.
Result<Finish> begin_client_request(BrokerShard& shard, const Request& call);

// One of these begins. Errors: corrupt, when the body can't be read: the connection is then closed.
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

// These are done when they return.
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
Result<ByteChain> handle_describe_configs(BrokerShard& shard, const Request& call);
Result<ByteChain> handle_alter_configs(BrokerShard& shard, const Request& call);
Result<ByteChain> handle_incremental_alter_configs(BrokerShard& shard, const Request& call);
Result<ByteChain> handle_list_config_resources(BrokerShard& shard, const Request& call);
Result<ByteChain> handle_describe_producers(BrokerShard& shard, const Request& call);
Result<ByteChain> handle_describe_transactions(BrokerShard& shard, const Request& call);
Result<ByteChain> handle_list_transactions(BrokerShard& shard, const Request& call);

// The answer to an ApiVersions request newer than served: version 0, with the error and the versions (KIP-511).
ByteChain unsupported_api_versions(std::int32_t correlation_id);

}  // namespace fulmar
