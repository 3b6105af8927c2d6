// Transaction: what the coordinator knows of one transactional id, and what it becomes by each step of the protocol.
// Values: a step makes the next one from the last, which stays as it is until the next is committed.
//
// A producer is an id and an epoch. Each step that must shut out whoever used the transactional id before gives the
// next epoch; partitions refuse the older ones (KIP-98). In transactions of version 2 the end of each transaction does
// so as well, so that nothing of it that is late is taken for the next one's (KIP-890).
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "broker/protocol/record_batch.h"
#include "broker/protocol/records/transaction_log.h"

namespace fulmar {

using PartitionsByTopic = std::map<std::string, std::set<std::int32_t>>;

// How the client of a transaction speaks: whether the end of each of its transactions gives it a new epoch.
enum class TransactionVersion : std::int8_t { v0 = 0, v2 = 2 };

enum class TransactionEnd : std::uint8_t { commit, abort };

// No producer is given this epoch: it is left for fencing the last that one is given.
inline constexpr std::int16_t producer_epoch_max = std::numeric_limits<std::int16_t>::max();

// "PrepareCommit", as Kafka prints it.
const char* transaction_state_name(TransactionState state);

struct Transaction {
  ProducerId producer_id = no_producer_id;
  ProducerId previous_producer_id = no_producer_id;  // that had all its epochs used up
  ProducerId next_producer_id = no_producer_id;      // from the transaction's completion on; none: the same
  std::int16_t producer_epoch = -1;
  std::int16_t last_producer_epoch = -1;  // of which a repeated InitProducerId is believed; not in the log
  std::int32_t timeout_ms = 0;
  TransactionState state = TransactionState::empty;
  PartitionsByTopic partitions;
  Timestamp started = -1;  // -1: none is open
  Timestamp updated = 0;
  std::int16_t client_version = 0;

  bool operator==(const Transaction&) const = default;

  bool prepared() const {
    return state == TransactionState::prepare_commit || state == TransactionState::prepare_abort;
  }
  bool complete() const {
    return state == TransactionState::complete_commit || state == TransactionState::complete_abort;
  }
  // Its next epoch is the last there is: another producer id has to follow.
  bool epochs_used_up() const { return producer_epoch >= producer_epoch_max - 1; }
  bool contains(const PartitionsByTopic& others) const;

  // -- The steps. `now`: of the wall clock.
  // A producer begins anew, without an open transaction, in the epoch after `producer_epoch` (0 for the first).
  Transaction with_next_epoch(std::int32_t timeout, bool remember_last, Timestamp now) const;
  Transaction with_producer(ProducerId id, std::int32_t timeout, bool remember_last, Timestamp now) const;
  Transaction with_partitions(const PartitionsByTopic& added, TransactionVersion version, Timestamp now) const;
  // Its end is decided. `version` v2: in the next epoch; `next_id`: of the producer from the completion on, or none.
  Transaction prepared_to(TransactionEnd end, TransactionVersion version, ProducerId next_id, Timestamp now) const;
  // All its partitions have the marker.
  Transaction completed(Timestamp now) const;

  // As it is kept in the log.
  TransactionLogValue record() const;
  static Transaction from_record(const TransactionLogValue& record);
};

}  // namespace fulmar
