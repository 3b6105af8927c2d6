// DescribeTransactions, ListTransactions, DescribeProducers: the transactions of coordinators, and the producers of a
// partition (KIP-664, KIP-994, KIP-1152).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/protocol/api_key.h"
#include "broker/protocol/error_code.h"

namespace fulmar {

struct DescribeTransactionsRequest {
  static constexpr ApiKey key = ApiKey::describe_transactions;

  std::vector<std::string> transactional_ids;
};

struct DescribeTransactionsResponse {
  static constexpr ApiKey key = ApiKey::describe_transactions;

  struct Transaction {
    struct Topic {
      std::string name;
      std::vector<std::int32_t> partitions;
    };

    ErrorCode error_code = ErrorCode::none;
    std::string transactional_id;
    std::string transaction_state;
    std::int32_t transaction_timeout_ms = 0;
    std::int64_t transaction_start_time_ms = 0;
    std::int64_t producer_id = 0;
    std::int16_t producer_epoch = 0;
    std::vector<Topic> topics;
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<Transaction> transaction_states;
};

struct ListTransactionsRequest {
  static constexpr ApiKey key = ApiKey::list_transactions;

  std::vector<std::string> state_filters;         // empty is all
  std::vector<std::int64_t> producer_id_filters;  // empty is all
  std::int64_t duration_filter_ms = -1;           // those open for longer; negative is all
  std::optional<std::string> transactional_id_pattern;
};

struct ListTransactionsResponse {
  static constexpr ApiKey key = ApiKey::list_transactions;

  struct Transaction {
    std::string transactional_id;
    std::int64_t producer_id = 0;
    std::string transaction_state;
  };

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::none;
  std::vector<std::string> unknown_state_filters;
  std::vector<Transaction> transaction_states;
};

struct DescribeProducersRequest {
  static constexpr ApiKey key = ApiKey::describe_producers;

  struct Topic {
    std::string name;
    std::vector<std::int32_t> partition_indexes;
  };

  std::vector<Topic> topics;
};

struct DescribeProducersResponse {
  static constexpr ApiKey key = ApiKey::describe_producers;

  struct Topic {
    struct Partition {
      struct Producer {
        std::int64_t producer_id = 0;
        std::int32_t producer_epoch = 0;
        std::int32_t last_sequence = -1;
        std::int64_t last_timestamp = -1;
        std::int32_t coordinator_epoch = 0;
        std::int64_t current_txn_start_offset = -1;
      };

      std::int32_t index = 0;
      ErrorCode error_code = ErrorCode::none;
      std::optional<std::string> error_message;
      std::vector<Producer> active_producers;
    };

    std::string name;
    std::vector<Partition> partitions;
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<Topic> topics;
};

}  // namespace fulmar
