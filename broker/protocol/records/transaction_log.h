// The records of __transaction_state: a transaction coordinator's state of each transactional id.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/protocol/records/coordinator_record.h"
#include "runtime/base/result.h"

namespace fulmar {

enum class TransactionState : std::int8_t {
  empty = 0,
  ongoing = 1,
  prepare_commit = 2,
  prepare_abort = 3,
  complete_commit = 4,
  complete_abort = 5,
  dead = 6,
  prepare_epoch_fence = 7,
};

struct TransactionLogValue {
  static constexpr MessageSchema schema{"TransactionLogValue", 0, 1, 1};

  struct Topic {
    std::string topic;
    std::vector<std::int32_t> partition_ids;

    bool operator==(const Topic&) const = default;
  };

  std::int64_t producer_id = 0;
  std::int16_t producer_epoch = 0;
  std::int32_t transaction_timeout_ms = 0;
  TransactionState transaction_status = TransactionState::empty;
  std::optional<std::vector<Topic>> transaction_partitions;  // null if the status is empty
  std::int64_t transaction_last_update_timestamp_ms = 0;
  std::int64_t transaction_start_timestamp_ms = 0;
  // From version 1 (KIP-890); -1: none.
  std::int64_t previous_producer_id = -1;
  std::int64_t next_producer_id = -1;
  std::int16_t client_transaction_version = 0;
  std::int16_t next_producer_epoch = -1;

  // If transaction.version is at least 1; Kafka writes version 0 otherwise.
  std::int16_t written_version() const { return 1; }
  bool operator==(const TransactionLogValue&) const = default;
};

struct TransactionLogKey {
  static constexpr std::int16_t type = 0;
  static constexpr MessageSchema schema{"TransactionLogKey", 0, 0, never_flexible};
  using Value = TransactionLogValue;

  std::string transactional_id;

  auto operator<=>(const TransactionLogKey&) const = default;
};

using TransactionLogRecord = CoordinatorRecord<TransactionLogKey>;

// Decodes a record's key and value; no value: a tombstone. The result owns its bytes. Errors: unsupported (no such
// type: of a newer broker; Kafka's coordinator skips it); corrupt (damage, also an unknown status, or a status other
// than empty without partitions; or a value in an unknown version).
Result<TransactionLogRecord> read_transaction_log_record(std::string_view key, std::optional<std::string_view> value);

}  // namespace fulmar
