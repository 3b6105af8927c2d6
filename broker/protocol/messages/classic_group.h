// JoinGroup, SyncGroup, Heartbeat, LeaveGroup: membership of a group under the classic protocol (KIP-62, KIP-345,
// KIP-394). The data that members exchange through the coordinator is opaque here; consumers' is in
// consumer_protocol.h. Bytes of a request share its frame's memory: what outlives the request has to be copied.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/protocol/api_key.h"
#include "broker/protocol/error_code.h"
#include "runtime/base/bytes.h"

namespace fulmar {

struct JoinGroupRequest {
  static constexpr ApiKey key = ApiKey::join_group;

  struct Protocol {
    std::string name;
    Bytes metadata;
  };

  std::string group_id;
  std::int32_t session_timeout_ms = 0;
  std::int32_t rebalance_timeout_ms = -1;  // -1: in version 0, the session timeout serves for both
  std::string member_id;                   // empty: a new member
  std::optional<std::string> group_instance_id;
  std::string protocol_type;
  std::vector<Protocol> protocols;  // the preferred one first
  std::optional<std::string> reason;
};

struct JoinGroupResponse {
  static constexpr ApiKey key = ApiKey::join_group;

  struct Member {
    std::string member_id;
    std::optional<std::string> group_instance_id;
    Bytes metadata;
  };

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::none;
  std::int32_t generation_id = -1;
  std::optional<std::string> protocol_type;
  std::optional<std::string> protocol_name;  // before version 7 null is written as empty
  std::string leader;
  bool skip_assignment = false;
  std::string member_id;
  std::vector<Member> members;
};

struct SyncGroupRequest {
  static constexpr ApiKey key = ApiKey::sync_group;

  struct Assignment {
    std::string member_id;
    Bytes assignment;
  };

  std::string group_id;
  std::int32_t generation_id = 0;
  std::string member_id;
  std::optional<std::string> group_instance_id;
  std::optional<std::string> protocol_type;
  std::optional<std::string> protocol_name;
  std::vector<Assignment> assignments;
};

struct SyncGroupResponse {
  static constexpr ApiKey key = ApiKey::sync_group;

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::none;
  std::optional<std::string> protocol_type;
  std::optional<std::string> protocol_name;
  Bytes assignment;
};

struct HeartbeatRequest {
  static constexpr ApiKey key = ApiKey::heartbeat;

  std::string group_id;
  std::int32_t generation_id = 0;
  std::string member_id;
  std::optional<std::string> group_instance_id;
};

struct HeartbeatResponse {
  static constexpr ApiKey key = ApiKey::heartbeat;

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::none;
};

struct LeaveGroupRequest {
  static constexpr ApiKey key = ApiKey::leave_group;

  struct Member {
    std::string member_id;
    std::optional<std::string> group_instance_id;
    std::optional<std::string> reason;
  };

  std::string group_id;
  std::string member_id;        // until version 2
  std::vector<Member> members;  // from version 3
};

struct LeaveGroupResponse {
  static constexpr ApiKey key = ApiKey::leave_group;

  struct Member {
    std::string member_id;
    std::optional<std::string> group_instance_id;
    ErrorCode error_code = ErrorCode::none;
  };

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::none;
  std::vector<Member> members;
};

}  // namespace fulmar
