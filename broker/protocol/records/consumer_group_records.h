// A coordinator's records of a consumer group (KIP-848): the group's epoch, the members and their subscriptions, the
// target assignment, and each member's progress towards it.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/protocol/records/coordinator_record.h"
#include "broker/protocol/uuid.h"

namespace fulmar {

struct ConsumerGroupMetadataValue {
  static constexpr MessageSchema schema{"ConsumerGroupMetadataValue", 0, 0, 0};

  std::int32_t epoch = 0;
  std::int64_t metadata_hash = 0;  // of the subscribed topics; 0: unknown

  std::int16_t written_version() const { return 0; }
  bool operator==(const ConsumerGroupMetadataValue&) const = default;
};

struct ConsumerGroupMetadataKey {
  static constexpr std::int16_t type = 3;
  static constexpr MessageSchema schema{"ConsumerGroupMetadataKey", 0, 0, never_flexible};
  using Value = ConsumerGroupMetadataValue;

  std::string group_id;

  auto operator<=>(const ConsumerGroupMetadataKey&) const = default;
};

// Written by brokers before the metadata hash (KIP-1101).
struct ConsumerGroupPartitionMetadataValue {
  static constexpr MessageSchema schema{"ConsumerGroupPartitionMetadataValue", 0, 0, 0};

  struct Topic {
    struct Partition {
      std::int32_t partition = 0;
      std::vector<std::string> racks;

      bool operator==(const Partition&) const = default;
    };

    Uuid topic_id;
    std::string topic_name;
    std::int32_t num_partitions = 0;
    std::vector<Partition> partition_metadata;

    bool operator==(const Topic&) const = default;
  };

  std::vector<Topic> topics;

  std::int16_t written_version() const { return 0; }
  bool operator==(const ConsumerGroupPartitionMetadataValue&) const = default;
};

struct ConsumerGroupPartitionMetadataKey {
  static constexpr std::int16_t type = 4;
  static constexpr MessageSchema schema{"ConsumerGroupPartitionMetadataKey", 0, 0, never_flexible};
  using Value = ConsumerGroupPartitionMetadataValue;

  std::string group_id;

  auto operator<=>(const ConsumerGroupPartitionMetadataKey&) const = default;
};

// For a member that still uses the classic protocol.
struct ConsumerGroupClassicMember {
  struct Protocol {
    std::string name;
    Bytes metadata;

    bool operator==(const Protocol&) const = default;
  };

  std::int32_t session_timeout_ms = 0;
  std::vector<Protocol> supported_protocols;

  bool operator==(const ConsumerGroupClassicMember&) const = default;
};

struct ConsumerGroupMemberMetadataValue {
  static constexpr MessageSchema schema{"ConsumerGroupMemberMetadataValue", 0, 0, 0};

  using ClassicMember = ConsumerGroupClassicMember;

  std::optional<std::string> instance_id;
  std::optional<std::string> rack_id;
  std::string client_id;
  std::string client_host;
  std::vector<std::string> subscribed_topic_names;
  std::optional<std::string> subscribed_topic_regex;
  std::int32_t rebalance_timeout_ms = -1;
  std::optional<std::string> server_assignor;
  std::optional<ClassicMember> classic_member_metadata;

  std::int16_t written_version() const { return 0; }
  bool operator==(const ConsumerGroupMemberMetadataValue&) const = default;
};

struct ConsumerGroupMemberMetadataKey {
  static constexpr std::int16_t type = 5;
  static constexpr MessageSchema schema{"ConsumerGroupMemberMetadataKey", 0, 0, never_flexible};
  using Value = ConsumerGroupMemberMetadataValue;

  std::string group_id;
  std::string member_id;

  auto operator<=>(const ConsumerGroupMemberMetadataKey&) const = default;
};

struct ConsumerGroupTargetAssignmentMetadataValue {
  static constexpr MessageSchema schema{"ConsumerGroupTargetAssignmentMetadataValue", 0, 0, 0};

  std::int32_t assignment_epoch = 0;
  std::int64_t assignment_timestamp = 0;  // 0: not known

  std::int16_t written_version() const { return 0; }
  bool operator==(const ConsumerGroupTargetAssignmentMetadataValue&) const = default;
};

struct ConsumerGroupTargetAssignmentMetadataKey {
  static constexpr std::int16_t type = 6;
  static constexpr MessageSchema schema{"ConsumerGroupTargetAssignmentMetadataKey", 0, 0, never_flexible};
  using Value = ConsumerGroupTargetAssignmentMetadataValue;

  std::string group_id;

  auto operator<=>(const ConsumerGroupTargetAssignmentMetadataKey&) const = default;
};

struct ConsumerGroupTargetAssignmentMemberValue {
  static constexpr MessageSchema schema{"ConsumerGroupTargetAssignmentMemberValue", 0, 0, 0};

  struct TopicPartitions {
    Uuid topic_id;
    std::vector<std::int32_t> partitions;

    bool operator==(const TopicPartitions&) const = default;
  };

  std::vector<TopicPartitions> topic_partitions;

  std::int16_t written_version() const { return 0; }
  bool operator==(const ConsumerGroupTargetAssignmentMemberValue&) const = default;
};

struct ConsumerGroupTargetAssignmentMemberKey {
  static constexpr std::int16_t type = 7;
  static constexpr MessageSchema schema{"ConsumerGroupTargetAssignmentMemberKey", 0, 0, never_flexible};
  using Value = ConsumerGroupTargetAssignmentMemberValue;

  std::string group_id;
  std::string member_id;

  auto operator<=>(const ConsumerGroupTargetAssignmentMemberKey&) const = default;
};

struct ConsumerGroupCurrentMemberAssignmentValue {
  static constexpr MessageSchema schema{"ConsumerGroupCurrentMemberAssignmentValue", 0, 0, 0};

  struct TopicPartitions {
    Uuid topic_id;
    std::vector<std::int32_t> partitions;
    // The member epoch at which each partition was assigned; null: unknown.
    std::optional<std::vector<std::int32_t>> assignment_epochs;

    bool operator==(const TopicPartitions&) const = default;
  };

  std::int32_t member_epoch = 0;
  std::int32_t previous_member_epoch = 0;
  std::int8_t state = 0;  // 0: stable; 1: has to give up partitions; 2: waits for other members to give up theirs
  std::vector<TopicPartitions> assigned_partitions;
  std::vector<TopicPartitions> partitions_pending_revocation;

  std::int16_t written_version() const { return 0; }
  bool operator==(const ConsumerGroupCurrentMemberAssignmentValue&) const = default;
};

struct ConsumerGroupCurrentMemberAssignmentKey {
  static constexpr std::int16_t type = 8;
  static constexpr MessageSchema schema{"ConsumerGroupCurrentMemberAssignmentKey", 0, 0, never_flexible};
  using Value = ConsumerGroupCurrentMemberAssignmentValue;

  std::string group_id;
  std::string member_id;

  auto operator<=>(const ConsumerGroupCurrentMemberAssignmentKey&) const = default;
};

// The topics that matched a subscription's regular expression when it was last resolved.
struct ConsumerGroupRegularExpressionValue {
  static constexpr MessageSchema schema{"ConsumerGroupRegularExpressionValue", 0, 0, 0};

  std::vector<std::string> topics;
  std::int64_t version = 0;  // of the metadata
  std::int64_t timestamp = 0;

  std::int16_t written_version() const { return 0; }
  bool operator==(const ConsumerGroupRegularExpressionValue&) const = default;
};

struct ConsumerGroupRegularExpressionKey {
  static constexpr std::int16_t type = 16;
  static constexpr MessageSchema schema{"ConsumerGroupRegularExpressionKey", 0, 0, never_flexible};
  using Value = ConsumerGroupRegularExpressionValue;

  std::string group_id;
  std::string regular_expression;

  auto operator<=>(const ConsumerGroupRegularExpressionKey&) const = default;
};

}  // namespace fulmar
