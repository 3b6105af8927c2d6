#include "broker/transactions/transaction.h"

#include <algorithm>

#include "runtime/base/assert.h"

namespace fulmar {

const char* transaction_state_name(TransactionState state) {
  switch (state) {
    case TransactionState::empty: return "Empty";
    case TransactionState::ongoing: return "Ongoing";
    case TransactionState::prepare_commit: return "PrepareCommit";
    case TransactionState::prepare_abort: return "PrepareAbort";
    case TransactionState::complete_commit: return "CompleteCommit";
    case TransactionState::complete_abort: return "CompleteAbort";
    case TransactionState::dead: return "Dead";
    case TransactionState::prepare_epoch_fence: return "PrepareEpochFence";
  }
  FULMAR_UNREACHABLE();
}

bool Transaction::contains(const PartitionsByTopic& others) const {
  return std::ranges::all_of(others, [this](const auto& other) {
    auto topic = partitions.find(other.first);
    return topic != partitions.end() && std::ranges::includes(topic->second, other.second);
  });
}

Transaction Transaction::with_next_epoch(std::int32_t timeout, bool remember_last, Timestamp now) const {
  FULMAR_ASSERT(!epochs_used_up());
  auto next = *this;
  next.state = TransactionState::empty;
  next.last_producer_epoch = remember_last ? producer_epoch : std::int16_t{-1};
  next.producer_epoch = static_cast<std::int16_t>(producer_epoch + 1);
  next.timeout_ms = timeout;
  next.partitions.clear();
  next.started = -1;
  next.updated = now;
  return next;
}

Transaction Transaction::with_producer(ProducerId id, std::int32_t timeout, bool remember_last, Timestamp now) const {
  auto next = *this;
  next.state = TransactionState::empty;
  next.previous_producer_id = producer_id;
  next.producer_id = id;
  next.last_producer_epoch = remember_last ? producer_epoch : std::int16_t{-1};
  next.producer_epoch = 0;
  next.timeout_ms = timeout;
  next.partitions.clear();
  next.started = -1;
  next.updated = now;
  return next;
}

Transaction Transaction::with_partitions(const PartitionsByTopic& added, TransactionVersion version,
                                         Timestamp now) const {
  FULMAR_ASSERT(!prepared());
  auto next = *this;
  if (state != TransactionState::ongoing) next.started = now;
  next.state = TransactionState::ongoing;
  for (const auto& [topic, indexes] : added) next.partitions[topic].insert(indexes.begin(), indexes.end());
  next.updated = now;
  next.client_version = static_cast<std::int16_t>(version);
  return next;
}

Transaction Transaction::prepared_to(TransactionEnd end, TransactionVersion version, ProducerId next_id,
                                     Timestamp now) const {
  FULMAR_ASSERT(!prepared());
  auto next = *this;
  next.state = end == TransactionEnd::commit ? TransactionState::prepare_commit : TransactionState::prepare_abort;
  if (version == TransactionVersion::v2) {
    FULMAR_ASSERT(producer_epoch < producer_epoch_max);
    next.last_producer_epoch = producer_epoch;
    next.producer_epoch = static_cast<std::int16_t>(producer_epoch + 1);
  }
  next.next_producer_id = next_id;
  // A transaction without partitions has never begun.
  if (state != TransactionState::ongoing) next.started = now;
  next.updated = now;
  next.client_version = static_cast<std::int16_t>(version);
  return next;
}

Transaction Transaction::completed(Timestamp now) const {
  FULMAR_ASSERT(prepared());
  auto next = *this;
  next.state =
      state == TransactionState::prepare_commit ? TransactionState::complete_commit : TransactionState::complete_abort;
  if (next_producer_id != no_producer_id) {
    next.previous_producer_id = producer_id;
    next.producer_id = next_producer_id;
    next.producer_epoch = 0;
    next.next_producer_id = no_producer_id;
  }
  next.partitions.clear();
  next.updated = now;
  return next;
}

TransactionLogValue Transaction::record() const {
  TransactionLogValue value;
  value.producer_id = producer_id;
  value.producer_epoch = producer_epoch;
  value.transaction_timeout_ms = timeout_ms;
  value.transaction_status = state;
  if (state != TransactionState::empty) {
    value.transaction_partitions.emplace();
    for (const auto& [topic, indexes] : partitions)
      value.transaction_partitions->push_back({topic, {indexes.begin(), indexes.end()}});
  }
  value.transaction_last_update_timestamp_ms = updated;
  value.transaction_start_timestamp_ms = started;
  value.previous_producer_id = previous_producer_id;
  value.next_producer_id = next_producer_id;
  value.client_transaction_version = client_version;
  return value;
}

Transaction Transaction::from_record(const TransactionLogValue& record) {
  Transaction loaded;
  loaded.producer_id = record.producer_id;
  loaded.producer_epoch = record.producer_epoch;
  loaded.timeout_ms = record.transaction_timeout_ms;
  loaded.state = record.transaction_status;
  if (record.transaction_partitions)
    for (const auto& topic : *record.transaction_partitions)
      loaded.partitions[topic.topic].insert(topic.partition_ids.begin(), topic.partition_ids.end());
  loaded.updated = record.transaction_last_update_timestamp_ms;
  loaded.started = record.transaction_start_timestamp_ms;
  loaded.previous_producer_id = record.previous_producer_id;
  loaded.next_producer_id = record.next_producer_id;
  loaded.client_version = record.client_transaction_version;
  return loaded;
}

}  // namespace fulmar
