// AddPartitionsToTxn, AddOffsetsToTxn: adds partitions to a transaction, and answers whether it has them.
#include "broker/transactions/coordinator.h"
#include "runtime/base/mark.h"

namespace fulmar {

void TransactionCoordinator::add_partitions(TransactionToken token, const ProducerClaim& producer,
                                            const PartitionsByTopic& partitions, TransactionVersion version,
                                            CoordinatorTime now) {
  if (auto error = not_serving()) return refuse(token, *error);
  if (producer.transactional_id.empty()) return refuse(token, ErrorCode::invalid_request);
  auto* entry = find(producer.transactional_id);
  if (!entry) return refuse(token, ErrorCode::invalid_producer_id_mapping);
  // Checked first: the change under way may make the producer valid.
  if (entry->in_transition()) {
    FULMAR_MARK("transactions: partitions added while a change is under way");
    return refuse(token, ErrorCode::concurrent_transactions);
  }
  const auto& current = *entry->current;
  if (current.producer_id != producer.producer_id) return refuse(token, ErrorCode::invalid_producer_id_mapping);
  if (current.producer_epoch != producer.producer_epoch) {
    FULMAR_MARK("transactions: fenced producer adds partitions");
    return refuse(token, ErrorCode::producer_fenced);
  }
  if (current.state == TransactionState::ongoing && current.contains(partitions)) {
    FULMAR_MARK("transactions: partitions are there already");
    return refuse(token, ErrorCode::none);
  }
  append(producer.transactional_id, *entry, current.with_partitions(partitions, version, now.wall),
         TransactionAnswer{.token = token});
}

std::expected<PartitionsByTopic, ErrorCode> TransactionCoordinator::missing(const ProducerClaim& producer,
                                                                            const PartitionsByTopic& partitions) const {
  // Queries are answered even while changes are not committed.
  if (phase_ != Phase::active)
    return std::unexpected(phase_ == Phase::loading ? ErrorCode::coordinator_load_in_progress
                                                    : ErrorCode::not_coordinator);
  if (producer.transactional_id.empty()) return std::unexpected(ErrorCode::invalid_request);
  const auto* current = committed_state(producer.transactional_id);
  if (!current || current->producer_id != producer.producer_id)
    return std::unexpected(ErrorCode::invalid_producer_id_mapping);
  if (current->producer_epoch != producer.producer_epoch) return std::unexpected(ErrorCode::producer_fenced);
  if (current->prepared()) {
    FULMAR_MARK("transactions: asked about while it ends");
    return std::unexpected(ErrorCode::concurrent_transactions);
  }
  PartitionsByTopic missing;
  for (const auto& [topic, indexes] : partitions) {
    auto known = current->partitions.find(topic);
    for (auto index : indexes)
      if (known == current->partitions.end() || !known->second.contains(index)) missing[topic].insert(index);
  }
  return missing;
}

}  // namespace fulmar
