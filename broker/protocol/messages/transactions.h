// AddPartitionsToTxn, AddOffsetsToTxn, TxnOffsetCommit, EndTxn, WriteTxnMarkers: the steps of a transaction (KIP-98,
// KIP-447, KIP-890). It begins with InitProducerId, in init_producer_id.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/protocol/api_key.h"
#include "broker/protocol/error_code.h"
#include "broker/protocol/uuid.h"

namespace fulmar {

// One transaction, of a client, until version 3; several, of a broker, from version 4.
struct AddPartitionsToTxnRequest {
  static constexpr ApiKey key = ApiKey::add_partitions_to_txn;

  struct Topic {
    std::string name;
    std::vector<std::int32_t> partitions;
  };

  struct Transaction {
    std::string transactional_id;
    std::int64_t producer_id = 0;
    std::int16_t producer_epoch = 0;
    bool verify_only = false;
    std::vector<Topic> topics;
  };

  // From version 4:
  std::vector<Transaction> transactions;
  // Until version 3:
  std::string transactional_id;
  std::int64_t producer_id = 0;
  std::int16_t producer_epoch = 0;
  std::vector<Topic> topics;
};

struct AddPartitionsToTxnResponse {
  static constexpr ApiKey key = ApiKey::add_partitions_to_txn;

  struct Topic {
    struct Partition {
      std::int32_t index = 0;
      ErrorCode error_code = ErrorCode::none;
    };

    std::string name;
    std::vector<Partition> partitions;
  };

  struct Transaction {
    std::string transactional_id;
    std::vector<Topic> topics;
  };

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::none;  // from version 4
  std::vector<Transaction> transactions;   // from version 4
  std::vector<Topic> topics;               // until version 3
};

struct AddOffsetsToTxnRequest {
  static constexpr ApiKey key = ApiKey::add_offsets_to_txn;

  std::string transactional_id;
  std::int64_t producer_id = 0;
  std::int16_t producer_epoch = 0;
  std::string group_id;
};

struct AddOffsetsToTxnResponse {
  static constexpr ApiKey key = ApiKey::add_offsets_to_txn;

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::none;
};

// From version 5 on it also adds the group's offsets to the transaction, as AddOffsetsToTxn does (KIP-890).
struct TxnOffsetCommitRequest {
  static constexpr ApiKey key = ApiKey::txn_offset_commit;

  struct Topic {
    struct Partition {
      std::int32_t index = 0;
      std::int64_t committed_offset = 0;
      std::int32_t committed_leader_epoch = -1;
      std::optional<std::string> committed_metadata;
    };

    std::string name;
    Uuid topic_id;  // in place of the name from version 6 (KIP-1319)
    std::vector<Partition> partitions;
  };

  std::string transactional_id;
  std::string group_id;
  std::int64_t producer_id = 0;
  std::int16_t producer_epoch = 0;
  std::int32_t generation_id_or_member_epoch = -1;
  std::string member_id;
  std::optional<std::string> group_instance_id;
  std::vector<Topic> topics;
};

struct TxnOffsetCommitResponse {
  static constexpr ApiKey key = ApiKey::txn_offset_commit;

  struct Topic {
    struct Partition {
      std::int32_t index = 0;
      ErrorCode error_code = ErrorCode::none;
    };

    std::string name;
    Uuid topic_id;
    std::vector<Partition> partitions;
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<Topic> topics;
};

struct EndTxnRequest {
  static constexpr ApiKey key = ApiKey::end_txn;

  std::string transactional_id;
  std::int64_t producer_id = 0;
  std::int16_t producer_epoch = 0;
  bool committed = false;  // false: aborted
};

struct EndTxnResponse {
  static constexpr ApiKey key = ApiKey::end_txn;

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::none;
  // The producer id and epoch of the next transaction, from version 5; -1: unchanged.
  std::int64_t producer_id = -1;
  std::int16_t producer_epoch = -1;
};

// From a transaction's coordinator to the leaders of its partitions.
struct WriteTxnMarkersRequest {
  static constexpr ApiKey key = ApiKey::write_txn_markers;

  struct Marker {
    struct Topic {
      std::string name;
      std::vector<std::int32_t> partition_indexes;
    };

    std::int64_t producer_id = 0;
    std::int16_t producer_epoch = 0;
    bool transaction_result = false;  // false: aborted
    std::vector<Topic> topics;
    std::int32_t coordinator_epoch = 0;
    std::int8_t transaction_version = 0;  // from version 2 (KIP-1228)
  };

  std::vector<Marker> markers;
};

struct WriteTxnMarkersResponse {
  static constexpr ApiKey key = ApiKey::write_txn_markers;

  struct Marker {
    struct Topic {
      struct Partition {
        std::int32_t index = 0;
        ErrorCode error_code = ErrorCode::none;
      };

      std::string name;
      std::vector<Partition> partitions;
    };

    std::int64_t producer_id = 0;
    std::vector<Topic> topics;
  };

  std::vector<Marker> markers;
};

}  // namespace fulmar
