// Transaction: a transactional id's state, and its next state in each step of the protocol. Values: a step returns the
// next state, and leaves the current one until the next is committed.
//
// A producer is an id and an epoch. Each step that fences the earlier producer raises the epoch; partitions refuse
// older epochs (KIP-98). In version 2 the end of each transaction does so too, so that a late message of it cannot
// become part of the next (KIP-890).
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

// The client's version of transactions: in v2 the end of each transaction raises the epoch.
enum class TransactionVersion : std::int8_t { v0 = 0, v2 = 2 };

enum class TransactionEnd : std::uint8_t { commit, abort };

// No producer gets this epoch: it is reserved for fencing the last one.
inline constexpr std::int16_t producer_epoch_max = std::numeric_limits<std::int16_t>::max();

// "PrepareCommit", as Kafka prints it.
const char* transaction_state_name(TransactionState state);

struct Transaction {
  ProducerId producer_id = no_producer_id;
  ProducerId previous_producer_id = no_producer_id;  // the one before, which has no epochs left
  ProducerId next_producer_id = no_producer_id;      // after the transaction's completion; none: unchanged
  std::int16_t producer_epoch = -1;
  std::int16_t last_producer_epoch = -1;  // whose repeated InitProducerId is accepted; not in the log
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
  // The next epoch is reserved: a new producer id is needed.
  bool epochs_used_up() const { return producer_epoch >= producer_epoch_max - 1; }
  bool contains(const PartitionsByTopic& others) const;

  // -- The steps. `now`: wall clock.
  // A producer takes over, without an open transaction, in the epoch after `producer_epoch` (0 for the first).
  Transaction with_next_epoch(std::int32_t timeout, bool remember_last, Timestamp now) const;
  Transaction with_producer(ProducerId id, std::int32_t timeout, bool remember_last, Timestamp now) const;
  Transaction with_partitions(const PartitionsByTopic& added, TransactionVersion version, Timestamp now) const;
  // The end is decided. v2: in the next epoch; `next_id`: the producer id after completion, or none.
  Transaction prepared_to(TransactionEnd end, TransactionVersion version, ProducerId next_id, Timestamp now) const;
  // All its partitions have the marker.
  Transaction completed(Timestamp now) const;

  // As stored in the log.
  TransactionLogValue record() const;
  static Transaction from_record(const TransactionLogValue& record);
};

}  // namespace fulmar
