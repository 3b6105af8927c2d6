// Produce: append record batches to partitions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/protocol/api_key.h"
#include "broker/protocol/error_code.h"
#include "broker/protocol/uuid.h"
#include "runtime/base/bytes.h"

namespace fulmar {

struct ProduceRequest {
  static constexpr ApiKey key = ApiKey::produce;

  struct Topic {
    struct Partition {
      std::int32_t index = 0;
      ByteChain records;
    };

    std::string name;
    std::vector<Partition> partitions;
    Uuid topic_id = {};
  };

  std::optional<std::string> transactional_id;
  std::int16_t acks = 0;
  std::int32_t timeout_ms = 0;
  std::vector<Topic> topics;
};

struct ProduceResponse {
  static constexpr ApiKey key = ApiKey::produce;

  struct Topic {
    struct Partition {
      struct RecordError {
        std::int32_t batch_index = 0;
        std::optional<std::string> message;
      };

      struct CurrentLeader {
        std::int32_t leader_id = -1;
        std::int32_t leader_epoch = -1;

        bool operator==(const CurrentLeader&) const = default;
      };

      std::int32_t index = 0;
      ErrorCode error_code = ErrorCode::none;
      std::int64_t base_offset = 0;
      std::int64_t log_append_time_ms = -1;
      std::int64_t log_start_offset = -1;
      std::vector<RecordError> record_errors;
      std::optional<std::string> error_message;
      CurrentLeader current_leader;
    };

    std::string name;
    std::vector<Partition> partitions;
    Uuid topic_id = {};
  };

  struct NodeEndpoint {
    std::int32_t node_id = 0;
    std::string host;
    std::int32_t port = 0;
    std::optional<std::string> rack;

    bool operator==(const NodeEndpoint&) const = default;
  };

  std::vector<Topic> topics;
  std::int32_t throttle_time_ms = 0;
  std::vector<NodeEndpoint> node_endpoints;
};

}  // namespace fulmar
