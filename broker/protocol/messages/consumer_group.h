// ConsumerGroupHeartbeat, ConsumerGroupDescribe: the consumer group protocol (KIP-848), in which the coordinator
// assigns partitions.
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

struct ConsumerGroupHeartbeatRequest {
  static constexpr ApiKey key = ApiKey::consumer_group_heartbeat;

  struct TopicPartitions {
    Uuid topic_id;
    std::vector<std::int32_t> partitions;
  };

  std::string group_id;
  std::string member_id;          // chosen by the consumer; empty in version 0: by the coordinator (KIP-1082)
  std::int32_t member_epoch = 0;  // 0: joins; -1: leaves; -2: leaves as a static member that will be back
  // Fields that have not changed since the last heartbeat may be null or, for the timeout, -1.
  std::optional<std::string> instance_id;
  std::optional<std::string> rack_id;
  std::int32_t rebalance_timeout_ms = -1;
  std::optional<std::vector<std::string>> subscribed_topic_names;
  std::optional<std::string> subscribed_topic_regex;
  std::optional<std::string> server_assignor;
  std::optional<std::vector<TopicPartitions>> topic_partitions;  // its partitions
};

struct ConsumerGroupHeartbeatResponse {
  static constexpr ApiKey key = ApiKey::consumer_group_heartbeat;

  struct TopicPartitions {
    Uuid topic_id;
    std::vector<std::int32_t> partitions;
  };

  struct Assignment {
    std::vector<TopicPartitions> topic_partitions;
  };

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::none;
  std::optional<std::string> error_message;
  std::optional<std::string> member_id;
  std::int32_t member_epoch = 0;
  std::int32_t heartbeat_interval_ms = 0;
  std::optional<Assignment> assignment;  // null: unchanged
};

struct ConsumerGroupDescribeRequest {
  static constexpr ApiKey key = ApiKey::consumer_group_describe;

  std::vector<std::string> group_ids;
  bool include_authorized_operations = false;
};

struct ConsumerGroupDescribeResponse {
  static constexpr ApiKey key = ApiKey::consumer_group_describe;

  struct TopicPartitions {
    Uuid topic_id;
    std::string topic_name;
    std::vector<std::int32_t> partitions;
  };

  struct Assignment {
    std::vector<TopicPartitions> topic_partitions;
  };

  struct Group {
    struct Member {
      std::string member_id;
      std::optional<std::string> instance_id;
      std::optional<std::string> rack_id;
      std::int32_t member_epoch = 0;
      std::string client_id;
      std::string client_host;
      std::vector<std::string> subscribed_topic_names;
      std::optional<std::string> subscribed_topic_regex;
      Assignment assignment;
      Assignment target_assignment;
      std::int8_t member_type = -1;  // -1: unknown; 0: of the classic protocol; 1: of the consumer protocol (KIP-1099)
    };

    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string> error_message;
    std::string group_id;
    std::string group_state;
    std::int32_t group_epoch = 0;
    std::int32_t assignment_epoch = 0;
    std::string assignor_name;
    std::vector<Member> members;
    std::int32_t authorized_operations = authorized_operations_unasked;
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<Group> groups;
};

}  // namespace fulmar
