// AlterPartitionReassignments, ListPartitionReassignments: moves partitions to other brokers, and lists moving ones
// (KIP-455).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/protocol/api_key.h"
#include "broker/protocol/error_code.h"

namespace fulmar {

struct AlterPartitionReassignmentsRequest {
  static constexpr ApiKey key = ApiKey::alter_partition_reassignments;

  struct Topic {
    struct Partition {
      std::int32_t index = 0;
      std::optional<std::vector<std::int32_t>> replicas;  // null cancels the reassignment
    };

    std::string name;
    std::vector<Partition> partitions;
  };

  std::int32_t timeout_ms = 60000;
  bool allow_replication_factor_change = true;
  std::vector<Topic> topics;
};

struct AlterPartitionReassignmentsResponse {
  static constexpr ApiKey key = ApiKey::alter_partition_reassignments;

  struct Topic {
    struct Partition {
      std::int32_t index = 0;
      ErrorCode error_code = ErrorCode::none;
      std::optional<std::string> error_message;
    };

    std::string name;
    std::vector<Partition> partitions;
  };

  std::int32_t throttle_time_ms = 0;
  bool allow_replication_factor_change = true;
  ErrorCode error_code = ErrorCode::none;
  std::optional<std::string> error_message;
  std::vector<Topic> topics;
};

struct ListPartitionReassignmentsRequest {
  static constexpr ApiKey key = ApiKey::list_partition_reassignments;

  struct Topic {
    std::string name;
    std::vector<std::int32_t> partitions;
  };

  std::int32_t timeout_ms = 60000;
  std::optional<std::vector<Topic>> topics;  // null is all
};

struct ListPartitionReassignmentsResponse {
  static constexpr ApiKey key = ApiKey::list_partition_reassignments;

  struct Topic {
    struct Partition {
      std::int32_t index = 0;
      std::vector<std::int32_t> replicas;
      std::vector<std::int32_t> adding_replicas;
      std::vector<std::int32_t> removing_replicas;
    };

    std::string name;
    std::vector<Partition> partitions;
  };

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::none;
  std::optional<std::string> error_message;
  std::vector<Topic> topics;
};

}  // namespace fulmar
