// RaftFrame: what the replicas of one directory say to those of another, on the wire: Raft messages with their groups
// and records, many at once, as one RaftMessages request.
#pragma once

#include <vector>

#include "broker/protocol/messages/peer.h"
#include "broker/raft/message.h"
#include "broker/replication/group_id.h"

namespace fulmar {

struct GroupMessage {
  GroupId group;
  Message message;
  Bytes batches;  // of an AppendRequest
};

// All messages have the same sender and receiver.
RaftMessagesRequest to_wire(std::vector<GroupMessage> messages);
// `from` and `to`: the brokers at the ends of the connection. Errors: corrupt, for what no replica says.
Result<std::vector<GroupMessage>> from_wire(RaftMessagesRequest request, std::int32_t from, std::int32_t to);

}  // namespace fulmar
