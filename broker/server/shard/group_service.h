// GroupService: the coordinators of groups on a shard: one for each partition of __consumer_offsets that the shard
// owns, and the requests of this shard's clients that wait for a coordinator's answer, on whichever shard that is.
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
  // What is asked of the coordinator, on its own shard: must not wait, and keep nothing that it refers to.
  using Input = std::function<void(GroupCoordinator& groups, GroupToken token, CoordinatorTime now)>;

  explicit GroupService(BrokerShard& shard);
  ~GroupService();

  // -- For the shard.
  // The partition is about to be closed here: its coordinator ends first. Waits for that.
  void release(std::int32_t partition);
  // A replica of it was opened here.
  void opened(std::int32_t partition) { coordinator(partition); }
  // By the image that is shown now: coordinators for what this shard owns; groups know of topics that have changed; and
  // those that are gone take along the offsets that were committed for them.
  void follow(const MetadataDelta& delta);
  void stop();

  // -- For requests of this shard's clients.
  // Has the group's coordinator do it, if that is here: `answered` is called once, on this shard, perhaps within this
  // call, unless forget() comes first; must not wait. Errors: COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR,
  // COORDINATOR_LOAD_IN_PROGRESS: nothing was done, and nothing will be called.
  std::expected<std::uint64_t, ErrorCode> ask(const std::string& group, const Input& input, Answered answered);
  void forget(std::uint64_t call) { awaited_.erase(call); }
  // What has to be confirmed before the producer's offsets are committed in its transaction, and as part of what;
  // nullopt: the transaction is open in the group's partition. Errors: as ask(), and INVALID_PRODUCER_EPOCH and others
  // of Replica::begin_verification().
  struct TransactionalCommit {
    std::int32_t partition = 0;  // of __consumer_offsets
    std::optional<TransactionWriter::Verified> to_verify;
  };
  std::expected<TransactionalCommit, ErrorCode> begin_transactional(const std::string& group, ProducerId producer,
                                                                    std::int16_t producer_epoch, bool own_epoch);
  // On the shard that owns the partition. See CoordinatorPartition::append_marker().
  std::expected<Replica::Proposed, ErrorCode> append_marker(std::int32_t partition, const Bytes& batch,
                                                            std::int16_t transaction_version);
  // The group's partition of __consumer_offsets. Errors: COORDINATOR_NOT_AVAILABLE: there is no such topic yet.
  std::expected<std::int32_t, ErrorCode> partition_of(const std::string& group) const;
  // Reads what is committed. Errors: as ask().
  ErrorCode read(const std::string& group, const std::function<void(const GroupCoordinator&)>& look);
  // Calls look with each coordinator that this shard has. COORDINATOR_LOAD_IN_PROGRESS if one was left out for that.
  ErrorCode read_all(const std::function<void(const GroupCoordinator&)>& look);

 private:
  struct Told {
    std::uint64_t call = 0;
    GroupAnswer answer;
  };

  // Of the group on its shard. Errors: COORDINATOR_NOT_AVAILABLE: there is no such topic yet.
  std::expected<std::pair<unsigned, std::int32_t>, ErrorCode> place_of(const std::string& group) const;
  CoordinatorPartition* coordinator(std::int32_t partition);
  std::unique_ptr<GroupMachine> make_machine(std::int32_t partition);
  const GroupSettings& settings();
  std::expected<GroupMachine*, ErrorCode> machine(std::int32_t partition);
  void tell(unsigned shard, std::uint64_t call, GroupAnswer answer);
  void told(Told said);
  CoordinatorTime now() const;

  struct Coordinating {
    std::shared_ptr<Replica> replica;
    GroupTopicsPtr topics;  // that its groups know of
    std::unique_ptr<CoordinatorPartition> partition;
  };

  BrokerShard& shard_;
  std::map<std::int32_t, Coordinating> coordinating_;
  GroupTopicsPtr topics_;  // as they were changed last
  std::optional<GroupSettings> settings_;
  std::map<std::uint64_t, Answered> awaited_;
  std::uint64_t last_call_ = 0;
  Outbox<Told> told_;
  FiberGroup ending_;  // coordinators of replicas that were replaced
};

}  // namespace fulmar
