// RaftFrame: Raft messages on the wire: the messages from the replicas of one directory to those of another, of many
// groups, with their records, in one RaftMessages request.
#pragma once

#include <vector>

#include "broker/protocol/messages/peer.h"
#include "broker/raft/liveness.h"
#include "broker/raft/message.h"
#include "broker/replication/group_id.h"

namespace fulmar {

struct GroupMessage {
  GroupId group;
  Message message;
  Bytes batches;  // of an AppendRequest
};

// All messages have the same sender and receiver. `shard`: the sender's.
RaftMessagesRequest to_wire(std::vector<GroupMessage> messages, std::int32_t shard);
// `from` and `to`: the brokers at the ends of the connection. Errors: corrupt, for messages that no correct replica
// sends.
Result<std::vector<GroupMessage>> from_wire(RaftMessagesRequest request, std::int32_t from, std::int32_t to);

PulsesRequest::Pulse to_wire(const Pulse& pulse);
PulsesRequest::Answer to_wire(const PulseAnswer& answer);
Pulse from_wire(const PulsesRequest::Pulse& pulse);
PulseAnswer from_wire(const PulsesRequest::Answer& answer);

}  // namespace fulmar
