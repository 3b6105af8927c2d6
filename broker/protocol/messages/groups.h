// DescribeGroups, ListGroups, DeleteGroups: describes, lists and deletes groups. DescribeGroups knows groups of the
// classic protocol; see consumer_group.h for the others.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/protocol/api_key.h"
#include "broker/protocol/error_code.h"
#include "broker/protocol/messages/authorized_operations.h"
#include "runtime/base/bytes.h"

namespace fulmar {

struct DescribeGroupsRequest {
  static constexpr ApiKey key = ApiKey::describe_groups;

  std::vector<std::string> groups;
  bool include_authorized_operations = false;
};

struct DescribeGroupsResponse {
  static constexpr ApiKey key = ApiKey::describe_groups;

  struct Group {
    struct Member {
      std::string member_id;
      std::optional<std::string> group_instance_id;
      std::string client_id;
      std::string client_host;
      Bytes member_metadata;
      Bytes member_assignment;
    };

    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string> error_message;
    std::string group_id;
    std::string group_state;
    std::string protocol_type;
    std::string protocol_data;
    std::vector<Member> members;
    std::int32_t authorized_operations = authorized_operations_unasked;
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<Group> groups;
};

struct ListGroupsRequest {
  static constexpr ApiKey key = ApiKey::list_groups;

  std::vector<std::string> states_filter;  // empty is all
  std::vector<std::string> types_filter;   // empty is all
};

struct ListGroupsResponse {
  static constexpr ApiKey key = ApiKey::list_groups;

  struct Group {
    std::string group_id;
    std::string protocol_type;
    std::string group_state;
    std::string group_type;
  };

  std::int32_t throttle_time_ms = 0;
  ErrorCode error_code = ErrorCode::none;
  std::vector<Group> groups;
};

struct DeleteGroupsRequest {
  static constexpr ApiKey key = ApiKey::delete_groups;

  std::vector<std::string> groups_names;
};

struct DeleteGroupsResponse {
  static constexpr ApiKey key = ApiKey::delete_groups;

  struct Result {
    std::string group_id;
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string> error_message;
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<Result> results;
};

}  // namespace fulmar
