// DescribeQuorum: the voters and observers of the metadata group, and how far each is (KIP-595, KIP-836, KIP-853).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/protocol/api_key.h"
#include "broker/protocol/error_code.h"
#include "broker/protocol/uuid.h"

namespace fulmar {

struct DescribeQuorumRequest {
  static constexpr ApiKey key = ApiKey::describe_quorum;

  struct Topic {
    struct Partition {
      std::int32_t index = 0;
    };

    std::string name;
    std::vector<Partition> partitions;
  };

  std::vector<Topic> topics;
};

struct DescribeQuorumResponse {
  static constexpr ApiKey key = ApiKey::describe_quorum;

  struct Replica {
    std::int32_t replica_id = 0;
    Uuid directory_id;
    std::int64_t log_end_offset = 0;             // -1 is unknown, here and below
    std::int64_t last_fetch_timestamp = -1;      // by the leader's clock; -1 of the leader itself
    std::int64_t last_caught_up_timestamp = -1;  // when the leader's log ended there
  };

  struct Topic {
    struct Partition {
      std::int32_t index = 0;
      ErrorCode error_code = ErrorCode::none;
      std::optional<std::string> error_message;
      std::int32_t leader_id = 0;
      std::int32_t leader_epoch = 0;
      std::int64_t high_watermark = 0;
      std::vector<Replica> voters;
      std::vector<Replica> observers;
    };

    std::string name;
    std::vector<Partition> partitions;
  };

  struct Node {
    struct Listener {
      std::string name;
      std::string host;
      std::uint16_t port = 0;
    };

    std::int32_t node_id = 0;
    std::vector<Listener> listeners;
  };

  ErrorCode error_code = ErrorCode::none;
  std::optional<std::string> error_message;
  std::vector<Topic> topics;
  std::vector<Node> nodes;
};

}  // namespace fulmar
