// The clients of a group coordinator, and the answers to their requests.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "broker/groups/group.h"
#include "broker/protocol/error_code.h"
#include "broker/protocol/messages/classic_group.h"
#include "broker/protocol/messages/consumer_group.h"
#include "broker/protocol/messages/group_offsets.h"
#include "broker/protocol/messages/groups.h"

namespace fulmar {

// The client of a request, and the version of the API that the request has.
struct GroupClient {
  std::string client_id;
  std::string client_host;  // as Kafka prints it: "/127.0.0.1"
  std::int16_t api_version = 0;
  std::string principal = {};  // who it is: "User:alice"
};

using GroupResponse =
    std::variant<JoinGroupResponse, SyncGroupResponse, HeartbeatResponse, LeaveGroupResponse, OffsetCommitResponse,
                 OffsetDeleteResponse, DeleteGroupsResponse, ConsumerGroupHeartbeatResponse>;

struct GroupAnswer {
  GroupToken token = 0;
  GroupResponse response;
};

// The answer with this error instead of its results: for requests whose append failed or takes too long.
GroupAnswer with_error(GroupAnswer answer, ErrorCode error);

}  // namespace fulmar
