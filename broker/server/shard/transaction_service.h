// TransactionService: a shard's transaction coordinators, one for each partition of __transaction_state that the shard
// owns, and its clients' requests to coordinators on any shard.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "broker/coordinator/coordinator_partition.h"
#include "broker/transactions/transaction_machine.h"
#include "runtime/fiber/group.h"

namespace fulmar {

class BrokerShard;

class TransactionService {
 public:
  // A request to the coordinator, on its shard: must not wait.
  using Input = std::function<void(TransactionCoordinator& transactions, TransactionToken token, CoordinatorTime now)>;

  explicit TransactionService(BrokerShard& shard) : shard_(shard) {}
  ~TransactionService();

  // The partition is about to be closed here: ends its coordinator first, and waits for that.
  void release(std::int32_t partition);
  // A replica of the partition was opened here.
  void opened(std::int32_t partition) { coordinator(partition); }
  // For a new image: has coordinators for the partitions that this shard owns.
  void follow();
  void stop();

  // Passes `input` to the transactional id's coordinator, if it is on this broker, and waits for its answer. Errors of
  // its own, without effect: COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR, COORDINATOR_LOAD_IN_PROGRESS.
  TransactionAnswer ask(const std::string& transactional_id, const Input& input);
  // Calls `look` with the transactional id's coordinator. Errors: as ask().
  ErrorCode read(const std::string& transactional_id, const std::function<void(const TransactionCoordinator&)>& look);
  // Calls `look` with each coordinator of this shard. COORDINATOR_LOAD_IN_PROGRESS if one was left out because it is
  // loading.
  ErrorCode read_all(const std::function<void(const TransactionCoordinator&)>& look);
  // The leader of the transactional id's partition; -1: none is known.
  std::int32_t coordinator_of(const std::string& transactional_id) const;

  // Called, from any code, when there are new markers to write.
  std::function<void()> on_unmarked;
  // Calls `look` with each loaded coordinator that has markers to write, and its epoch. Returns false if one was
  // skipped that may coordinate soon: it is loading, or not known to be the only leader.
  bool each_unmarked(
      const std::function<void(std::int32_t partition, Epoch epoch, const TransactionCoordinator&)>& look);
  // The markers were written, as that coordinator in that epoch wanted; ignored if the epoch has ended.
  void marked(std::int32_t partition, Epoch epoch, const std::vector<TransactionMarkers>& written);

 private:
  struct Coordinating {
    std::shared_ptr<Replica> replica;
    std::unique_ptr<CoordinatorPartition> partition;
  };

  // The transactional id's shard and partition. Errors: COORDINATOR_NOT_AVAILABLE: the topic does not exist yet.
  std::expected<std::pair<unsigned, std::int32_t>, ErrorCode> place_of(const std::string& transactional_id) const;
  CoordinatorPartition* coordinator(std::int32_t partition);
  std::expected<TransactionMachine*, ErrorCode> machine(std::int32_t partition);
  TransactionAnswer ask_here(std::int32_t partition, const Input& input);
  CoordinatorTime now() const;

  BrokerShard& shard_;
  std::map<std::int32_t, Coordinating> coordinating_;
  FiberGroup ending_;  // coordinators of replaced replicas
};

}  // namespace fulmar
