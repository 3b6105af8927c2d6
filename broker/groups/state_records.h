// What the coordinator of groups keeps in its partition of __consumer_offsets, as values: committed offsets, and what a
// classic group was when its last generation became stable. No value is a tombstone. Their bytes are others' business.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "broker/protocol/record_batch.h"
#include "broker/protocol/uuid.h"
#include "runtime/base/bytes.h"
#include "runtime/base/time.h"

namespace fulmar {

struct OffsetKey {
  std::string group;
  std::string topic;
  std::int32_t partition = 0;

  auto operator<=>(const OffsetKey&) const = default;
};

struct CommittedOffset {
  Offset offset = 0;
  Epoch leader_epoch = -1;  // -1: not known
  std::string metadata;
  Timestamp committed_at = 0;
  Timestamp expires_at = -1;  // -1: by the retention of the broker
  Uuid topic_id;              // zero: not known

  bool operator==(const CommittedOffset&) const = default;
};

struct OffsetRecord {
  OffsetKey key;
  std::optional<CommittedOffset> value;

  bool operator==(const OffsetRecord&) const = default;
};

struct GroupSnapshot {
  struct Member {
    std::string member_id;
    std::optional<std::string> group_instance_id;
    std::string client_id;
    std::string client_host;
    std::int32_t rebalance_timeout_ms = -1;  // -1: as the session's
    std::int32_t session_timeout_ms = 0;
    Bytes subscription;
    Bytes assignment;

    bool operator==(const Member&) const = default;
  };

  std::string protocol_type;  // empty: none
  std::int32_t generation = 0;
  std::optional<std::string> protocol;
  std::optional<std::string> leader;
  Timestamp state_since = -1;  // when the group came into its state; -1: not known
  std::vector<Member> members;

  bool operator==(const GroupSnapshot&) const = default;
};

struct GroupRecord {
  std::string group;
  std::optional<GroupSnapshot> value;

  bool operator==(const GroupRecord&) const = default;
};

using StateRecord = std::variant<OffsetRecord, GroupRecord>;

}  // namespace fulmar
