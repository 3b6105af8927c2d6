// Fetch: read record batches; sessions (KIP-227), at least one batch (KIP-74), topic ids (KIP-516).
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "broker/protocol/api_key.h"
#include "broker/protocol/error_code.h"
#include "broker/protocol/uuid.h"
#include "runtime/base/bytes.h"

namespace fulmar {

struct FetchRequest {
  static constexpr ApiKey key = ApiKey::fetch;
  static constexpr std::int64_t high_watermark_unsaid = std::numeric_limits<std::int64_t>::max();

  struct ReplicaState {
    std::int32_t replica_id = -1;
    std::int64_t replica_epoch = -1;

    bool operator==(const ReplicaState&) const = default;
  };

  struct Topic {
    struct Partition {
      std::int32_t index = 0;
      std::int32_t current_leader_epoch = -1;
      std::int64_t fetch_offset = 0;
      std::int32_t last_fetched_epoch = -1;
      std::int64_t log_start_offset = -1;
      std::int32_t max_bytes = 0;
      Uuid replica_directory_id;
      std::int64_t high_watermark = high_watermark_unsaid;  // that a replica knows of (KIP-1166)
    };

    std::string name;
    Uuid topic_id;
    std::vector<Partition> partitions;
  };

  struct ForgottenTopic {
    std::string name;
    Uuid topic_id;
    std::vector<std::int32_t> partitions;
  };

  std::optional<std::string> cluster_id;
  std::int32_t replica_id = -1;
  ReplicaState replica_state;
  std::int32_t max_wait_ms = 0;
  std::int32_t min_bytes = 0;
  std::int32_t max_bytes = 0x7fffffff;
  std::int8_t isolation_level = 0;
  std::int32_t session_id = 0;
  std::int32_t session_epoch = -1;
  std::vector<Topic> topics;
  std::vector<ForgottenTopic> forgotten_topics;
  std::string rack_id;
};

struct FetchResponse {
  static constexpr ApiKey key = ApiKey::fetch;

  struct Topic {
    struct Partition {
      struct EpochEndOffset {
        std::int32_t epoch = -1;
        std::int64_t end_offset = -1;

        bool operator==(const EpochEndOffset&) const = default;
      };

      struct CurrentLeader {
        std::int32_t leader_id = -1;
        std::int32_t leader_epoch = -1;

        bool operator==(const CurrentLeader&) const = default;
      };

      struct AbortedTransaction {
        std::int64_t producer_id = 0;
        std::int64_t first_offset = 0;
      };

      std::int32_t index = 0;
      ErrorCode error_code = ErrorCode::none;
      std::int64_t high_watermark = 0;
      std::int64_t last_stable_offset = -1;
      std::int64_t log_start_offset = -1;
      EpochEndOffset diverging_epoch;
      CurrentLeader current_leader;
      std::optional<std::vector<AbortedTransaction>> aborted_transactions;
      std::int32_t preferred_read_replica = -1;
      ByteChain records;
    };

    std::string name;
    Uuid topic_id;
    std::vector<Partition> partitions;
  };

  struct NodeEndpoint {
    std::int32_t node_id = 0;
    std::string host;
    std::int32_t port = 0;
    std::optional<std::string> rack;

    bool operator==(const NodeEndpoint&) const = default;
  };

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::none;
  std::int32_t session_id = 0;
  std::vector<Topic> topics;
  std::vector<NodeEndpoint> node_endpoints;
};

}  // namespace fulmar
