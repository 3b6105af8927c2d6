// DescribeTopicPartitions: topics and their partitions, a page at a time (KIP-966).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/protocol/api_key.h"
#include "broker/protocol/error_code.h"
#include "broker/protocol/messages/authorized_operations.h"
#include "broker/protocol/uuid.h"

namespace fulmar {

// Where a page begins.
struct TopicPartitionsCursor {
  std::string topic;
  std::int32_t partition = 0;
};

struct DescribeTopicPartitionsRequest {
  static constexpr ApiKey key = ApiKey::describe_topic_partitions;

  struct Topic {
    std::string name;
  };

  std::vector<Topic> topics;  // empty is all
  std::int32_t response_partition_limit = 2000;
  std::optional<TopicPartitionsCursor> cursor;
};

struct DescribeTopicPartitionsResponse {
  static constexpr ApiKey key = ApiKey::describe_topic_partitions;

  struct Topic {
    struct Partition {
      ErrorCode error_code = ErrorCode::none;
      std::int32_t index = 0;
      std::int32_t leader_id = 0;
      std::int32_t leader_epoch = -1;
      std::vector<std::int32_t> replica_nodes;
      std::vector<std::int32_t> isr_nodes;
      std::optional<std::vector<std::int32_t>> eligible_leader_replicas;
      std::optional<std::vector<std::int32_t>> last_known_elr;
      std::vector<std::int32_t> offline_replicas;
    };

    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string> name;
    Uuid topic_id;
    bool is_internal = false;
    std::vector<Partition> partitions;
    std::int32_t authorized_operations = authorized_operations_unasked;
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<Topic> topics;
  std::optional<TopicPartitionsCursor> next_cursor;
};

}  // namespace fulmar
