// TransactionService: the coordinators of transactions on a shard, one for each partition of __transaction_state that
// the shard owns, and what is asked of them by this shard's clients, on whichever shard they are.
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
  // What is asked of the coordinator, on its own shard: must not wait.
  using Input = std::function<void(TransactionCoordinator& transactions, TransactionToken token, CoordinatorTime now)>;

  explicit TransactionService(BrokerShard& shard) : shard_(shard) {}
  ~TransactionService();

  // -- For the shard.
  // The partition is about to be closed here: its coordinator ends first. Waits for that.
  void release(std::int32_t partition);
  // A replica of it was opened here.
  void opened(std::int32_t partition) { coordinator(partition); }
  // By the image that is shown now: coordinators for what this shard owns.
  void follow();
  void stop();

  // -- For requests of this shard's clients, in a fiber.
  // Has the transactional id's coordinator do it, if that is here, and waits for its answer. Errors of its own:
  // COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR, COORDINATOR_LOAD_IN_PROGRESS: nothing was done.
  TransactionAnswer ask(const std::string& transactional_id, const Input& input);
  // Reads what is committed. Errors: as ask().
  ErrorCode read(const std::string& transactional_id, const std::function<void(const TransactionCoordinator&)>& look);
  // Calls look with each coordinator that this shard has. COORDINATOR_LOAD_IN_PROGRESS if one was left out for that.
  ErrorCode read_all(const std::function<void(const TransactionCoordinator&)>& look);
  // Who leads the transactional id's partition; -1: nobody is known to.
  std::int32_t coordinator_of(const std::string& transactional_id) const;

  // -- For markers, on this shard.
  // Called, from any code, when there are markers to be written that were not there before.
  std::function<void()> on_unmarked;
  // Calls `look` with each loaded coordinator that has markers to be written, and the epoch in which it coordinates.
  // False if one was passed over that may coordinate soon: it is not loaded, or not known to be the only one now.
  bool each_unmarked(
      const std::function<void(std::int32_t partition, Epoch epoch, const TransactionCoordinator&)>& look);
  // These were written by the coordinator of that partition and epoch; passed over if that has ended since.
  void marked(std::int32_t partition, Epoch epoch, const std::vector<TransactionMarkers>& written);

 private:
  struct Coordinating {
    std::shared_ptr<Replica> replica;
    std::unique_ptr<CoordinatorPartition> partition;
  };

  // Of the transactional id, on its shard. Errors: COORDINATOR_NOT_AVAILABLE: there is no such topic yet.
  std::expected<std::pair<unsigned, std::int32_t>, ErrorCode> place_of(const std::string& transactional_id) const;
  CoordinatorPartition* coordinator(std::int32_t partition);
  std::expected<TransactionMachine*, ErrorCode> machine(std::int32_t partition);
  TransactionAnswer ask_here(std::int32_t partition, const Input& input);
  CoordinatorTime now() const;

  BrokerShard& shard_;
  std::map<std::int32_t, Coordinating> coordinating_;
  FiberGroup ending_;  // coordinators of replicas that were replaced
};

}  // namespace fulmar
