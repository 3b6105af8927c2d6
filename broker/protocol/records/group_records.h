// A group coordinator's records: committed offsets, for any group; and for groups under the classic protocol their
// state when they last became stable.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/protocol/records/coordinator_record.h"
#include "broker/protocol/uuid.h"

namespace fulmar {

struct OffsetCommitValue {
  static constexpr MessageSchema schema{"OffsetCommitValue", 0, 4, 4};

  std::int64_t offset = 0;
  std::int32_t leader_epoch = -1;  // -1: unknown
  std::string metadata;
  std::int64_t commit_timestamp = 0;
  std::int64_t expire_timestamp = -1;  // -1: the broker's configuration
  Uuid topic_id;                       // zero: unknown

  // Only version 1 has an expiration time, and it has neither epoch nor id.
  std::int16_t written_version() const { return expire_timestamp == -1 ? 4 : 1; }
  bool operator==(const OffsetCommitValue&) const = default;
};

struct OffsetCommitKey {
  static constexpr std::int16_t type = 1;
  static constexpr MessageSchema schema{"OffsetCommitKey", 0, 0, never_flexible};
  using Value = OffsetCommitValue;

  std::string group_id;
  std::string topic;
  std::int32_t partition = 0;

  auto operator<=>(const OffsetCommitKey&) const = default;
};

struct GroupMetadataValue {
  static constexpr MessageSchema schema{"GroupMetadataValue", 0, 4, 4};

  struct Member {
    std::string member_id;
    std::optional<std::string> group_instance_id;
    std::string client_id;
    std::string client_host;
    std::int32_t rebalance_timeout_ms = -1;  // -1: the session timeout
    std::int32_t session_timeout_ms = 0;
    Bytes subscription;  // its metadata for the chosen protocol
    Bytes assignment;

    bool operator==(const Member&) const = default;
  };

  std::string protocol_type;
  std::int32_t generation = 0;
  std::optional<std::string> protocol;
  std::optional<std::string> leader;
  std::int64_t current_state_timestamp = -1;
  std::vector<Member> members;

  std::int16_t written_version() const { return 3; }
  bool operator==(const GroupMetadataValue&) const = default;
};

struct GroupMetadataKey {
  static constexpr std::int16_t type = 2;
  static constexpr MessageSchema schema{"GroupMetadataKey", 0, 0, never_flexible};
  using Value = GroupMetadataValue;

  std::string group_id;

  auto operator<=>(const GroupMetadataKey&) const = default;
};

}  // namespace fulmar
