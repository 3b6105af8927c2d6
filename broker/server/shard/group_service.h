// GroupService: a shard's group coordinators, one for each partition of __consumer_offsets that the shard owns, and its
// clients' requests to coordinators on any shard.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "broker/cluster/metadata_delta.h"
#include "broker/coordinator/coordinator_partition.h"
#include "broker/groups/group_machine.h"
#include "broker/net/outbox.h"
#include "runtime/fiber/group.h"

namespace fulmar {

class BrokerShard;

class GroupService {
 public:
  using Answered = std::function<void(GroupAnswer)>;
  // A request to the coordinator, on its shard: must not wait, nor keep references to the caller's data.
  using Input = std::function<void(GroupCoordinator& groups, GroupToken token, CoordinatorTime now)>;

  explicit GroupService(BrokerShard& shard);
  ~GroupService();

  // The partition is about to be closed here: ends its coordinator first, and waits for that.
  void release(std::int32_t partition);
  // A replica of the partition was opened here.
  void opened(std::int32_t partition) { coordinator(partition); }
  // For a new image: has coordinators for the partitions that this shard owns; groups learn which topics have changed;
  // committed offsets of deleted topics are removed.
  void follow(const MetadataDelta& delta);
  void stop();

  // Passes `input` to the group's coordinator, if it is on this broker: `answered` is called once, on this shard,
  // perhaps within this call, unless forget() comes first; it must not wait. Errors, without effect and without a call:
  // COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR, COORDINATOR_LOAD_IN_PROGRESS.
  std::expected<std::uint64_t, ErrorCode> ask(const std::string& group, const Input& input, Answered answered);
  void forget(std::uint64_t call) { awaited_.erase(call); }
  // What a transaction coordinator has to confirm before the producer's offsets are committed in a transaction;
  // nullopt: the transaction is open in the group's partition already. Errors: as ask(), INVALID_PRODUCER_EPOCH, and
  // others of Replica::begin_verification().
  struct TransactionalCommit {
    std::int32_t partition = 0;  // of __consumer_offsets
    std::optional<TransactionWriter::Verified> to_verify;
  };
  std::expected<TransactionalCommit, ErrorCode> begin_transactional(const std::string& group, ProducerId producer,
                                                                    std::int16_t producer_epoch, bool own_epoch);
  // On the shard that owns the partition. See CoordinatorPartition::append_marker().
  std::expected<Replica::Proposed, ErrorCode> append_marker(std::int32_t partition, const Bytes& batch,
                                                            std::int16_t transaction_version);
  // The group's partition of __consumer_offsets. Errors: COORDINATOR_NOT_AVAILABLE: the topic does not exist yet.
  std::expected<std::int32_t, ErrorCode> partition_of(const std::string& group) const;
  // Calls `look` with the group's coordinator. Errors: as ask().
  ErrorCode read(const std::string& group, const std::function<void(const GroupCoordinator&)>& look);
  // Calls `look` with each coordinator of this shard. COORDINATOR_LOAD_IN_PROGRESS if one was left out because it is
  // loading.
  ErrorCode read_all(const std::function<void(const GroupCoordinator&)>& look);

 private:
  struct Told {
    std::uint64_t call = 0;
    GroupAnswer answer;
  };

  // The group's shard and partition. Errors: COORDINATOR_NOT_AVAILABLE: the topic does not exist yet.
  std::expected<std::pair<unsigned, std::int32_t>, ErrorCode> place_of(const std::string& group) const;
  CoordinatorPartition* coordinator(std::int32_t partition);
  std::unique_ptr<GroupMachine> make_machine(std::int32_t partition);
  const GroupSettings& settings();
  std::shared_ptr<const std::map<std::string, ConsumerTimes>> consumer_times();
  std::expected<GroupMachine*, ErrorCode> machine(std::int32_t partition);
  void tell(unsigned shard, std::uint64_t call, GroupAnswer answer);
  void told(Told said);
  CoordinatorTime now() const;

  struct Coordinating {
    std::shared_ptr<Replica> replica;
    GroupTopicsPtr topics;  // that its groups know
    std::unique_ptr<CoordinatorPartition> partition;
  };

  BrokerShard& shard_;
  std::map<std::int32_t, Coordinating> coordinating_;
  GroupTopicsPtr topics_;  // as of their last change
  std::optional<GroupSettings> settings_;
  PersistentMap<std::string, Properties> group_configs_;  // that `consumer_times_` is of
  std::shared_ptr<const std::map<std::string, ConsumerTimes>> consumer_times_;
  std::map<std::uint64_t, Answered> awaited_;
  std::uint64_t last_call_ = 0;
  Outbox<Told> told_;
  FiberGroup ending_;  // coordinators of replaced replicas
};

}  // namespace fulmar
