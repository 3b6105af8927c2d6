// The data that consumers of the classic protocol send in JoinGroup's metadata and SyncGroup's assignment: Kafka's
// "consumer" protocol type. The coordinator reads it only to know which topics a group consumes.
//
// Two bytes of version, then the fields of that version. New versions only add fields at the end, so a newer one is
// read as the newest known, and the rest is ignored.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/protocol/message.h"

namespace fulmar {

struct ConsumerProtocolSubscription {
  static constexpr MessageSchema schema{"ConsumerProtocolSubscription", 0, 3, never_flexible};

  struct TopicPartitions {
    std::string topic;
    std::vector<std::int32_t> partitions;
  };

  std::vector<std::string> topics;
  std::optional<Bytes> user_data;
  std::vector<TopicPartitions> owned_partitions;  // from version 1 (KIP-429)
  std::int32_t generation_id = -1;                // of the owned partitions, from version 2 (KIP-792)
  std::optional<std::string> rack_id;             // from version 3 (KIP-881)
};

struct ConsumerProtocolAssignment {
  static constexpr MessageSchema schema{"ConsumerProtocolAssignment", 0, 3, never_flexible};

  struct TopicPartitions {
    std::string topic;
    std::vector<std::int32_t> partitions;
  };

  std::vector<TopicPartitions> assigned_partitions;
  std::optional<Bytes> user_data;
};

// Errors: corrupt. User data shares the memory of `bytes`.
Result<ConsumerProtocolSubscription> read_consumer_subscription(const Bytes& bytes);
Result<ConsumerProtocolAssignment> read_consumer_assignment(const Bytes& bytes);
// `version` lies within the message's schema; asserted.
Bytes write_consumer_subscription(const ConsumerProtocolSubscription& subscription, std::int16_t version);
Bytes write_consumer_assignment(const ConsumerProtocolAssignment& assignment, std::int16_t version);

}  // namespace fulmar
